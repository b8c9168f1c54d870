"""A network that is slow or loses group messages: what sockets ask before they send, and how it is set."""

import simlink

_now = {"delay_ms": 0, "multicast": True}


def delay_ms():
    """Before each piece of data that the node sends over TCP; the node does nothing else meanwhile."""
    return _now["delay_ms"]


def multicast():
    """bool: multicasts and broadcasts arrive, in both directions."""
    return _now["multicast"]


def _op_network(message):
    """{"op":"network","delay_ms":n,"multicast":bool}: either of both."""
    for key in _now:
        if key in message:
            _now[key] = message[key]


simlink.ops["network"] = _op_network
simlink.views["network"] = lambda: dict(_now)
