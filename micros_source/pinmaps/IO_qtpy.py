"""
Pins of the QT Py ESP32 Pico. Its LED is a NeoPixel on 5, powered by 8.

Several names share a GPIO; booking protects at run time.
"""

from micropython import const

redgb = const(26)
rgreenb = const(25)
rgbue = const(27)
wwhite = const(12)
cwhite = const(13)
neop = const(15)
servo_1 = const(26)
servo_2 = const(25)
switch_1 = const(13)
switch_2 = const(12)
switch_3 = const(14)
switch_4 = const(7)
dim_1 = const(32)
buzzer = const(26)
i2c_sda = const(4)
i2c_scl = const(33)
i2s_sck = const(26)
i2s_ws = const(25)
i2s_sd = const(33)
irq1 = const(13)
irq2 = const(12)
irq3 = const(14)
irq4 = const(7)
oleduibttn = const(32)
dhtpin = const(13)
co2 = const(25)
temp6000 = const(27)
ds18 = const(32)
mic = const(15)

_led = None


def builtin():
    """One step of the progress LED, a NeoPixel. False: it needs no second step."""
    global _led
    if _led is None:
        from ColourLed import ws2812
        from machine import Pin

        Pin(8, Pin.OUT).value(1)
        _led = ws2812(5)
    return _led()
