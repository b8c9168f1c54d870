"""LM_esp32 on a TinyPICO's pins: chip temperature, touch pad, battery, and the hall sensor of old firmware."""

import pytest
from module_bench import Bench

SETTINGS = {"cstmpmap": "tinypico"}


def _hall(b: Bench) -> None:
    b.set("hall", value=-37)
    assert b.call("esp32 hall") == "-37"


def _temp(b: Bench) -> None:
    b.set("chip_temperature", celsius=57)
    assert float(b.json("esp32 temp")["CPU temp [\u00baC]"]) == pytest.approx(57, abs=0.6)  # steps of 1 degree F


def _touch(b: Bench) -> None:
    pin = b.pins["touch_0"]
    b.set("touch", pin=pin, value=120)
    assert b.json("esp32 touch") == {"isTouched": True, "value": 120}
    assert b.json("esp32 touch triglvl=100") == {"isTouched": False, "value": 120}
    b.set("touch", pin=pin, value=None)
    assert not b.json("esp32 touch")["isTouched"]


def _battery(b: Bench) -> None:
    b.set("adc", pin=b.pins["bat_volt"], value=65535)
    b.set("pin", pin=b.pins["bat_stat"], value=0)
    full = b.json("esp32 battery")
    assert full["state"] == "charging"
    # 1.25 V is the full scale at 2.5 dB of attenuation; divider 442k / 160k
    assert full["volt"] == pytest.approx(1.25 * 602 / 160, abs=0.01)
    b.set("pin", pin=b.pins["bat_stat"], value=1)
    b.set("adc", pin=b.pins["bat_volt"], value=0)
    assert b.json("esp32 battery") == {"volt": 0.0, "state": "not charging"}


EFFECTS = {"hall": _hall, "temp": _temp, "touch": _touch, "battery": _battery}
