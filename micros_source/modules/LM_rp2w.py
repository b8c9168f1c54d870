"""What an RP2040 measures of itself."""

from Common import typed_help
from micropython import const

_CHANNEL = const(4)


def temp():
    """
    {'CPU temp [C]': degrees}. RP2040 data sheet, 4.9.5: ADC channel 4 sees 0.706 V at 27 degrees, 1.721 mV less per
    degree; full scale is 3.3 V.
    """
    from machine import ADC

    volt = ADC(_CHANNEL).read_u16() * 3.3 / 65535
    return {"CPU temp [C]": round(27 - (volt - 0.706) / 0.001721, 1)}


def help(widgets=False):
    """Usage lines."""
    return typed_help(("TEXTBOX temp",), widgets)
