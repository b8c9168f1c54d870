"""
RGB LED strip on three PWM outputs (redgb, rgreenb, rgbue), channels 0..1000.

PWM: docs.micropython.org, class PWM; any N-channel MOSFET per channel, common anode at the strip's supply.
"""

from Common import typed_help
from microIO import pinmap_dump

_PINS = ("redgb", "rgreenb", "rgbue")
_DEFAULT = (197, 35, 10)


class _Data:
    light = None


def _light(cache=True):
    if _Data.light is None:
        from FadingLight import Light, pwm_writer

        _Data.light = Light("rgb", ("R", "G", "B"), _DEFAULT, 1000, pwm_writer(*_PINS), cache)
    return _Data.light


def load_n_init(cache=None):
    """Opens the outputs and restores the last state; cache=False keeps none. 'CACHE: True|False'."""
    cache = cache is None or bool(cache)
    if _Data.light is not None:
        _Data.light.close()
        _Data.light = None
    _light(cache)
    return "CACHE: %s" % cache


def color(r=None, g=None, b=None, smooth=True, force=True):
    """Shows a colour, with a fade of 0.2 s when smooth; force=False leaves a running transition alone. The status."""
    return _light().set((r, g, b), smooth, force)


def brightness(percent=None, smooth=True, wake=True):
    """Scales the colour; without percent '<p> %'. wake=False does not switch on. The status."""
    return _light().brightness(percent, smooth, wake)


def toggle(state=None, smooth=True):
    """Off and on, or as state says. The status."""
    return _light().toggle(state, smooth)


def transition(r=None, g=None, b=None, sec=1.0, wake=False):
    """Fades to a colour in `sec` seconds (task rgb._tran); wake=True switches on."""
    return _light().transition((r, g, b), sec, wake)


def random(smooth=True, max_val=1000):
    """A random colour with channels up to max_val. The status."""
    from random import randint

    return color(randint(0, max_val), randint(0, max_val), randint(0, max_val), smooth)


def subscribe_presence():
    """On at motion, off when the presence timer runs out."""
    from FadingLight import subscribe

    subscribe(toggle)


def status(lmf=None):
    """{'R', 'G', 'B', 'S': 0|1}"""
    return _light().status()


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump(_PINS)


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(
        (
            "COLOR color r=<0-1000-10> g=<0-1000-10> b=<0-1000-10> smooth=True force=True",
            "SLIDER brightness percent=<0-100-2> smooth=True wake=True",
            "BUTTON toggle state=<True,False> smooth=True",
            "transition r=None g=None b=None sec=1.0 wake=False",
            "BUTTON random smooth=True max_val=1000",
            "load_n_init cache=None",
            "subscribe_presence",
            "status",
            "pinmap",
        ),
        widgets,
    )
