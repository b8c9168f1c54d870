"""
DHT11: temperature and humidity over one wire (dhtpin); 0 to 50 degrees, whole degrees and percent, at most one
measurement in 1 s (Aosong data sheet). See DhtSensor.
"""

from Common import data_logger, typed_help
from DhtSensor import DhtSensor
from microIO import pinmap_dump
from micropython import const

_NAME = const("dht11")
_sensor = DhtSensor("DHT11", 1000)


def measure(log=False):
    """{'temp[C]', 'hum[%]'}; log=True also writes them to dht11.dat."""
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
