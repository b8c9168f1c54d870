"""`ntptime`, and the time server itself: it knows the host's clock, can be off by an offset, or silent.

Datagrams for it (pool.ntp.org, unless cfg["internet"]) reach a socket of ours that answers as SNTP does.
"""

import errno
import struct

import sim_netaddr
import sim_network
import sim_time
import simcore
import simlink

host = "pool.ntp.org"
timeout = 1

_ADDRESS = "192.0.2.123"  # of the range for documentation
_SINCE_1900 = 2208988800

_server = {"up": True, "offset_ms": 0}
_sock = None
_at = None


def time():
    """Seconds since 2000-01-01 UTC; OSError(ETIMEDOUT) after `timeout` seconds without an answer."""
    sim_network.require_online()
    if not _server["up"]:
        simcore.sleep_ms(int(timeout * 1000))
        raise OSError(errno.ETIMEDOUT)
    return (sim_time.host_us() // 1000 + _server["offset_ms"]) // 1000 - sim_time.EPOCH_2000


def settime():
    sim_time.set_board_us((time() + sim_time.EPOCH_2000) * 1000000)


def _native():
    """Where the server listens, from the first datagram for it on."""
    global _sock, _at
    if _sock is None:
        _sock, _at = sim_netaddr.listen(sim_netaddr.home(), _answer)
    return _at


def _answer():
    data, sender = _sock.recvfrom(100)
    if _server["up"] and len(data) >= 48:
        now_ms = sim_time.host_us() // 1000 + _server["offset_ms"]
        seconds = (now_ms // 1000 + _SINCE_1900) & 0xFFFFFFFF
        _sock.sendto(
            struct.pack(">BBBb", 0x1C, 1, 6, -20) + bytes(20) + data[40:48] + bytes(8) + struct.pack(">II", seconds, 0),
            sender,
        )


def _op(message):
    """{"op":"ntp","up":bool,"offset_ms":n}"""
    for name in ("up", "offset_ms"):
        if name in message:
            _server[name] = message[name]


def start(cfg):
    _server.update(cfg.get("ntp") or {})
    if not cfg.get("internet") and host not in sim_netaddr.names:
        sim_netaddr.names[host] = _ADDRESS
        sim_netaddr.servers[_ADDRESS] = _native


simlink.ops["ntp"] = _op
simlink.views["ntp"] = lambda: dict(_server)
