"""Virtual boards: a real MicroPython VM behind a real flash file and a real serial line."""
