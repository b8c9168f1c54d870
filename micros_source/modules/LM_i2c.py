"""
The node's I2C bus (i2c_scl, i2c_sda): which addresses answer.

SoftI2C: docs.micropython.org, class I2C. Addresses 0x08 to 0x77 are asked for; the rest is reserved
(I2C specification).
"""

from Common import typed_help
from microIO import physical_pin, pinmap_dump


class _Data:
    bus = None


def scan():
    """Addresses of the devices that answer."""
    if _Data.bus is None:
        from machine import Pin, SoftI2C

        _Data.bus = SoftI2C(Pin(physical_pin("i2c_scl")), Pin(physical_pin("i2c_sda")))
    return _Data.bus.scan()


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump(("i2c_scl", "i2c_sda"))


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(("TEXTBOX scan", "pinmap"), widgets)
