"""
Thermometers DS18B20 on one wire (ds18). A conversion with 12 bits takes 750 ms (Maxim data sheet, table 2), in which
the node goes on with other things.
"""

import asyncio
from Common import syslog, typed_help
from microIO import physical_pin, pinmap_dump
from micropython import const

_CONVERSION_MS = const(750)
_NOT_FOUND = const("Sensor(s) was not found.")


class _Bus:
    driver = None
    missing = False  # that nothing answers is in the log
    lock = asyncio.Lock()


def _driver():
    if _Bus.driver is None:
        from ds18x20 import DS18X20
        from machine import Pin
        from onewire import OneWire

        _Bus.driver = DS18X20(OneWire(Pin(physical_pin("ds18"))))
    return _Bus.driver


async def measure():
    """{'temp[C]': degrees}, a list of them with several sensors; 'Sensor(s) was not found.'"""
    async with _Bus.lock:
        driver = _driver()
        roms = driver.scan()
        if not roms:
            if not _Bus.missing:
                syslog("ds18: " + _NOT_FOUND)
            _Bus.missing = True
            return _NOT_FOUND
        _Bus.missing = False
        try:
            driver.convert_temp()
            await asyncio.sleep_ms(_CONVERSION_MS)
            values = [driver.read_temp(rom) for rom in roms]
        except Exception as e:  # OneWireError, a wrong checksum: neither is an OSError
            raise OSError("DS18: %s" % (e or "no answer"))
    return {"temp[C]": values[0] if len(values) == 1 else values}


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump("ds18")


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(("GRAPH measure", "pinmap"), widgets)
