"""
Where a long command ends. A sender's 2048 bytes arrive as 1440 + 608, so after a full buffer up to 30 ms are left for
the rest. More than 2048 bytes are refused and read away until 100 ms of silence. Imported with the first long command.
"""

import time

import asyncio
from micropython import const
from Server import commands_in

_MAX_COMMAND = const(2048)
_REST_MS = const(30)
_SILENCE_MS = const(100)
_DRAIN_MS = const(5000)  # a client that never falls silent is closed
_KEPT = const(3)


class _Buffers:
    """Buffers of long commands are kept for the next one: 2 kB in one piece are hard to find on a worn heap."""

    free = []

    @staticmethod
    def take():
        return _Buffers.free.pop() if _Buffers.free else memoryview(bytearray(_MAX_COMMAND + 1))

    @staticmethod
    def give(buffer):
        if len(_Buffers.free) < _KEPT:
            _Buffers.free.append(buffer)


async def _more(stream, view, wait_ms):
    """Bytes read within the time, 0 for none or the end."""
    try:
        return await asyncio.wait_for_ms(stream.readinto(view), wait_ms) or 0
    except asyncio.TimeoutError:
        return 0


async def commands_after(stream, start):
    """The commands of a packet that begins with the full buffer `start`; (None,) when it was too long."""
    buffer = _Buffers.take()
    try:
        size = len(start)
        buffer[:size] = start
        while size <= _MAX_COMMAND:
            piece = await _more(stream, buffer[size:], _REST_MS)
            size += piece
            # the piece that follows `start` is the rest of the same packet, whatever its size
            if not piece or (piece < len(start) < size - piece):
                return commands_in(buffer, size)
        start_ms = time.ticks_ms()
        while await _more(stream, buffer, _SILENCE_MS):
            if time.ticks_diff(time.ticks_ms(), start_ms) > _DRAIN_MS:
                raise OSError("client never falls silent")
        return (None,)
    finally:
        _Buffers.give(buffer)
