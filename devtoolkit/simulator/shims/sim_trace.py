"""What device code does to the board's outputs: told to models that are wired to them, and recorded on request."""

from time import ticks_diff, ticks_us

import simlink

_MAX_ROWS = 4000  # about 100 kB; a longer trace loses its end, and says so by its length

_rows = None  # recorded changes, None: no recording
_start = 0
_listeners = {}  # kind -> {pin: function(*values)}


def note(kind, pin, *values):
    """An output has changed: `pin` level, `pwm` Hz and duty_u16 (0 0: off), `leds` bytes in hex, bus transfers."""
    if _rows is not None and len(_rows) < _MAX_ROWS:
        _rows.append((ticks_diff(ticks_us(), _start), kind, pin) + values)
    found = _listeners.get(kind)
    if found and pin in found:
        found[pin](*values)


def listen(kind, pin, function):
    """Call `function(*values)` at every change of that output; None ends it."""
    if function is None:
        _listeners.get(kind, {}).pop(pin, None)
    else:
        _listeners.setdefault(kind, {})[pin] = function


def _op_trace(message):
    """{"op":"trace","on":true|false} starts anew or ends; without "on": -> trace [[ms, kind, pin, values...], ...]"""
    global _rows, _start
    if "on" in message:
        _rows = [] if message["on"] else None
        _start = ticks_us()
        return None
    return {"trace": [(row[0] / 1000,) + row[1:] for row in _rows or ()]}


simlink.ops["trace"] = _op_trace
