"""The progress LED, whatever the board has: plain pin, inverted pin, a colour LED or a callable of the pin map."""

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


def driver():
    """A callable for one LED step that returns True when a second step is needed; None when the board has no LED."""
    platform = detect_platform()
    if platform == "tinypico":
        from ColourLed import tinypico_apa102

        return tinypico_apa102()
    pin = physical_pin("builtin")
    if pin is None or callable(pin):
        return pin
    if platform == "esp32s3":
        from ColourLed import ws2812

        return ws2812(pin)
    inverted = isinstance(pin, int) and pin < 0
    return _PlainLed(Pin(abs(pin) if inverted else pin, Pin.OUT), 1 if inverted else 0)
