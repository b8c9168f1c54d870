"""Help that does not fit."""

from Common import typed_help


def speed(percent=0):
    """Sets the speed."""
    return percent


def hidden():  # planted: help_misses_function
    """Not in help."""


def help(widgets=False):  # planted: help_unknown_function help_unknown_parameter help_unknown_widget
    """Usage lines."""
    return typed_help(("SLYDER speed percent=<0-100>", "speed power=3", "stop"), widgets)
