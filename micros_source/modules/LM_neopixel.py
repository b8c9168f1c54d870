"""
WS2812 LED strip on the pin `neop`, all LEDs in one colour or one by one; channels 0..255.

Driver: docs.micropython.org, neopixel; timing and colour order: WS2812B data sheet. One write takes 30 us per LED.
"""

from Common import typed_help
from microIO import physical_pin, pinmap_dump


class _Data:
    strip = None
    light = None


def _open(ledcnt):
    """The strip with `ledcnt` LEDs; one of another length is opened anew."""
    if _Data.strip is None or len(_Data.strip) != ledcnt:
        from machine import Pin
        from neopixel import NeoPixel

        _Data.strip = NeoPixel(Pin(physical_pin("neop")), ledcnt)
    return _Data.strip


def _write(values):
    _Data.strip.fill(values)
    _Data.strip.write()


def _light(cache=True, ledcnt=24):
    if _Data.light is None:
        from FadingLight import Light

        _open(ledcnt)
        _Data.light = Light("neopixel", ("R", "G", "B"), (100, 100, 100), 255, _write, cache)
    return _Data.light


def _pixels(ledcnt):
    """For effects: the strip, with `ledcnt` LEDs, no fade running on it."""
    _light(ledcnt=ledcnt).stop()
    return _open(ledcnt)


def load_n_init(cache=None, ledcnt=24):
    """Opens the strip and restores the last state; cache=False keeps none. 'CACHE: <bool>, LED CNT: <n>'"""
    cache = cache is None or bool(cache)
    if _Data.light is not None:
        _Data.light.close()
        _Data.light = None
    _open(ledcnt)
    _light(cache, ledcnt)
    return "CACHE: %s, LED CNT: %d" % (cache, ledcnt)


def color(r=None, g=None, b=None, smooth=True, force=True):
    """Shows a colour, with a fade of 0.2 s when smooth; force=False leaves a running transition alone. The status."""
    return _light().set((r, g, b), smooth, force)


def brightness(percent=None, smooth=True, wake=True):
    """Scales the colour; without percent '<p> %'. wake=False does not switch on. The status."""
    return _light().brightness(percent, smooth, wake)


def segment(r=None, g=None, b=None, s=0, cache=False, write=True):
    """
    One LED, by index `s`; None takes the strip's colour. write=False only fills the buffer, cache=True makes it the
    strip's colour as well. The status.
    """
    light = _light()
    if not 0 <= s < len(_Data.strip):
        return "Index is out of range: 0-%d" % (len(_Data.strip) - 1)
    light.stop()
    colour = light.merged((r, g, b))
    _Data.strip[s] = colour
    if write:
        _Data.strip.write()
    if cache:
        light.keep(colour)
    return light.status()


def toggle(state=None, smooth=True):
    """Off and on, or as state says. The status."""
    return _light().toggle(state, smooth)


def transition(r=None, g=None, b=None, sec=1.0, wake=False):
    """Fades to a colour in `sec` seconds (task neopixel._tran); wake=True switches on."""
    return _light().transition((r, g, b), sec, wake)


def random(smooth=True, max_val=255):
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
    return pinmap_dump("neop")


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(
        (
            "COLOR color r=<0-255-5> g=<0-255-5> b=<0-255-5> smooth=True force=True",
            "SLIDER brightness percent=<0-100-2> smooth=True wake=True",
            "segment r=None g=None b=None s=0 cache=False write=True",
            "BUTTON toggle state=<True,False> smooth=True",
            "transition r=None g=None b=None sec=1.0 wake=False",
            "BUTTON random smooth=True max_val=255",
            "load_n_init cache=None ledcnt=24",
            "subscribe_presence",
            "status",
            "pinmap",
        ),
        widgets,
    )
