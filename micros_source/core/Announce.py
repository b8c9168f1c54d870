"""
The node announces itself as `<devfid>._micros._tcp.local.` by mDNS.

One unsolicited response (PTR, SRV, TXT, A) goes to the multicast group at boot, on address change, every 60 s, and
after a one-byte UDP probe on port 9008, which is answered by unicast too. On ESP32 the system's responder holds port
5353; where that port can be bound, queries for the service are answered as well. A network that refuses is no error.
"""

import socket
import struct
import time

import asyncio
from Config import cfgget
from micropython import const

_GROUP = const("224.0.0.251")
_MDNS_PORT = const(5353)
_PROBE_PORT = const(9008)  # whatever socport is: a searching toolkit does not know socport
_TTL_S = const(150)  # two and a half intervals: one lost packet does not make the node vanish
_PERIOD_S = const(60)
_ANSWERS_PER_S = const(2)
_SERVICE = const(b"\x07_micros\x04_tcp\x05local\x00")
# name pointers (RFC 1035, 4.1.4): the service name stands right after the 12-byte header, its "local" 13 bytes later
_SERVICE_AT = const(0xC00C)
_LOCAL_AT = const(0xC019)
_IN = const(1)
_IN_FLUSH = const(0x8001)


def _label(text):
    data = text.encode()
    return bytes([len(data)]) + data


def _record(kind, cls, ttl, data):
    return struct.pack(">HHIH", kind, cls, ttl, len(data)) + data


def packet(address, ttl=_TTL_S):
    """The response message; ttl 0 is the goodbye."""
    from Shell import Shell

    name = cfgget("devfid")
    instance = _label(name) + struct.pack(">H", _SERVICE_AT)
    host = _label(name) + struct.pack(">H", _LOCAL_AT)
    text = b"".join(
        _label("%s=%s" % pair)
        for pair in (
            ("id", cfgget("hwuid")),
            ("name", name),
            ("version", Shell.MICROS_VERSION),
            ("auth", "true" if cfgget("auth") else "false"),
        )
    )
    return b"".join(
        (
            struct.pack(">HHHHHH", 0, 0x8400, 0, 4, 0, 0),
            _SERVICE + _record(12, _IN, ttl, instance),
            instance + _record(33, _IN_FLUSH, ttl, struct.pack(">HHH", 0, 0, cfgget("socport")) + host),
            instance + _record(16, _IN_FLUSH, ttl, text),
            host + _record(1, _IN_FLUSH, ttl, bytes(int(octet) for octet in address.split("."))),
        )
    )


def _readable(sock):
    """Waits until a datagram has come (asyncio streams have no recvfrom)."""
    yield asyncio.core._io_queue.queue_read(sock)


class _Announcer:
    def __init__(self):
        self.group = socket.getaddrinfo(_GROUP, _MDNS_PORT)[0][-1]
        self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.second = 0
        self.answers = 0

    def send(self, ttl=_TTL_S, to=None):
        """To the group, and to one address."""
        from Network import ifconfig

        address = ifconfig()[1][0]
        if address == "0.0.0.0":
            return
        data = packet(address, ttl)
        for target in (self.group, to):
            if target:
                try:
                    self.out.sendto(data, target)
                except OSError:
                    pass  # the network is down or refuses: the next period tries again

    def allowed(self):
        """bool: this second has an answer left."""
        now = time.ticks_ms() // 1000
        if now != self.second:
            self.second = now
            self.answers = 0
        self.answers += 1
        return self.answers <= _ANSWERS_PER_S

    async def listen(self, sock, wanted):
        """Answers datagrams for which `wanted(data)` is true."""
        while True:
            await _readable(sock)
            try:
                data, sender = sock.recvfrom(512)
            except OSError:
                continue
            if wanted(data) and self.allowed():
                self.send(to=sender)

    async def run(self):
        """Starts the listeners that the network allows, then announces for ever."""
        for port, wanted in ((_PROBE_PORT, _is_probe), (_MDNS_PORT, _is_query)):
            try:
                asyncio.create_task(self.listen(_bound(port), wanted))
            except (OSError, AttributeError):
                pass  # taken by the system's responder (ESP32)
        while True:
            self.send()
            await asyncio.sleep(_PERIOD_S)


def _is_probe(data):
    return len(data) == 1


def _is_query(data):
    return len(data) > 12 and not data[2] & 0x80 and _SERVICE in data


def _bound(port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.bind(socket.getaddrinfo("0.0.0.0", port)[0][-1])
        if port == _MDNS_PORT:
            from Network import ifconfig

            octets = _GROUP + "." + ifconfig()[1][0]
            sock.setsockopt(0, socket.IP_ADD_MEMBERSHIP, bytes(int(octet) for octet in octets.split(".")))
    except (OSError, AttributeError):
        sock.close()
        raise
    return sock


def start():
    """Starts announcing: task `announce`; goodbye before a wanted restart; again when the address changes."""
    from Hooks import BEFORE_RESET
    from Network import ADDRESS_LISTENERS
    from Tasks import Manager

    announcer = _Announcer()
    BEFORE_RESET.append(lambda: announcer.send(0))
    ADDRESS_LISTENERS.append(announcer.send)
    Manager.create_task(announcer.run(), tag="announce")
