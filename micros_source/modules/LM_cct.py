"""
Cold and warm white LED strip on two PWM outputs (cwhite, wwhite), channels 0..1000.

PWM: docs.micropython.org, class PWM; any N-channel MOSFET per channel, common anode at the strip's supply.
"""

from Common import typed_help
from microIO import pinmap_dump

_PINS = ("cwhite", "wwhite")
_FULL = 1000


class _Data:
    light = None


def _light(cache=True):
    if _Data.light is None:
        from FadingLight import Light, pwm_writer

        _Data.light = Light("cct", ("CW", "WW"), (500, 500), _FULL, pwm_writer(*_PINS), cache, file="cwww")
    return _Data.light


def load_n_init(cache=None):
    """Opens the outputs and restores the last state (cwww.pds); cache=False keeps none. 'CACHE: True|False'."""
    cache = cache is None or bool(cache)
    if _Data.light is not None:
        _Data.light.close()
        _Data.light = None
    _light(cache)
    return "CACHE: %s" % cache


def white(cw=None, ww=None, smooth=True, force=True):
    """Shows cold and warm white, with a fade of 0.2 s when smooth; force=False leaves a transition alone."""
    return _light().set((cw, ww), smooth, force)


def brightness(percent=None, smooth=True, wake=True):
    """Scales both channels; without percent '<p> %'. wake=False does not switch on. The status."""
    return _light().brightness(percent, smooth, wake)


def toggle(state=None, smooth=True):
    """Off and on, or as state says. The status."""
    return _light().toggle(state, smooth)


def transition(cw=None, ww=None, sec=1.0, wake=False):
    """Fades in `sec` seconds (task cct._tran); wake=True switches on."""
    return _light().transition((cw, ww), sec, wake)


def hue_transition(percent, sec=1.0, wake=False):
    """Fades to `percent` of warm white at the same brightness in all, as far as a channel reaches (task cct._hue)."""
    if not 0 <= percent <= 100:
        return "Invalid range, percent=<0-100>"
    light = _light()
    total = sum(light.values)
    warm = min(_FULL, round(total * percent / 100))
    return light.transition((min(_FULL, total - warm), warm), sec, wake, "_hue")


def random(smooth=True, max_val=1000):
    """A random white with channels up to max_val. The status."""
    from random import randint

    return white(randint(0, max_val), randint(0, max_val), smooth)


def subscribe_presence():
    """On at motion, off when the presence timer runs out."""
    from FadingLight import subscribe

    subscribe(toggle)


def status(lmf=None):
    """{'CW', 'WW', 'S': 0|1}"""
    return _light().status()


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump(_PINS)


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(
        (
            "WHITE white cw=<0-1000-10> ww=<0-1000-10> smooth=True force=True",
            "SLIDER brightness percent=<0-100-2> smooth=True wake=True",
            "BUTTON toggle state=<True,False> smooth=True",
            "transition cw=None ww=None sec=1.0 wake=False",
            "SLIDER hue_transition percent=<0-100-2> sec=1.0 wake=False",
            "BUTTON random smooth=True max_val=1000",
            "load_n_init cache=None",
            "subscribe_presence",
            "status",
            "pinmap",
        ),
        widgets,
    )
