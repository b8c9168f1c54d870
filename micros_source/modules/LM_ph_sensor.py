"""
A pH probe's amplifier (PH-4502C and its kin) on an analog input (ph): its voltage, of which a calibration with two
buffer solutions makes a pH value. Ten samples, a tenth of a second apart, even out the mains hum.
"""

import asyncio
from Common import SmartADC, typed_help
from microIO import pinmap_dump
from micropython import const

_SAMPLES = const(10)
_PAUSE_MS = const(100)


async def measure():
    """'ADC data: {...}' of the last sample and 'AVG V: mean' in the second line."""
    adc = SmartADC.get_singleton("ph")
    total = 0
    for _ in range(_SAMPLES):
        data = adc.get()
        total += data["volt"]
        await asyncio.sleep_ms(_PAUSE_MS)
    return "ADC data: %s\nAVG V: %.3f" % (data, total / _SAMPLES)


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump("ph")


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(("TEXTBOX measure", "pinmap"), widgets)
