"""
A DC motor on an L9110 driver.

Truth table of the data sheet: IA high, IB low turns forward; IA low, IB high backward; equal inputs switch the motor
off. The input of the wanted direction gets a PWM, the other one stays low.
"""

from Common import typed_help
from machine import PWM, Pin
from microIO import physical_pin, pinmap_dump
from micropython import const

_HZ = const(1024)
_FULL = const(1000)
_PINS = ("l9110dir_1", "l9110dir_2")


class _Motor:
    inputs = None
    direction = 0
    speed = 0


def motor_control(direc=None, speed=None):
    """
    Direction (0 forward, 1 backward) and speed in thousandths of full; None keeps the present one.
    {'speed', 'direc': 'forward'|'backward'}, or 'invalid parameters'.
    """
    direc = _Motor.direction if direc is None else direc
    speed = _Motor.speed if speed is None else speed
    if direc not in (0, 1) or not 0 <= speed <= _FULL:
        return "invalid parameters"
    if _Motor.inputs is None:
        _Motor.inputs = [PWM(Pin(physical_pin(name)), freq=_HZ, duty_u16=0) for name in _PINS]
    _Motor.direction = int(direc)
    _Motor.speed = speed
    _Motor.inputs[1 - _Motor.direction].duty_u16(0)
    _Motor.inputs[_Motor.direction].duty_u16(int(speed * 65535 // _FULL))
    return {"speed": speed, "direc": "backward" if direc else "forward"}


def pinmap():
    """Pins of the driver."""
    return pinmap_dump(_PINS)


def help(widgets=False):
    """Usage lines."""
    return typed_help(("SLIDER motor_control speed=<0-1000-10> direc=None", "pinmap"), widgets)
