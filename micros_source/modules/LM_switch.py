"""
Four digital outputs (switch_1 .. switch_4) for relays or lamps. A channel's pin is opened when it is used first.

Pin: docs.micropython.org, class Pin.
"""

from Common import state_file, typed_help
from microIO import physical_pin, pinmap_dump
from micropython import const

_CHANNELS = const(4)


class _Data:
    pins = [None] * _CHANNELS
    states = [0] * _CHANNELS
    file = None  # None: no state is kept
    ready = False


def _start(cache):
    if _Data.file:
        _Data.file.flush()
    _Data.file = state_file("switch", *(0,) * _CHANNELS) if cache else None
    _Data.states = [1 if kept else 0 for kept in _Data.file.values] if cache else [0] * _CHANNELS
    _Data.ready = True


def _apply(channel):
    """Puts a channel's state on its pin; channels count from 0."""
    if not _Data.ready:
        _start(True)
    state = _Data.states[channel]
    if _Data.pins[channel] is None:
        from machine import Pin

        _Data.pins[channel] = Pin(physical_pin("switch_%d" % (channel + 1)), Pin.OUT, value=state)
    _Data.pins[channel].value(state)
    return state


def _set(channel, state):
    """None shows the present state again."""
    if not _Data.ready:
        _start(True)
    if state is not None:
        _Data.states[channel] = 1 if state else 0
    _apply(channel)
    if _Data.file:
        _Data.file.save(*_Data.states)
    return "SET STATE%s: %d" % ("(%d)" % (channel + 1) if channel else "", _Data.states[channel])


def _toggle(channel):
    if not _Data.ready:
        _start(True)
    return _set(channel, not _Data.states[channel])


def load_n_init(cache=None, ch_init=None):
    """
    Restores the kept states; cache=False keeps none. Opened are the channels of the list ch_init (1..4), without it
    those that are on. 'CACHE: <bool>'
    """
    cache = cache is None or bool(cache)
    _start(cache)
    for channel in range(_CHANNELS):
        if channel + 1 in (ch_init or ()) or (ch_init is None and _Data.states[channel]):
            _apply(channel)
    return "CACHE: %s" % cache


def set_state(state=None):
    """Channel 1: True on, False off. 'SET STATE: 0|1'"""
    return _set(0, state)


def toggle():
    """Channel 1: the other state."""
    return _toggle(0)


def set_state2(state=None):
    """Channel 2. 'SET STATE(2): 0|1'"""
    return _set(1, state)


def toggle2():
    """Channel 2: the other state."""
    return _toggle(1)


def set_state3(state=None):
    """Channel 3. 'SET STATE(3): 0|1'"""
    return _set(2, state)


def toggle3():
    """Channel 3: the other state."""
    return _toggle(2)


def set_state4(state=None):
    """Channel 4. 'SET STATE(4): 0|1'"""
    return _set(3, state)


def toggle4():
    """Channel 4: the other state."""
    return _toggle(3)


def status(lmf=None):
    """{'SW1'..'SW4'}; for a function whose name ends in a digit {'S': state of that channel}."""
    if not _Data.ready:
        _start(True)
    if lmf and lmf[-1] in "1234":
        return {"S": _Data.states[int(lmf[-1]) - 1]}
    return {"SW%d" % (channel + 1): state for channel, state in enumerate(_Data.states)}


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump(["switch_%d" % (channel + 1) for channel in range(_CHANNELS)])


def help(widgets=False):
    """Usage lines, or widget entries."""
    lines = ["load_n_init cache=None ch_init=[1,2,3,4]", "status", "pinmap"]
    for channel in ("", "2", "3", "4"):
        lines.append("BUTTON set_state%s state=<True,False>" % channel)
        lines.append("BUTTON toggle%s" % channel)
    return typed_help(lines, widgets)
