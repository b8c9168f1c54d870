"""
Effects on the WS2812 strip of LM_neopixel. Every call draws one frame; `neoeffects rainbow &&50` runs it.

Colour wheel: three linear ramps, red to green to blue and back.
"""

from random import randint

import LM_neopixel

from Common import typed_help
from microIO import pinmap_dump


class _Data:
    colour = None  # base colour; None: that of the strip
    step = 0  # frames drawn


def _base(r, g, b):
    """Base colour, with the given channels put in and kept."""
    if _Data.colour is None:
        state = LM_neopixel.status()
        _Data.colour = (state["R"], state["G"], state["B"])
    new = tuple([old if value is None else int(value) for value, old in zip((r, g, b), _Data.colour)])
    for value in new:
        if not 0 <= value <= 255:
            raise ValueError("%d is out of range: 0-255" % value)
    _Data.colour = new
    return new


def _next(shift):
    if shift:
        _Data.step += 1
    return _Data.step


def _draw(ledcnt, colour_of):
    """Shows colour_of(index) on every LED."""
    strip = LM_neopixel._pixels(ledcnt)
    for index in range(ledcnt):
        strip[index] = colour_of(index)
    strip.write()


def _text(name, colour):
    return "%s R%d:G%d:B%d" % ((name,) + colour)


def meteor(r=None, g=None, b=None, shift=True, ledcnt=24):
    """A frame of a light with a tail that fades over the strip; moves on by one LED a call when shift."""
    colour = _base(r, g, b)
    head = _next(shift)

    def glow(index):
        part = ledcnt - (head - index) % ledcnt  # ledcnt at the head, 1 before it
        return tuple([value * part * part // (ledcnt * ledcnt) for value in colour])

    _draw(ledcnt, glow)
    return _text("Meteor", colour)


def cycle(r=None, g=None, b=None, shift=True, ledcnt=24):
    """A frame of a light of three LEDs that runs around."""
    colour = _base(r, g, b)
    head = _next(shift)
    side = tuple([value // 4 for value in colour])
    parts = {0: side, 1: colour, 2: side}
    _draw(ledcnt, lambda index: parts.get((index - head) % ledcnt, (0, 0, 0)))
    return _text("Cycle", colour)


def _wheel(position):
    """Colour at 0..255 of the wheel."""
    part, rest = divmod(position, 85)
    up, down = rest * 3, 255 - rest * 3
    return ((down, up, 0), (0, down, up), (up, 0, down), (255, 0, 0))[part]


def rainbow(step=1, br=50, ledcnt=24):
    """A frame of a rainbow that moves on by `step` of 256 a call; br = brightness in percent. 'Rainbow'"""
    _Data.step += step
    start = _Data.step

    def hue(index):
        return tuple([value * br // 100 for value in _wheel((start + index * 256 // ledcnt) % 256)])

    _draw(ledcnt, hue)
    return "Rainbow"


def shader(size=6, offset=0, shift=False, ledcnt=24):
    """Switches off a window of `size` LEDs at `offset`; it moves on by one LED a call when shift."""
    strip = LM_neopixel._pixels(ledcnt)
    start = offset + (_next(True) if shift else 0)
    for index in range(start, start + min(size, ledcnt)):
        strip[index % ledcnt] = (0, 0, 0)
    strip.write()
    return "Shader size: %d offset: %d" % (size, start % ledcnt)


def fire(r=None, g=None, b=None, ledcnt=24):
    """A frame of a flickering light: every LED with a random brightness."""
    colour = _base(r, g, b)

    def flicker(_):
        part = randint(20, 100)
        return tuple([value * part // 100 for value in colour])

    _draw(ledcnt, flicker)
    return _text("Fire", colour)


def random(max_val=255):
    """A random base colour for the effects, channels up to max_val."""
    return _text("Random", _base(randint(0, max_val), randint(0, max_val), randint(0, max_val)))


def color(r=None, g=None, b=None):
    """Base colour of running effects. {'R', 'G', 'B', 'S'}"""
    state = LM_neopixel.status()
    state["R"], state["G"], state["B"] = _base(r, g, b)
    return state


def lmdep():
    """Modules this one needs."""
    return "neopixel"


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump("neop")


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(
        (
            "BUTTON meteor r=None g=None b=None shift=True ledcnt=24 &&50",
            "BUTTON cycle r=None g=None b=None shift=True ledcnt=24 &&50",
            "BUTTON rainbow step=1 br=50 ledcnt=24 &&50",
            "shader size=6 offset=0 shift=False ledcnt=24 &&50",
            "BUTTON fire r=None g=None b=None ledcnt=24 &&50",
            "BUTTON random max_val=255",
            "COLOR color r=<0-255-5> g=<0-255-5> b=<0-255-5>",
            "lmdep",
            "pinmap",
        ),
        widgets,
    )
