"""Native code runs on one kind of chip only."""

import micropython


@micropython.native  # planted: compiles
def fast(value):
    """Twice."""
    return value * 2
