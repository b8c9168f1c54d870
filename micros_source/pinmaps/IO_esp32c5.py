"""
Pins of ESP32-C5 development boards; the LED is a WS2812 on 27. 1 to 6 are analog inputs; 2, 3, 7 and 25 to 28
choose the boot mode, so outputs stay away from them. Several names share a GPIO; booking protects at run time.
"""

from micropython import const

redgb = const(8)
rgreenb = const(9)
rgbue = const(10)
wwhite = const(4)
cwhite = const(5)
neop = const(25)
servo_1 = const(8)
servo_2 = const(9)
switch_1 = const(0)
switch_2 = const(1)
switch_3 = const(4)
switch_4 = const(5)
dim_1 = const(10)
l298speed = const(10)
l298dir_1 = const(8)
l298dir_2 = const(9)
l9110dir_1 = const(8)
l9110dir_2 = const(9)
buzzer = const(4)
stppr_1 = const(0)
stppr_2 = const(1)
stppr_3 = const(8)
stppr_4 = const(9)
i2c_sda = const(6)
i2c_scl = const(7)
irq1 = const(24)
irq2 = const(23)
irq3 = const(15)
irq4 = const(10)
oleduibttn = const(0)
hcsrtrig = const(8)
hcsrecho = const(9)
dhtpin = const(4)
co2 = const(1)
temp6000 = const(4)
ph = const(5)
ds18 = const(0)
mic = const(1)
rot_dt = const(0)
rot_clk = const(1)
genadc = const(5)

_led = None


def builtin():
    """One step of the progress LED, a WS2812. False: it needs no second step."""
    global _led
    if _led is None:
        from ColourLed import ws2812

        _led = ws2812(27)
    return _led()
