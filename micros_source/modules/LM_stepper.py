"""
A stepper motor 28BYJ-48 behind a ULN2003 driver.

The motor's data sheet: 4 phases, driven in 8 beats (A, AB, B, BC ...), 5.625 degrees / 64 per beat; the gear is
63.684 : 1, so that one turn of the axle takes 8 x 63.684 = 509.47 cycles of the pattern. Moves run in the background,
one after the other; the coils hold the position until `standby`.
"""

import asyncio
from Common import micro_task, typed_help
from machine import Pin
from microIO import physical_pin, pinmap_dump
from micropython import const

_TASK = const("stepper._move")
_PINS = ("stppr_1", "stppr_2", "stppr_3", "stppr_4")
_CYCLES_PER_TURN = const(509.47)
# Coils of each beat, bit 0 is IN1; and the milliseconds of a beat: below them the rotor cannot follow under load.
_MODES = {
    "HALF": (b"\x01\x03\x02\x06\x04\x0c\x08\x09", 2),
    "FULL": (b"\x03\x06\x0c\x09", 10),
}


class _Motor:
    pins = None
    pattern, ms = _MODES["HALF"]
    beat = 0
    moves = []  # (beats, ms per beat)


def load_n_init(mode="HALF"):
    """Prepares the driver: mode 'HALF' (8 beats a cycle, 2 ms each) or 'FULL' (4 beats, 10 ms)."""
    if mode not in _MODES:
        raise ValueError("mode: HALF or FULL")
    _Motor.pattern, _Motor.ms = _MODES[mode]
    _Motor.beat = 0
    if _Motor.pins is None:
        _Motor.pins = [Pin(physical_pin(name), Pin.OUT) for name in _PINS]


def _energise(coils):
    for pin in _Motor.pins:
        pin.value(coils & 1)
        coils >>= 1


async def _run(moves):
    try:
        while moves:
            beats, ms = moves[0]
            direction = 1 if beats > 0 else -1
            for _ in range(abs(beats)):
                _Motor.beat = (_Motor.beat + direction) % len(_Motor.pattern)
                _energise(_Motor.pattern[_Motor.beat])
                await asyncio.sleep_ms(ms)
            moves.pop(0)
    finally:
        moves.clear()


def _move(cycles, speed):
    """Queues a move; milliseconds per beat."""
    if _Motor.pins is None:
        load_n_init()
    ms = _Motor.ms if speed is None else max(1, int(speed))
    task = micro_task(_TASK)
    if task is None or task.done:
        _Motor.moves = []
    _Motor.moves.append((round(cycles * len(_Motor.pattern)), ms))
    micro_task(_TASK, _run(_Motor.moves))
    return ms


def angle(dg, speed=None):
    """Turns by `dg` degrees (negative: back), `speed` milliseconds per beat."""
    return "Move %s degree (%d ms)" % (dg, _move(dg * _CYCLES_PER_TURN / 360, speed))


def step(st, speed=None):
    """Turns by `st` cycles of the pattern (negative: back), `speed` milliseconds per beat."""
    return "Move %s step (%d ms)" % (st, _move(st, speed))


def standby():
    """Ends all moves and switches the coils off: no current, no holding torque."""
    task = micro_task(_TASK)
    if task:
        task.cancel()
    if _Motor.pins is None:
        load_n_init()
    _energise(0)
    return "Standby"


def pinmap():
    """Pins of the driver."""
    return pinmap_dump(_PINS)


def help(widgets=False):
    """Usage lines."""
    return typed_help(
        (
            "BUTTON load_n_init mode=<'HALF','FULL'>",
            "SLIDER angle dg=<-360-360-5> speed=None",
            "SLIDER step st=<-509-509> speed=None",
            "BUTTON standby",
            "pinmap",
        ),
        widgets,
    )
