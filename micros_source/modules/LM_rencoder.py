"""
Rotary encoder (KY-040, EC11) on two pins with interrupts (rot_clk, rot_dt).

Alps EC11 data sheet, output signal: a detent is one cycle of two signals in quadrature. Every edge is looked up by the
old and the new levels; a bounce goes one step forth and back, a step that no encoder makes counts nothing.
"""

from Common import socket_stream, typed_help
from microIO import physical_pin, pinmap_dump
from micropython import const

_EDGES = const(4)  # of a detent
# By old and new levels (clk, dt): 1 one edge clockwise, 3 (that is -1) one back, 0 neither. Clockwise 11 01 00 10.
_TURN = b"\x00\x03\x01\x00\x01\x00\x00\x03\x03\x00\x00\x01\x00\x01\x03\x00"
_PINS = ("rot_clk", "rot_dt")


class _Encoder:
    clk = None
    dt = None
    levels = 3
    edges = 0
    shown = 0  # state that was streamed last


def _moved(_):
    """Interrupt of both pins: counts, allocates nothing."""
    levels = _Encoder.clk.value() << 1 | _Encoder.dt.value()
    turn = _TURN[_Encoder.levels << 2 | levels]
    _Encoder.levels = levels
    if turn:
        _Encoder.edges += 1 if turn == 1 else -1


def _state():
    """Detents, to the nearest: one edge of jitter at rest changes nothing."""
    return (_Encoder.edges + _EDGES // 2) // _EDGES


def load_n_init():
    """Opens the pins and begins to count."""
    if _Encoder.clk is None:
        from machine import Pin

        dt = Pin(physical_pin("rot_dt"), Pin.IN, Pin.PULL_UP)
        clk = Pin(physical_pin("rot_clk"), Pin.IN, Pin.PULL_UP)
        _Encoder.clk, _Encoder.dt = clk, dt
        _Encoder.levels = clk.value() << 1 | dt.value()
        for pin in (clk, dt):
            pin.irq(_moved, Pin.IRQ_RISING | Pin.IRQ_FALLING)
    return "Rotary encoder: %d" % _state()


@socket_stream
def read_state(msgobj=None):
    """Streams '[stream] RotaryState: n' when the state has changed since the last time; without a stream a text."""
    load_n_init()
    state = _state()
    if msgobj is None:
        return "RotaryState: %d" % state
    if state != _Encoder.shown:
        _Encoder.shown = state
        msgobj("[stream] RotaryState: %d" % state)
    return ""


def reset_state():
    """Begins at 0 again."""
    old = _state()
    _Encoder.edges = _Encoder.shown = 0
    return "Reset state %d -> 0" % old


def _unload():
    """Ends the interrupts, which hold on to the module."""
    for pin in (_Encoder.clk, _Encoder.dt):
        if pin:
            pin.irq(None)


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump(_PINS)


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(("BUTTON load_n_init", "TEXTBOX read_state", "BUTTON reset_state", "pinmap"), widgets)
