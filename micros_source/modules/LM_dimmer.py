"""
Dimmer on one PWM output (dim_1), 0..1000.

PWM: docs.micropython.org, class PWM; any N-channel MOSFET.
"""

from Common import typed_help
from microIO import pinmap_dump


class _Data:
    light = None


def _light(cache=True):
    if _Data.light is None:
        from FadingLight import Light, pwm_writer

        _Data.light = Light("dimmer", ("X",), (500,), 1000, pwm_writer("dim_1"), cache, on_first=True)
    return _Data.light


def load_n_init(cache=None):
    """Opens the output and restores the last state; cache=False keeps none. 'CACHE: True|False'."""
    cache = cache is None or bool(cache)
    if _Data.light is not None:
        _Data.light.close()
        _Data.light = None
    _light(cache)
    return "CACHE: %s" % cache


def set_value(value=None, smooth=True, force=True):
    """Shows a value, with a fade of 0.2 s when smooth; force=False leaves a running transition alone. The status."""
    if value is not None and not 0 <= value <= 1000:
        return "Invalid range, value=<0-1000>"
    return _light().set((value,), smooth, force)


def toggle(state=None, smooth=True):
    """Off and on, or as state says. The status."""
    return _light().toggle(state, smooth)


def transition(value, sec=1.0, wake=False):
    """Fades to a value in `sec` seconds (task dimmer._tran); wake=True switches on."""
    return _light().transition((value,), sec, wake)


def subscribe_presence():
    """On at motion, off when the presence timer runs out."""
    from FadingLight import subscribe

    subscribe(toggle)


def status(lmf=None):
    """{'X': value, 'S': 0|1}"""
    return _light().status()


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump("dim_1")


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(
        (
            "SLIDER set_value value=<0-1000-10> smooth=True force=True",
            "BUTTON toggle state=<True,False> smooth=True",
            "transition value sec=1.0 wake=False",
            "load_n_init cache=None",
            "subscribe_presence",
            "status",
            "pinmap",
        ),
        widgets,
    )
