"""Faults on purpose, to see that the node survives them."""

import gc

from Common import socket_stream, typed_help


@socket_stream
def raise_error(msgobj=None):
    """Raises an exception."""
    msgobj("Raise test exception")
    raise Exception("Test exception")


@socket_stream
def memory_leak(cnt=160, msgobj=None):
    """Allocates `cnt` pieces and holds them until it ends; '[cnt] RAM Alloc.: <k> kB <b> byte'."""
    gc.collect()
    start = gc.mem_alloc()
    held = []
    for i in range(cnt):
        held.append("piece %d of the leak" % i)
        msgobj("[%d] %s" % (i, held[-1]))
    used = gc.mem_alloc() - start
    return "[%d] RAM Alloc.: %d kB %d byte" % (cnt, used // 1024, used % 1024)


def _recall(depth, limit, say, reached):
    reached[0] = depth
    say("recalled %d" % depth)
    if depth < limit:
        _recall(depth + 1, limit, say, reached)


@socket_stream
def recursion_limit(limit=14, msgobj=None):
    """Calls itself `limit` times deep, or until the interpreter refuses; 'Recursion limit: <depth reached>'."""
    reached = [0]
    try:
        _recall(1, limit, msgobj, reached)
    except RuntimeError as e:
        msgobj("[%d] %s" % (reached[0], e))
    return "Recursion limit: %d" % reached[0]


def help(widgets=False):
    """Usage lines."""
    return typed_help(("raise_error", "memory_leak cnt=160", "recursion_limit limit=14"), widgets)
