"""Five-channel strip: LM_rgb and LM_cct as one light."""

import LM_cct as cct
import LM_rgb as rgb

from Common import typed_help


def _merged(first, second):
    state = dict(first)
    state.update(second)
    return state


def load_n_init(cache=None):
    """Opens all outputs and restores both states. 'RGB: CACHE: .., CCT: CACHE: ..'"""
    return "RGB: %s, CCT: %s" % (rgb.load_n_init(cache), cct.load_n_init(cache))


def toggle(state=None, smooth=True):
    """Off and on, or as state says; white follows the colours. The status."""
    colours = rgb.toggle(state, smooth)
    return _merged(colours, cct.toggle(bool(colours["S"]), smooth))


def brightness(percent=None, smooth=True, wake=True):
    """Scales all channels; without percent the status. A text when percent is out of range."""
    if percent is None:
        return status()
    colours = rgb.brightness(percent, smooth, wake)
    whites = cct.brightness(percent, smooth, wake)
    return _merged(colours, whites) if isinstance(colours, dict) else colours


def status(lmf=None):
    """{'R', 'G', 'B', 'CW', 'WW', 'S': 0|1 of the whites}"""
    return _merged(rgb.status(), cct.status())


def pinmap():
    """{logical name: GPIO}"""
    return _merged(rgb.pinmap(), cct.pinmap())


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(
        (
            "BUTTON toggle state=<True,False> smooth=True",
            "SLIDER brightness percent=<0-100-2> smooth=True wake=True",
            "load_n_init cache=None",
            "status",
            "pinmap",
        ),
        widgets,
    )
