"""No valid Python."""


def broken(:  # planted: syntax
    """Nothing."""
