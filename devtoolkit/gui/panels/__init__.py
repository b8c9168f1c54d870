"""The panels: every file here that does not begin with `_` is one, and announces itself with `PANEL`."""
