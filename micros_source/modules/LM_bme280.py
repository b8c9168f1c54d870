"""
Bosch BME280: temperature, humidity and air pressure, on I2C at address 0x76 or 0x77.

Data sheet BST-BME280-DS002, revision 1.6: registers 5.3 and 5.4, forced mode 3.3.3, trimming and integer compensation
4.2.2 and 4.2.3, measurement time 9.1. Pressure is sampled 16 times (resolution 0.18 Pa), temperature twice, humidity
once.
"""

import asyncio
from Common import notify, typed_help
from microIO import physical_pin, pinmap_dump
from micropython import const

_ADDRESSES = (0x76, 0x77)  # SDO low, SDO high (6.2)
_CHIP_ID = const(0x60)
_ID, _CTRL_HUM, _STATUS, _CTRL_MEAS, _DATA = const(0xD0), const(0xF2), const(0xF3), const(0xF4), const(0xF7)
_HUMIDITY_ONCE = const(0x01)
_FORCED = const(0x55)  # temperature x2, pressure x16, forced mode
_MEASURE_MS = const(46)  # 1.25 + 2.3 x 2 + 2.3 x 16 + 0.575 + 2.3 + 0.575: the longest
_TRIES = const(10)
_PINS = ("i2c_scl", "i2c_sda")


class _Sensor:
    bus = None
    address = 0
    trimming = None
    lock = asyncio.Lock()


def _open():
    """Finds the sensor and reads its trimming. Raises OSError."""
    from machine import Pin, SoftI2C
    from struct import unpack

    bus = SoftI2C(Pin(physical_pin("i2c_scl")), Pin(physical_pin("i2c_sda")))
    found = bus.scan()
    address = _ADDRESSES[_ADDRESSES[0] not in found and _ADDRESSES[1] in found]
    chip = bus.readfrom_mem(address, _ID, 1)[0]
    if chip != _CHIP_ID:
        raise OSError("BME280: chip id 0x%02x, not 0x%02x" % (chip, _CHIP_ID))
    h2, h3, e4, e5, e6, h6 = unpack("<hBbBbb", bus.readfrom_mem(address, 0xE1, 7))
    h1 = bus.readfrom_mem(address, 0xA1, 1)[0]
    humidity = (h1, h2, h3, e4 << 4 | e5 & 15, e6 << 4 | e5 >> 4, h6)
    _Sensor.trimming = (unpack("<HhhHhhhhhhhh", bus.readfrom_mem(address, 0x88, 24)), humidity)
    _Sensor.address = address
    _Sensor.bus = bus


async def _data():
    """The eight data bytes of a new measurement."""
    if _Sensor.bus is None:
        _open()
    bus, address = _Sensor.bus, _Sensor.address
    bus.writeto_mem(address, _CTRL_HUM, bytes((_HUMIDITY_ONCE,)))
    bus.writeto_mem(address, _CTRL_MEAS, bytes((_FORCED,)))
    await asyncio.sleep_ms(_MEASURE_MS)
    for _ in range(_TRIES):
        if not bus.readfrom_mem(address, _STATUS, 1)[0] & 9:  # measuring, or copying its trimming
            return bus.readfrom_mem(address, _DATA, 8)
        await asyncio.sleep_ms(5)
    raise OSError("BME280: time-out")


def _temperature(raw, t1, t2, t3):
    """The fine temperature, from which the others are compensated; 5120 is one degree."""
    a = ((raw >> 3) - (t1 << 1)) * t2 >> 11
    b = (raw >> 4) - t1
    return a + ((b * b >> 12) * t3 >> 14)


def _pressure(raw, t_fine, p):
    """Pa x 256."""
    a = t_fine - 128000
    b = a * a * p[5] + (a * p[4] << 17) + (p[3] << 35)
    a = (a * a * p[2] >> 8) + (a * p[1] << 12)
    a = ((1 << 47) + a) * p[0] >> 33
    if not a:
        return 0
    value = ((1048576 - raw << 31) - b) * 3125 // a
    a = p[8] * (value >> 13) * (value >> 13) >> 25
    return (value + a + (p[7] * value >> 19) >> 8) + (p[6] << 4)


def _humidity(raw, t_fine, h):
    """Percent, by the floating point form (8.1): single precision is enough for it, and finer than the integer form."""
    a = t_fine - 76800
    a = (raw - (h[3] * 64 + h[4] / 16384 * a)) * (h[1] / 65536 * (1 + h[5] / 67108864 * a * (1 + h[2] / 67108864 * a)))
    return max(0, min(a * (1 - h[0] * a / 524288), 100))


async def measure(ntfy=False):
    """{'temp[C]', 'hum[%]', 'pressure[hPa]'}; ntfy=True sends it as a notification as well."""
    async with _Sensor.lock:
        try:
            data = await _data()
        except OSError:
            _Sensor.bus = None  # look for it anew: it may be another one, or it has lost its trimming
            raise
    fixed, humid = _Sensor.trimming
    t_fine = _temperature(data[3] << 12 | data[4] << 4 | data[5] >> 4, *fixed[:3])
    values = {
        "temp[C]": (t_fine * 5 + 128 >> 8) / 100,
        "hum[%]": round(_humidity(data[6] << 8 | data[7], t_fine, humid), 3),
        "pressure[hPa]": round(_pressure(data[0] << 12 | data[1] << 4 | data[2] >> 4, t_fine, fixed[3:]) / 25600, 3),
    }
    if ntfy:
        notify(", ".join("%s: %s" % item for item in values.items()))
    return values


async def measure_w_co2():
    """As measure, and 'co2[ppm]' of a compensated MQ135."""
    from LM_co2 import measure_mq135

    values = await measure()
    values["co2[ppm]"] = float(measure_mq135(values["temp[C]"], values["hum[%]"]).split(" ")[0])
    return values


def lmdep():
    """Modules in use."""
    return "co2"


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump(_PINS)


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(("GRAPH measure", "measure ntfy=False", "GRAPH measure_w_co2", "lmdep", "pinmap"), widgets)
