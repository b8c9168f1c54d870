"""The network's name server, and the mDNS responders of the other nodes: they know what the host table knows.

Datagrams for port 53 reach a socket of ours; mDNS questions reach it as well as the group. It can be silent, or say
that a name does not exist.
"""

import struct

import sim_netaddr
import sim_network
import simlink

_server = {"up": True}
_sock = None
_at = None


def native():
    """Where the server listens, from the first datagram for it on."""
    global _sock, _at
    if _sock is None:
        _sock, _at = sim_netaddr.listen(sim_network.WLAN._sta._ip[3], _answer)
    return _at


def is_question(data):
    """Whether a datagram for the mDNS group is a question."""
    return len(data) > 12 and not data[2] & 0x80


def _name(data):
    """(the name asked for, where its record ends)"""
    labels = []
    at = 12
    while data[at]:
        labels.append(bytes(data[at + 1 : at + 1 + data[at]]).decode())
        at += 1 + data[at]
    return ".".join(labels), at + 5


def _answer():
    data, sender = _sock.recvfrom(512)
    if not _server["up"] or not sim_network.online():
        return
    name, end = _name(data)
    try:
        octets = sim_netaddr.numbers(sim_netaddr.resolve(name))
    except OSError:
        if not name.endswith(".local"):  # nobody speaks up for an unknown name on the group
            _sock.sendto(data[:2] + struct.pack(">HHHHH", 0x8183, 1, 0, 0, 0) + data[12:end], sender)
        return
    head = data[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0) + data[12:end]
    _sock.sendto(head + struct.pack(">HHHIH", 0xC00C, 1, 1, 120, 4) + bytes(octets), sender)


def _op(message):
    """{"op":"dns","up":bool}"""
    _server["up"] = message["up"]


def start(cfg):
    _server.update(cfg.get("dns") or {})


simlink.ops["dns"] = _op
simlink.views["dns"] = lambda: dict(_server)
