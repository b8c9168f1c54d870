"""
DHT22: temperature and humidity over one wire (dhtpin); -40 to 80 degrees, tenths of a degree and of a percent, at most
one measurement in 2 s (Aosong data sheet). See DhtSensor.
"""

from Common import data_logger, typed_help
from DhtSensor import DhtSensor
from microIO import pinmap_dump
from micropython import const

_NAME = const("dht22")
_sensor = DhtSensor("DHT22", 2000)


def measure(log=False):
    """{'temp[C]', 'hum[%]'}; log=True also writes them to dht22.dat."""
    values = _sensor.measure()
    if log:
        data_logger(_NAME, data=str(values))
    return values


def measure_w_co2(log=False):
    """As measure, and 'co2[ppm]' of a compensated MQ135."""
    values = _sensor.measure_w_co2()
    if log:
        data_logger(_NAME, data=str(values))
    return values


def logger():
    """Streams what was logged."""
    data_logger(_NAME)
    return ""


def lmdep():
    """Modules in use."""
    return "co2"


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump("dhtpin")


def help(widgets=False):
    """Usage lines, or widget entries."""
    lines = ("GRAPH measure", "measure log=False", "GRAPH measure_w_co2", "measure_w_co2 log=False", "logger", "lmdep")
    return typed_help(lines + ("pinmap",), widgets)
