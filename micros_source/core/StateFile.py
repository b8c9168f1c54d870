"""
State of load modules that survives a restart: `<name>.pds`, one line of comma separated values in the module's order.

A write goes to a temporary name and is renamed. The first change is written at once, further ones within a second
together; what waits is written before a wanted restart.
"""

import time

import asyncio
from Debug import errlog_add, write_file
from Hooks import BEFORE_RESET
from micropython import const

_PAUSE_MS = const(1000)
_waiting = {}  # path -> the StateFile whose last change is not written yet; others belong to their modules only


def _restored(text, default):
    """A stored value as the type of its default. Raises ValueError when it is none."""
    if isinstance(default, bool):
        return bool(int(text))
    return type(default)(text)


class StateFile:
    """
    `values` is the present state. Defaults are whole numbers, floats, bools or texts without comma; the file of another
    number of values, or of other types, is not taken. No defaults: a list of numbers of any length.
    """

    def __init__(self, name, defaults):
        self.path = name + ".pds"
        self.restored = False  # the values come from the file
        self.values = list(defaults)
        self._last = time.ticks_add(time.ticks_ms(), -_PAUSE_MS)
        self._late = None  # the task that writes when the second is over
        if self.path in _waiting:  # the module was loaded again
            _waiting[self.path].flush()
        self._load(defaults)

    def _load(self, defaults):
        try:
            with open(self.path) as f:
                parts = f.readline().strip().split(",")
            if not defaults:
                defaults = [0] * len(parts)
            if len(parts) == len(defaults):
                self.values = [_restored(part, default) for part, default in zip(parts, defaults)]
                self.restored = True
        except (OSError, ValueError):
            pass  # no file yet, or a damaged one

    def save(self, *values):
        """Keeps the present values, or the given ones. bool: written, or waiting for the end of the second."""
        if values:
            self.values = list(values)
        if self._late:
            return True
        wait = _PAUSE_MS - time.ticks_diff(time.ticks_ms(), self._last)
        if wait > 0:
            _waiting[self.path] = self
            self._late = asyncio.create_task(self._write_later(wait))
            return True
        return self._write()

    async def _write_later(self, wait):
        await asyncio.sleep_ms(wait)
        self.flush()

    def flush(self):
        """Writes what waits, now."""
        if self._late:
            self._late = None
            _waiting.pop(self.path, None)
            self._write()

    def _write(self):
        self._last = time.ticks_ms()
        parts = [str(int(value) if isinstance(value, bool) else value) for value in self.values]
        try:
            write_file(self.path, (",".join(parts),))
            return True
        except OSError as e:
            errlog_add("[ERR][state] %s: %s" % (self.path, e))
            return False


def flush_all():
    """Writes what waits, of all modules."""
    for state in list(_waiting.values()):
        state.flush()


BEFORE_RESET.append(flush_all)
