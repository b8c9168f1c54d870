"""
Two hobby servos.

Such a servo takes one pulse every 20 ms (50 Hz), whose length is its angle: 1.5 ms is the middle, 1 ms and 2 ms are the
nominal ends, 0.5 ms to 2.4 ms what most can reach (data sheets of SG90 and MG996R). A duty here is the pulse in units
of 1/1024 of the 20 ms, as MicroPython's 10-bit `PWM.duty`: 40 = 0.78 ms, 77 = 1.5 ms, 115 = 2.25 ms.
"""

import asyncio
from Common import micro_task, typed_help
from machine import PWM, Pin
from microIO import physical_pin, pinmap_dump
from micropython import const

_HZ = const(50)
_MIN = const(40)
_MAX = const(115)
_CENTRE = const(75)
_U16 = const(64)  # 65536 / 1024: from 10-bit duty to duty_u16
_PINS = ("servo_1", "servo_2")


class _Servo:
    def __init__(self, name):
        self.name = name
        self.pwm = None
        self.duty = _CENTRE

    def move(self, duty):
        """Sends the pulse of a duty within the limits; the duty taken."""
        duty = max(_MIN, min(_MAX, round(duty)))
        if self.pwm is None:
            self.pwm = PWM(Pin(physical_pin(self.name)), freq=_HZ, duty_u16=duty * _U16)
        else:
            self.pwm.duty_u16(duty * _U16)
        self.duty = duty
        return duty

    def release(self):
        if self.pwm is not None:
            self.pwm.deinit()
            self.pwm = None


_one = _Servo(_PINS[0])
_two = _Servo(_PINS[1])


def sduty(duty=75):
    """Moves servo 1 to a duty of 40..115."""
    return "SET SERVO1: duty: %d" % _one.move(duty)


def s2duty(duty=75):
    """Moves servo 2 to a duty of 40..115."""
    return "SET SERVO2: duty: %d" % _two.move(duty)


async def _demo():
    for duty in (_MIN, _MAX, _CENTRE):
        _one.move(duty)
        await asyncio.sleep(1)


def sdemo():
    """Moves servo 1 to both ends and the middle, a second each, in the background."""
    _one.move(_one.duty)
    micro_task("servo._demo", _demo())
    return "sduty DEMO"


def deinit():
    """Ends the pulses: the servos are free."""
    demo = micro_task("servo._demo")
    if demo:
        demo.cancel()
    _one.release()
    _two.release()
    return "Deinit servo 1 and 2"


def status(lmf=None):
    """{'S1', 'S2'}: duties; {'X': duty} of the servo that the function `lmf` moves."""
    if lmf is None:
        return {"S1": _one.duty, "S2": _two.duty}
    return {"X": (_two if lmf == "s2duty" else _one).duty}


def pinmap():
    """Pins of the servos."""
    return pinmap_dump(_PINS)


def help(widgets=False):
    """Usage lines."""
    return typed_help(
        (
            "SLIDER sduty duty=<40-115>",
            "SLIDER s2duty duty=<40-115>",
            "BUTTON sdemo",
            "BUTTON deinit",
            "status lmf=None",
            "pinmap",
        ),
        widgets,
    )
