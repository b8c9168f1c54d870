"""The progress LED of boards that have a three-byte LED: WS2812 or APA102."""

from machine import Pin


class _ColourLed:
    """Shows the next colour of a slow wheel at each step; nothing needs to be switched off."""

    def __init__(self, write):
        self.write = write
        self.turn = 0

    def __call__(self):
        self.turn = (self.turn + 1) % 3
        self.write([12 if i == self.turn else 0 for i in range(3)])
        return False


def ws2812(pin):
    """One WS2812."""
    from neopixel import NeoPixel

    pixel = NeoPixel(Pin(pin, Pin.OUT), 1)

    def write(colour):
        pixel[0] = colour
        pixel.write()

    return _ColourLed(write)


def tinypico_apa102():
    """The TinyPICO's APA102."""
    # power 13 (active low), clock 12, data 2: fixed wiring of this board
    from machine import SoftSPI

    Pin(13, Pin.OUT).value(0)
    bus = SoftSPI(sck=Pin(12), mosi=Pin(2), miso=Pin(19), baudrate=100000)

    def write(colour):
        bus.write(b"\0\0\0\0" + bytes([0xE4, colour[2], colour[1], colour[0]]) + b"\xff\xff\xff\xff")

    return _ColourLed(write)
