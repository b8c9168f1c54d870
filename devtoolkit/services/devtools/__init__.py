"""Tools for writing device code: checks, manual, sizes, pins, template, watching; and a look at this machine."""
