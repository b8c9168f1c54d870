"""
A keychain: a small SH1106 display that shows clock and temperature for a while, a DS18B20 thermometer and one NeoPixel.

The thermometer needs 750 ms for a conversion with 12 bits (DS18B20 data sheet), which run in the background.
"""

import asyncio
from Common import micro_task, syslog, typed_help
from microIO import physical_pin, pinmap_dump
from micropython import const
from time import localtime

_CONVERSION_MS = const(750)
_SHOWN_S = const(20)
_PINS = ("i2c_scl", "i2c_sda", "ds18", "neop")


class _Keychain:
    bus = None
    celsius = None  # of the last conversion
    broken = set()  # parts whose failure is in the log


def _failed(part, error):
    """Logs the first failure of a part. What to raise: no OSError, which the system would log once more."""
    if part not in _Keychain.broken:
        _Keychain.broken.add(part)
        syslog("keychain %s: %s" % (part, error))
    return Exception(str(error))


def _thermometer():
    """(driver, address). Raises without sensor."""
    if _Keychain.bus is None:
        from ds18x20 import DS18X20
        from machine import Pin
        from onewire import OneWire

        _Keychain.bus = DS18X20(OneWire(Pin(physical_pin("ds18"))))
    found = _Keychain.bus.scan()
    if not found:
        raise _failed("temperature", "no DS18 sensor")
    return _Keychain.bus, found[0]


async def _measure(sensor, rom):
    try:
        sensor.convert_temp()
        await asyncio.sleep_ms(_CONVERSION_MS)
        _Keychain.celsius = round(sensor.read_temp(rom), 1)
        _Keychain.broken.discard("temperature")
    except Exception as e:  # the driver's own OneWireError is no OSError
        _failed("temperature", e)


def _draw():
    """One page; 20 to 30 ms on the bus, which the display driver does in one piece."""
    import LM_oled_sh1106 as oled

    now = localtime()
    oled.clean()
    oled.text("%02d:%02d:%02d" % now[3:6], 0, 0)
    oled.text("%d.%02d.%02d" % now[:3], 0, 12)
    oled.text("--.- C" if _Keychain.celsius is None else "%.1f C" % _Keychain.celsius, 0, 24)
    oled.show()


async def _refresh():
    import LM_oled_sh1106 as oled

    try:
        for _ in range(_SHOWN_S):
            _draw()
            await asyncio.sleep(1)
    except Exception as e:
        _failed("display", e)
    else:
        oled.poweroff()


def load_n_init():
    """Opens the NeoPixel with its last colour, measures the temperature and shows the page; a part may be missing."""
    from LM_neopixel import load_n_init as open_neopixel

    state = {"neopixel": open_neopixel(ledcnt=1)}
    for part, start in (("temperature", temperature), ("display", display)):
        try:
            state[part] = start()
        except Exception as e:
            state[part] = str(e)
    return state


def display():
    """Shows clock, date and temperature for 20 s, then switches the display off. 'Starting' or 'Already running'."""
    task = micro_task("keychain._display")
    if task and not task.done:
        return "Already running"
    try:
        import LM_oled_sh1106 as oled

        oled.poweron()
        _draw()
    except Exception as e:
        raise _failed("display", e)
    _Keychain.broken.discard("display")
    micro_task("keychain._display", _refresh())
    return "Starting"


def temperature():
    """{'temp[C]': degrees of the last conversion, None before the first}; each call starts the next conversion."""
    sensor, rom = _thermometer()
    micro_task("keychain._temp", _measure(sensor, rom))
    return {"temp[C]": _Keychain.celsius}


def neopixel(r=None, g=None, b=None, br=None, onoff=None, smooth=True):
    """Colour 0..255, brightness in percent and state of the NeoPixel; None leaves it. Its status."""
    import LM_neopixel as led

    if (r, g, b) != (None, None, None):
        led.color(r, g, b, smooth)
    if br is not None:
        led.brightness(br, smooth)
    if onoff is not None:
        led.toggle(onoff, smooth)
    return led.status()


def lmdep():
    """Modules in use."""
    return "oled_sh1106", "neopixel"


def pinmap():
    """Pins of the parts."""
    return pinmap_dump(_PINS)


def help(widgets=False):
    """Usage lines."""
    return typed_help(
        (
            "BUTTON load_n_init",
            "BUTTON display",
            "TEXTBOX temperature",
            "COLOR neopixel r=<0-255-5> g=<0-255-5> b=<0-255-5> br=None onoff=None smooth=True",
            "lmdep",
            "pinmap",
        ),
        widgets,
    )
