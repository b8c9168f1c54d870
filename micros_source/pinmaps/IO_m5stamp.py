"""
Pins of the M5Stamp S3 (ESP32-S3); the LED is an SK6812 on 21. Several names share a GPIO; booking protects at run time.
"""

from micropython import const

redgb = const(43)
rgreenb = const(44)
rgbue = const(0)
wwhite = const(39)
cwhite = const(40)
neop = const(0)
servo_1 = const(44)
servo_2 = const(42)
switch_1 = const(39)
switch_2 = const(40)
switch_3 = const(41)
switch_4 = const(16)
dim_1 = const(43)
buzzer = const(1)
i2c_sda = const(13)
i2c_scl = const(15)
i2s_sck = const(5)
i2s_ws = const(7)
i2s_sd = const(9)
irq1 = const(15)
irq2 = const(13)
irq3 = const(14)
irq4 = const(12)
touch_0 = const(1)
dhtpin = const(43)
ds18 = const(0)
mic = const(3)

_led = None


def builtin():
    """One step of the progress LED, a SK6812. False: it needs no second step."""
    global _led
    if _led is None:
        from ColourLed import ws2812

        _led = ws2812(21)
    return _led()
