"""
TEMT6000 light sensor on an analog input (temp6000), with a resistor of 10 kOhm to ground.

Vishay data sheet 81579: 50 uA at 100 lux, in proportion, so 10 kOhm give 5 mV for a lux.
"""

import asyncio
from Common import SmartADC, micro_task, syslog, typed_help
from microIO import pinmap_dump
from micropython import const

_SAMPLES = const(20)
_LUX_PER_VOLT = const(200)
_TASK = const("light_sensor.intercon")
_PERIOD_MS = const(5000)


def _percent():
    adc = SmartADC.get_singleton("temp6000")
    return sum(adc.get()["percent"] for _ in range(_SAMPLES)) / _SAMPLES


def intensity():
    """{'light intensity [%]': mean of 20 samples}"""
    return {"light intensity [%]": round(_percent(), 1)}


def illuminance():
    """{'illuminance [lux]': text with two decimals}"""
    volt = SmartADC.get_singleton("temp6000").get()["volt"]
    return {"illuminance [lux]": "%.2f" % (volt * _LUX_PER_VOLT)}


def _send(command):
    from LM_intercon import sendcmd

    host, _, cmd = command.strip().partition(" ")
    try:
        return sendcmd(host=host, cmd=cmd)
    except Exception as e:
        syslog("light_sensor: %s: %s" % (command, e))
        return None


async def _watch(on, off, threshold, tolerance):
    """Sends a command when the light crosses its threshold, not again while it stays there."""
    dark = None
    with micro_task(_TASK) as task:
        while True:
            light = _percent()
            if dark is not True and light <= threshold:
                dark = True
                _send(on)
            elif dark is not False and light > threshold + tolerance:
                dark = False
                _send(off)
            task.out = "%.1f%% - %s" % (light, "ON" if dark else "OFF")
            await asyncio.sleep_ms(_PERIOD_MS)


def subscribe_intercon(on, off, threshold=4, tolerance=2):
    """
    Looks every 5 s: at or below `threshold` percent of light the text `on` ('host command') is sent to another node,
    above threshold + tolerance `off`.
    """
    for command in (on, off):
        if not command.strip().partition(" ")[2]:
            raise ValueError("'host command' wanted, not '%s'" % command)
    return "Starting" if micro_task(_TASK, _watch(on, off, threshold, tolerance)) else "Already running"


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump("temp6000")


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(
        (
            "GRAPH intensity",
            "TEXTBOX illuminance",
            "subscribe_intercon on='host cmd' off='host cmd' threshold=4 tolerance=2",
            "pinmap",
        ),
        widgets,
    )
