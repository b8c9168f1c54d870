"""Network time (SNTP, RFC 4330) without stopping the event loop; loaded while it is asked for."""

import socket
import struct
import time

import asyncio
from micropython import const

_HOST = "pool.ntp.org"
_PORT = const(123)
_TIMEOUT_S = const(2)
_REQUEST = const(b"\x1b")  # version 3, client
_SIZE = const(48)
_ERA_S = const(0x100000000)  # the 32-bit seconds begin anew in 2036
_SINCE_1900 = const(3913056000)  # 2024-01-01: a smaller number is of the next era


def _ask():
    """Sends the question; the socket that the answer comes to. Looking up the name waits: ports offer nothing else."""
    address = socket.getaddrinfo(_HOST, _PORT)[0][-1]
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.settimeout(_TIMEOUT_S)
        sock.sendto(_REQUEST + bytes(_SIZE - 1), address)
    except OSError:
        sock.close()
        raise
    return sock


def _take(sock):
    """Seconds since 1970 of the answer. Raises OSError."""
    data = sock.recv(_SIZE)
    if len(data) < _SIZE or not data[1]:  # stratum 0 is a refusal
        raise OSError("no time in the answer")
    seconds = struct.unpack_from(">I", data, 40)[0]
    return seconds + (_ERA_S if seconds < _SINCE_1900 else 0) - 2208988800


def fetch():
    """The time of the network, at once: waits up to 2 s. Raises OSError."""
    sock = _ask()
    try:
        return _take(sock)
    finally:
        sock.close()


def _readable(sock):
    yield asyncio.core._io_queue.queue_read(sock)


async def fetch_meanwhile():
    """The same for tasks: everything else goes on."""
    sock = _ask()
    try:
        sock.setblocking(False)
        await asyncio.wait_for(_readable(sock), _TIMEOUT_S)
        return _take(sock)
    finally:
        sock.close()


def local(seconds, utc_minutes):
    """(year, month, day, hour, minute, second) of the local time; `time` may count from 1970 or from 2000."""
    epoch = 946684800 if time.gmtime(0)[0] == 2000 else 0
    return time.gmtime(seconds - epoch + utc_minutes * 60)[:6]
