"""Valid for CPython, but MicroPython has no match statement."""


def kind(value):
    """What it is."""
    match value:  # planted: compiles
        case 0:
            return "zero"
    return "other"
