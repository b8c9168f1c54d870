"""`micropython` with what the unix port lacks: it keeps its own buffer for exceptions in handlers."""

from micropython import *  # noqa: F403


def alloc_emergency_exception_buf(size):
    return None
