"""Examples of load module functions: texts, parameters, chance."""

from random import randint
from time import ticks_diff, ticks_ms


class _Calls:
    count = 0
    ms = 0
    last = ticks_ms()


def _served():
    now = ticks_ms()  # added up at each call: the counter of milliseconds overflows after days
    _Calls.ms += ticks_diff(now, _Calls.last)
    _Calls.last = now
    _Calls.count += 1


def hello(name="MrNobody"):
    """A greeting with the platform's name."""
    _served()
    from sys import platform

    return "Hello %s! This is micrOS on %s." % (name, platform)


def calculator(a, b, op="+"):
    """'<a> <op> <b> = <result>' for + - * /."""
    _served()
    if op == "+":
        result = a + b
    elif op == "-":
        result = a - b
    elif op == "*":
        result = a * b
    elif op == "/":
        result = a / b
    else:
        return "Unknown operator: %s (+ - * /)" % op
    return "%s %s %s = %s" % (a, op, b, result)


def dice_cube():
    """A throw of a dice."""
    _served()
    return "Dice cube: %d" % randint(1, 6)


def yes_no():
    """An oracle."""
    _served()
    return "YES" if randint(0, 1) else "NO"


def links():
    """Where to read on."""
    _served()
    return "micrOS: https://github.com/BxNxM/micrOS\nMicroPython: https://docs.micropython.org"


def source():
    """Where the source is."""
    _served()
    return "https://github.com/BxNxM/micrOS"


def exec_info():
    """'Under <time since this module was loaded>: <n> cmd served.'"""
    _served()
    minutes, seconds = divmod(_Calls.ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return "Under %d %d:%d:%d: %d cmd served." % (hours // 24, hours % 24, minutes, seconds, _Calls.count)


def help():
    """Usage lines."""
    return "hello name='Joe'", "calculator a b op='+'", "dice_cube", "yes_no", "links", "source", "exec_info"
