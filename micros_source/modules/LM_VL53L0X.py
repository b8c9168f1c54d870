"""
ST VL53L0X: distance by time of flight, on I2C at address 0x29 (a sensor that was moved to 0x39 is found as well).

Data sheet DocID029104: reference registers 3.2, ranging time 33 ms (table 11). ST documents the other registers only by
its API (STSW-IMG005, UM2039): data initialisation, static initialisation with reference SPADs and ST's tuning settings,
reference calibration, then single ranging.
"""

import asyncio
from Common import typed_help
from microIO import physical_pin, pinmap_dump
from micropython import const

_ADDRESSES = (0x29, 0x39)
_MODEL = const(0xEE)
_TRIES = const(60)  # x 3 ms; a measurement takes 33 ms
_NO_TARGET_MM = const(8190)
_PINS = ("i2c_scl", "i2c_sda")
# Pairs of register and value (0xFF chooses a page).
_OPEN = b"\x80\x01\xff\x01\x00\x00"
_CLOSE = b"\x00\x01\xff\x00\x80\x00"
_READ_SPADS = b"\xff\x07\x81\x01\x80\x01\x94\x6b\x83\x00"
_SPADS = b"\xff\x01\x4f\x00\x4e\x2c\xff\x00\xb6\xb4"
_TUNING = (  # VL53L0X_tuning.h, DefaultTuningSettings
    b"\xff\x01\x00\x00\xff\x00\x09\x00\x10\x00\x11\x00\x24\x01\x25\xff\x75\x00\xff\x01\x4e\x2c\x48\x00\x30\x20\xff\x00"
    b"\x30\x09\x54\x00\x31\x04\x32\x03\x40\x83\x46\x25\x60\x00\x27\x00\x50\x06\x51\x00\x52\x96\x56\x08\x57\x30\x61\x00"
    b"\x62\x00\x64\x00\x65\x00\x66\xa0\xff\x01\x22\x32\x47\x14\x49\xff\x4a\x00\xff\x00\x7a\x0a\x7b\x00\x78\x21\xff\x01"
    b"\x23\x34\x42\x00\x44\xff\x45\x26\x46\x05\x40\x40\x0e\x06\x20\x1a\x43\x40\xff\x00\x34\x03\x35\x44\xff\x01\x31\x04"
    b"\x4b\x09\x4c\x05\x4d\x04\xff\x00\x44\x00\x45\x20\x47\x08\x48\x28\x67\x00\x70\x04\x71\x01\x72\xfe\x76\x00\x77\x00"
    b"\xff\x01\x0d\x01\xff\x00\x80\x01\x01\xf8\xff\x01\x8e\x01\x00\x01\xff\x00\x80\x00"
)


class _Sensor:
    bus = None
    address = 0
    stop = 0  # the "stop variable", part of each start
    ready = False
    lock = asyncio.Lock()


def _get(register):
    return _Sensor.bus.readfrom_mem(_Sensor.address, register, 1)[0]


def _set(pairs):
    for i in range(0, len(pairs), 2):
        _Sensor.bus.writeto_mem(_Sensor.address, pairs[i], pairs[i + 1 : i + 2])


async def _until(register, mask):
    """Waits until a bit is set. Raises OSError."""
    for _ in range(_TRIES):
        if _get(register) & mask:
            return
        await asyncio.sleep_ms(3)
    raise OSError("VL53L0X: time-out")


def _find():
    from machine import Pin, SoftI2C

    if _Sensor.bus is None:
        _Sensor.bus = SoftI2C(Pin(physical_pin("i2c_scl")), Pin(physical_pin("i2c_sda")))
    found = _Sensor.bus.scan()
    _Sensor.address = _ADDRESSES[_ADDRESSES[0] not in found and _ADDRESSES[1] in found]
    model = _get(0xC0)
    if model != _MODEL:
        raise OSError("VL53L0X: model id 0x%02x, not 0x%02x" % (model, _MODEL))


async def _reference_spads():
    """Enables as many of the good reference SPADs as ST found at production."""
    _set(_OPEN + b"\xff\x06")
    _set(bytes((0x83, _get(0x83) | 4)) + _READ_SPADS)
    await _until(0x83, 0xFF)
    _set(b"\x83\x01")
    info = _get(0x92)
    _set(b"\x81\x00\xff\x06")
    _set(bytes((0x83, _get(0x83) & ~4)) + b"\xff\x01" + _CLOSE)
    spads = bytearray(_Sensor.bus.readfrom_mem(_Sensor.address, 0xB0, 6))
    _set(_SPADS)
    left = info & 0x7F
    for i in range(48):
        bit = 1 << (i & 7)
        if i < (12 if info & 0x80 else 0) or not left:  # SPADs with an aperture begin at 12
            spads[i >> 3] &= ~bit
        elif spads[i >> 3] & bit:
            left -= 1
    _Sensor.bus.writeto_mem(_Sensor.address, 0xB0, spads)


async def _calibrate(sequence, start):
    _set(bytes((0x01, sequence, 0x00, start)))
    await _until(0x13, 7)
    _set(b"\x0b\x01\x00\x00")


async def _initialise():
    _find()
    _set(b"\x88\x00" + _OPEN)
    _Sensor.stop = _get(0x91)
    _set(_CLOSE)
    _set(bytes((0x60, _get(0x60) | 0x12)) + b"\x01\xff")  # without the two limit checks of the first stage
    _Sensor.bus.writeto_mem(_Sensor.address, 0x44, b"\x00\x20")  # signal rate limit 0.25 MCPS, 9.7 bits
    await _reference_spads()
    for i in range(0, len(_TUNING), 32):
        _set(_TUNING[i : i + 32])
        await asyncio.sleep_ms(0)
    _set(bytes((0x0A, 0x04, 0x84, _get(0x84) & ~0x10)) + b"\x0b\x01\x01\xe8")  # interrupt at new sample, low
    await _calibrate(0x01, 0x41)
    await _calibrate(0x02, 0x01)
    _set(b"\x01\xe8")


async def measure():
    """Distance in mm; 8190 without a target within 2 m."""
    async with _Sensor.lock:
        try:
            if not _Sensor.ready:
                await _initialise()
                _Sensor.ready = True
            _set(_OPEN + bytes((0x91, _Sensor.stop)) + _CLOSE + b"\x00\x01")
            await asyncio.sleep_ms(30)
            await _until(0x13, 7)
            data = _Sensor.bus.readfrom_mem(_Sensor.address, 0x14, 12)
            _set(b"\x0b\x01")
        except OSError:
            _Sensor.ready = False
            raise
    return data[10] << 8 | data[11] if data[0] >> 3 & 15 == 11 else _NO_TARGET_MM


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump(_PINS)


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(("TEXTBOX measure", "pinmap"), widgets)
