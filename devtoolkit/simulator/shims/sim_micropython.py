"""`micropython` with what the unix port lacks: it keeps its own buffer for exceptions in handlers."""

from micropython import *  # noqa: F403 - all of the real module, then ours


def alloc_emergency_exception_buf(size):
    return None
