"""
Any pin as PWM, output, input or ADC, by GPIO number or logical name. It may change between the four uses; a
pin that another module has booked is refused.

PWM, Pin, ADC: docs.micropython.org, module machine.
"""

from Common import SmartADC, typed_help
from microIO import get_pinmap, physical_pin

_NAME = "genIO"


class _Data:
    pins = {}  # pin as given -> (tag, object)


def _number(pin):
    """GPIO of a pin, booked. Raises when another module has it."""
    if isinstance(pin, str):
        return physical_pin(pin)
    booked = get_pinmap()["booked"]
    owner = booked.setdefault(pin, _NAME)
    if owner != _NAME and owner not in _Data.pins:
        raise Exception("[io] Pin %s is busy: %s:%s" % (pin, owner, pin))
    return pin


def _get(pin, tag, make):
    """The object of a pin for the use `tag`, made by make(GPIO) when the pin had another use, or none."""
    known = _Data.pins.get(pin)
    if known and known[0] == tag:
        return known[1]
    number = _number(pin)
    if known and hasattr(known[1], "deinit"):
        known[1].deinit()
    _Data.pins.pop(pin, None)
    _Data.pins[pin] = (tag, make(number))
    return _Data.pins[pin][1]


def _output(number):
    from machine import Pin

    return Pin(number, Pin.OUT)


def _input(number):
    from machine import Pin

    return Pin(number, Pin.IN, Pin.PULL_UP)


def set_pwm(pin, duty=500, freq=20480):
    """PWM with duty 0..1000 and a frequency in Hz. {'pin', 'freq', 'duty'}"""
    from machine import PWM, Pin

    if not 0 <= duty <= 1000:
        raise ValueError("duty=%s is out of range: 0-1000" % duty)
    part = (duty * 65535 + 500) // 1000
    output = _get(pin, "pwm", lambda number: PWM(Pin(number), freq=freq, duty_u16=part))
    if output.freq() != freq:
        output.freq(freq)
    output.duty_u16(part)
    return {"pin": pin, "freq": freq, "duty": duty}


def set_random_pwm(pin, min_duty, max_duty, freq=20480):
    """PWM with a random duty between the two. {'pin', 'freq', 'duty'}"""
    from random import randint

    return set_pwm(pin, randint(min_duty, max_duty), freq)


def set_out(pin, state=None):
    """Digital output; None toggles. {'pin', 'state'}"""
    output = _get(pin, "out", _output)
    output.value(not output.value() if state is None else bool(state))
    return {"pin": pin, "state": output.value()}


def get_adc(pin, key=None):
    """{'raw', 'percent', 'volt', 'pin'}, or the single value named by key."""
    data = _get(pin, "adc", SmartADC.get_singleton).get()
    data["pin"] = pin
    return data[key] if key else data


def get_in(pin):
    """Digital input with pull-up. {'pin', 'state'}"""
    return {"pin": pin, "state": _get(pin, "in", _input).value()}


def genio_pins():
    """{pin: (use, object)} of all pins in use."""
    return _Data.pins


def help(widgets=False):
    """Usage lines."""
    lines = (
        "set_pwm pin duty=<0-1000> freq=20480",
        "set_random_pwm pin min_duty max_duty freq=20480",
        "set_out pin state=None",
        "get_adc pin key=None",
        "get_in pin",
        "genio_pins",
    )
    return typed_help(lines, widgets)
