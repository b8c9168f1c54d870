"""The progress LED, whatever the board has: plain pin, inverted pin, WS2812, APA102 or a callable of the pin map."""

from machine import Pin

from microIO import detect_platform, physical_pin


class _PlainLed:
    def __init__(self, pin, dark):
        self.pin = pin
        self.dark = dark
        pin.value(dark)

    def __call__(self):
        lit = self.pin.value() != self.dark
        self.pin.value(self.dark if lit else not self.dark)
        return not lit


class _ColourLed:
    """Three-byte LEDs show the next colour of a slow wheel; nothing needs to be switched off."""

    def __init__(self, write):
        self.write = write
        self.turn = 0

    def __call__(self):
        self.turn = (self.turn + 1) % 3
        self.write([12 if i == self.turn else 0 for i in range(3)])
        return False


def _ws2812(pin):
    from neopixel import NeoPixel

    pixel = NeoPixel(Pin(pin, Pin.OUT), 1)

    def write(colour):
        pixel[0] = colour
        pixel.write()

    return write


def _tinypico_apa102():
    # power 13 (active low), clock 12, data 2: fixed wiring of this board
    from machine import SoftSPI

    Pin(13, Pin.OUT).value(0)
    bus = SoftSPI(sck=Pin(12), mosi=Pin(2), miso=Pin(19), baudrate=100000)

    def write(colour):
        bus.write(b"\0\0\0\0" + bytes([0xE4, colour[2], colour[1], colour[0]]) + b"\xff\xff\xff\xff")

    return write


def driver():
    """A callable for one LED step that returns True when a second step is needed; None when the board has no LED."""
    platform = detect_platform()
    if platform == "tinypico":
        return _ColourLed(_tinypico_apa102())
    pin = physical_pin("builtin")
    if pin is None or callable(pin):
        return pin
    if platform == "esp32s3":
        return _ColourLed(_ws2812(pin))
    inverted = isinstance(pin, int) and pin < 0
    return _PlainLed(Pin(abs(pin) if inverted else pin, Pin.OUT), 1 if inverted else 0)
