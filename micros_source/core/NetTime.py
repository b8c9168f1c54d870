"""Network time (SNTP, RFC 4330) without stopping the event loop; loaded while it is asked for."""

import os
import socket
import struct
import sys
import time

import asyncio
from Config import cfgget
from Debug import errlog_add
from micropython import const
from Time import Sun, set_time

_HOST = "pool.ntp.org"
_PORT = const(123)
_TIMEOUT_S = const(2)
_REQUEST = const(b"\x1b")  # version 3, client
_SERVER = const(4)
_UNKNOWN = const(3)  # leap indicator of a clock that is not set
_SIZE = const(48)
_PAUSE_S = const(60)  # until the next try; four times longer each time, an hour at most
_LONGEST_S = const(3600)
_ERA_S = const(0x100000000)  # the 32-bit seconds begin anew in 2036
_SINCE_1900 = const(3913056000)  # 2024-01-01: a smaller number is of the next era


def _ask(address):
    """Sends the question: (socket that the answer comes to, mark that it carries)."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    mark = os.urandom(8)
    try:
        sock.settimeout(_TIMEOUT_S)
        sock.sendto(_REQUEST + bytes(_SIZE - 9) + mark, socket.getaddrinfo(address, _PORT)[0][-1])
    except OSError:
        sock.close()
        raise
    return sock, mark


def _take(sock, mark):
    """Seconds since 1970 of the answer. Raises OSError for one that is not to be believed."""
    data = sock.recv(_SIZE)
    if len(data) < _SIZE or data[24:32] != mark or data[0] & 7 != _SERVER:
        raise OSError("no answer to our question")
    seconds = struct.unpack_from(">I", data, 40)[0]
    if not data[1] or data[0] >> 6 == _UNKNOWN or not seconds:  # stratum 0 is a refusal
        raise OSError("no time in the answer")
    return seconds + (_ERA_S if seconds < _SINCE_1900 else 0) - 2208988800


def fetch():
    """The time of the network, at once: waits up to 2 s, and for the name server. Raises OSError."""
    sock, mark = _ask(_HOST)
    try:
        return _take(sock, mark)
    finally:
        sock.close()


async def fetch_meanwhile():
    """The same for tasks: everything else goes on."""
    import Resolver

    sock, mark = _ask(await Resolver.address(_HOST))
    try:
        sock.setblocking(False)
        await asyncio.wait_for(Resolver.ready(sock), _TIMEOUT_S)
        return _take(sock, mark)
    finally:
        sock.close()


def _set(seconds):
    """Sets the clock; `time` may count from 1970 or from 2000."""
    Sun.UTC = cfgget("utc")
    epoch = 946684800 if time.gmtime(0)[0] == 2000 else 0
    return set_time(*time.gmtime(seconds - epoch + Sun.UTC * 60)[:6])


def at_once(tries):
    """Sets the clock, waiting. bool; the reason of a failure is logged."""
    reason = ""
    for _ in range(tries):
        try:
            return _set(fetch())
        except Exception as e:
            reason = e
    errlog_add("[ERR][ntp] %s" % reason)
    return False


async def sync(tries):
    """Sets the clock while everything else goes on. The reason of a failure, or ''. This code leaves the memory."""
    reason = ""
    had = "Resolver" in sys.modules
    for _ in range(tries):
        try:
            _set(await fetch_meanwhile())
            reason = ""
            break
        except Exception as e:
            reason = str(e) or "timeout"
    sys.modules.pop("NetTime", None)
    if not had:
        sys.modules.pop("Resolver", None)
    return reason


async def sync_until_set():
    """The first failure is logged; it goes on asking, for the network may come later than the node."""
    reason = await sync(2)
    if reason:
        errlog_add("[ERR][ntp] %s" % reason)
    pause = _PAUSE_S
    while reason:
        await asyncio.sleep(pause)
        pause = min(_LONGEST_S, pause * 4)
        reason = await sync(1)
