"""
A DC motor on one bridge of an L298N.

Truth table of the data sheet (enable high): input 1 high, input 2 low turns forward; low, high turns in reverse; equal
inputs brake. Enable low lets the motor run free. The speed is a PWM of the enable input.
"""

from Common import typed_help
from machine import PWM, Pin
from microIO import physical_pin, pinmap_dump
from micropython import const

_HZ = const(50)
_FULL = const(1000)
_PINS = ("l298speed", "l298dir_1", "l298dir_2")
_DIRECTIONS = ("forward", "backward")


class _Motor:
    enable = None
    inputs = ()
    speed = 0
    direction = 0


def _init():
    if _Motor.enable is None:
        _Motor.inputs = [Pin(physical_pin(name), Pin.OUT) for name in _PINS[1:]]
        _Motor.enable = PWM(Pin(physical_pin(_PINS[0])), freq=_HZ, duty_u16=0)
        _turn(0)


def _turn(direction):
    _Motor.direction = 1 if direction else 0
    _Motor.inputs[0].value(not _Motor.direction)
    _Motor.inputs[1].value(_Motor.direction)


def m1_control(direc=None, speed=None):
    """Direction (0 forward, 1 backward) and speed (0..1000) in one; None keeps the present one."""
    state = set_direction(_Motor.direction if direc is None else direc)
    state.update(set_speed(_Motor.speed if speed is None else speed))
    return state


def set_speed(speed=100):
    """Speed in thousandths of full."""
    if not 0 <= speed <= _FULL:
        return {"speed": "value range error"}
    _init()
    _Motor.speed = speed
    _Motor.enable.duty_u16(int(speed * 65535 // _FULL))
    return {"speed": speed}


def stop():
    """Enable low: the motor runs out."""
    return set_speed(0)


def set_direction(direc=0):
    """0 forward, else backward."""
    _init()
    _turn(direc)
    return {"direction": _DIRECTIONS[_Motor.direction]}


def pinmap():
    """Pins of the bridge."""
    return pinmap_dump(_PINS)


def help(widgets=False):
    """Usage lines."""
    return typed_help(
        (
            "m1_control direc=None speed=None",
            "SLIDER set_speed speed=<0-1000-10>",
            "BUTTON stop",
            "BUTTON set_direction direc=<0,1>",
            "pinmap",
        ),
        widgets,
    )
