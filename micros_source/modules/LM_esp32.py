"""What an ESP32 measures of itself."""

from Common import typed_help
from microIO import detect_platform, physical_pin, pinmap_dump
from micropython import const

_SAMPLES = const(10)


def hall():
    """
    The raw hall sensor. Espressif gave the sensor up with ESP-IDF 5, so firmware from MicroPython 1.21 on has none and
    the answer is an error that says so.
    """
    import esp32

    if not hasattr(esp32, "hall_sensor"):
        raise OSError("no hall sensor in this firmware")
    return esp32.hall_sensor()


def temp():
    """{'CPU temp [ºC]': text, 1 decimal}. The first ESP32 measures whole degrees Fahrenheit, its successors Celsius."""
    import esp32

    celsius = esp32.mcu_temperature() if hasattr(esp32, "mcu_temperature") else (esp32.raw_temperature() - 32) / 1.8
    return {"CPU temp [ºC]": "%.1f" % celsius}


def touch(triglvl=300):
    """
    {'isTouched', 'value'} of the pad at touch_0. On the first ESP32 a finger lowers the reading (below `triglvl`), on
    S2 and S3 it raises it (ESP-IDF: touch sensor).
    """
    from machine import Pin, TouchPad

    value = TouchPad(Pin(physical_pin("touch_0"))).read()
    rising = detect_platform() in ("esp32s2", "esp32s3")
    return {"isTouched": value > triglvl if rising else value < triglvl, "value": value}


def battery():
    """
    {'volt', 'state'} of a TinyPICO: the battery behind a divider of 442k and 160k, and whether it charges (the charger
    pulls its pin low; ten samples, since without a battery it toggles).
    """
    from machine import ADC, Pin

    pins = pinmap_dump(("bat_volt", "bat_stat"))
    if None in pins.values():
        raise OSError("battery: only on TinyPICO")
    # 4.2 V give 1.12 V, beyond the 0.95 V of the default range
    cell = ADC(Pin(physical_pin("bat_volt")), atten=ADC.ATTN_2_5DB).read_uv() * (442 + 160) / 160
    charger = Pin(physical_pin("bat_stat"), Pin.IN)
    charging = not any(charger.value() for _ in range(_SAMPLES))
    return {"volt": round(cell / 1000000, 2), "state": "charging" if charging else "not charging"}


def help(widgets=False):
    """Usage lines."""
    return typed_help(("hall", "TEXTBOX temp", "TEXTBOX touch triglvl=300", "TEXTBOX battery"), widgets)
