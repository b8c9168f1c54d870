"""
HC-SR04 ultrasonic range finder (hcsrtrig, hcsrecho), 2 cm to 4 m.

Data sheet: a trigger pulse of 10 us, then the echo pin is high for the way there and back. The processor has to watch
it, so a measurement stops the node for its length: 6 ms a metre. Sound makes 343.2 m/s in air of 20 degrees.
"""

from Common import typed_help
from microIO import physical_pin, pinmap_dump
from micropython import const

_MM_PER_US = const(0.3432)
_TIMEOUT_US = const(24500)  # there and back in 4.2 m
_PINS = ("hcsrtrig", "hcsrecho")


class _Sonar:
    trigger = None
    echo = None


def _echo_us():
    """Length of the echo. Raises OSError."""
    from machine import Pin, time_pulse_us
    from time import sleep_us

    if _Sonar.echo is None:
        trigger = Pin(physical_pin("hcsrtrig"), Pin.OUT, value=0)
        _Sonar.echo = Pin(physical_pin("hcsrecho"), Pin.IN)
        _Sonar.trigger = trigger
    _Sonar.trigger.value(0)
    sleep_us(5)
    _Sonar.trigger.value(1)
    sleep_us(12)
    _Sonar.trigger.value(0)
    length = time_pulse_us(_Sonar.echo, 1, _TIMEOUT_US)
    if length < 0:
        raise OSError("HC-SR04: " + ("out of range" if length == -1 else "no answer"))
    return length


def _mm():
    return _echo_us() * _MM_PER_US / 2


def distance_mm():
    """Whole millimetres."""
    return round(_mm())


def distance_cm():
    """Centimetres, 1 decimal."""
    return round(_mm() / 10, 1)


def deinit():
    """Lets go of the pins."""
    if _Sonar.trigger is not None:
        _Sonar.trigger.init(_Sonar.trigger.IN)
    _Sonar.trigger = _Sonar.echo = None


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump(_PINS)


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(("TEXTBOX distance_mm", "GRAPH distance_cm", "BUTTON deinit", "pinmap"), widgets)
