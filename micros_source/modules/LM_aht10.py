"""
Aosong AHT10 or AHT20: temperature and humidity, on I2C at address 0x38.

Data sheets AHT10 and AHT20: commands 5.3, reading 5.4 (75 and 80 ms for a measurement), conversion 6. The AHT20 sends a
checksum as seventh byte; an AHT10 has none, so its line stays high.
"""

import asyncio
from Common import typed_help
from microIO import physical_pin, pinmap_dump
from micropython import const

_ADDRESS = const(0x38)
_RESET = b"\xba"
_MEASURE = b"\xac\x33\x00"
_INITIALISE = (b"\xe1\x08\x00", b"\xbe\x08\x00")  # AHT10, AHT20
_BUSY = const(0x80)
_CALIBRATED = const(0x08)
_RESET_MS = const(20)
_MEASURE_MS = const(75)
_POLL_MS = const(5)
_TRIES = const(15)
_PINS = ("i2c_scl", "i2c_sda")


class _Sensor:
    bus = None
    checked = False  # it has sent a right checksum once
    lock = asyncio.Lock()


def _bus():
    if _Sensor.bus is None:
        from machine import Pin, SoftI2C

        _Sensor.bus = SoftI2C(Pin(physical_pin("i2c_scl")), Pin(physical_pin("i2c_sda")))
    return _Sensor.bus


async def _idle():
    """The frame of the sensor, when it is ready. Raises OSError."""
    for _ in range(_TRIES):
        frame = _bus().readfrom(_ADDRESS, 7)
        if not frame[0] & _BUSY:
            return frame
        await asyncio.sleep_ms(_POLL_MS)
    raise OSError("AHT10: time-out")


async def _calibrate():
    for command in _INITIALISE:
        if (await _idle())[0] & _CALIBRATED:
            return
        _bus().writeto(_ADDRESS, command)
        await asyncio.sleep_ms(_POLL_MS)
    if not (await _idle())[0] & _CALIBRATED:
        raise OSError("AHT10: not calibrated")


def _crc(data):
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x31 if crc & 0x80 else crc << 1) & 0xFF
    return crc


def _check(frame):
    """Raises OSError when the checksum is wrong; a sensor that never sent one has none."""
    if _crc(frame[:6]) == frame[6]:
        _Sensor.checked = True
    elif _Sensor.checked or frame[6] != 0xFF:
        _Sensor.checked = False  # it may be another one now
        raise OSError("AHT10: checksum error")


async def measure():
    """{'temp [ºC]', 'hum [%]'}"""
    async with _Sensor.lock:
        await _calibrate()
        _bus().writeto(_ADDRESS, _MEASURE)
        await asyncio.sleep_ms(_MEASURE_MS)
        frame = await _idle()
    _check(frame)
    humidity = frame[1] << 12 | frame[2] << 4 | frame[3] >> 4
    celsius = (frame[3] & 15) << 16 | frame[4] << 8 | frame[5]
    return {"temp [ºC]": round(celsius * 200 / 1048576 - 50, 2), "hum [%]": round(humidity * 100 / 1048576, 2)}


async def reset():
    """Restarts the sensor, which takes 20 ms."""
    async with _Sensor.lock:
        _bus().writeto(_ADDRESS, _RESET)
        _Sensor.checked = False
        await asyncio.sleep_ms(_RESET_MS)


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump(_PINS)


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(("GRAPH measure", "BUTTON reset", "pinmap"), widgets)
