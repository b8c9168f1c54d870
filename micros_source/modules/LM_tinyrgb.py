"""
The APA102 LED on a TinyPICO: data 2, clock 12, power 13 (active low), wired on the board (its pin-out sheet).

Frames: APA102 data sheet: 32 zero bits, then 0b111 and 5 bits of brightness, blue, green, red, then 32 ones.
"""

from Common import typed_help
from microIO import detect_platform, get_pinmap
from micropython import const

_DATA, _CLOCK, _POWER = const(2), const(12), const(13)
_MISO = const(19)  # SoftSPI asks for one; nothing is read


class _Led:
    """One APA102 LED, like MicroPython's dotstar: `led[0] = (red, green, blue, brightness 0..1)`."""

    def __init__(self):
        from machine import Pin, SoftSPI

        self.power = Pin(_POWER, Pin.OUT, value=1)
        self.bus = SoftSPI(sck=Pin(_CLOCK), mosi=Pin(_DATA), miso=Pin(_MISO), baudrate=1000000)
        self.colour = (0, 0, 0, 0.0)

    def __setitem__(self, index, colour):
        self.colour = colour
        frame = bytes((0xE0 | round(31 * colour[3]), colour[2], colour[1], colour[0]))
        self.bus.write(b"\0\0\0\0" + frame + b"\xff\xff\xff\xff")

    def __getitem__(self, index):
        return self.colour


class _Data:
    led = None
    state = [0, 0.3]  # power flag, brightness
    hue = 0


def _led():
    if _Data.led is None:
        if "tinypico" not in (detect_platform(), get_pinmap()["map"]):
            raise Exception("[tinyrgb] this board is no TinyPICO, it has no APA102 LED")
        _Data.led = _Led()
    return _Data.led


def _switch(on):
    """Power, and the last colour when it comes on: without power the LED forgets."""
    led = _led()
    led.power.value(0 if on else 1)
    _Data.state[0] = 1 if on else 0
    if on:
        led[0] = led[0]


def setrgb(r=None, g=None, b=None, br=None):
    """Colour 0..255 and brightness 0..1. 'RGB: .. (..%)'"""
    led = _led()
    new = [int(old if value is None else value) for value, old in zip((r, g, b), led[0])]
    bright = _Data.state[1] if br is None else br
    for value in new:
        if not 0 <= value <= 255:
            raise ValueError("%d is out of range: 0-255" % value)
    if not 0 <= bright <= 1:
        raise ValueError("br=%s is out of range: 0-1" % bright)
    _Data.state[1] = bright
    led.colour = (new[0], new[1], new[2], bright)
    _switch(True)
    return "RGB: %d,%d,%d (%d%%)" % (new[0], new[1], new[2], round(bright * 100))


def getstate():
    """(LED object, [power flag, brightness])"""
    return _led(), _Data.state


def toggle(state=None):
    """Power off and on, or as state says. 'Turn ON' or 'Turn OFF'"""
    _led()
    on = not _Data.state[0] if state is None else bool(state)
    _switch(on)
    return "Turn ON" if on else "Turn OFF"


def wheel(br=None):
    """Shows the next colour of a wheel of 256 steps, 4 steps on."""
    part, rest = divmod(_Data.hue, 85)
    up, down = rest * 3, 255 - rest * 3
    _Data.hue = (_Data.hue + 4) % 255
    return setrgb(*((down, up, 0), (0, down, up), (up, 0, down))[part], br=br)


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(
        (
            "COLOR setrgb r=<0-255-5> g=<0-255-5> b=<0-255-5> br=None",
            "getstate",
            "BUTTON toggle state=<True,False>",
            "BUTTON wheel br=None",
        ),
        widgets,
    )
