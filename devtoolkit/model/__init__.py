"""Plain values: frozen dataclasses without behaviour that does I/O."""
