"""LM_ph_sensor: the mean voltage of ten samples in a second."""

import re

from module_bench import Bench


def _measure(b: Bench) -> None:
    b.set("adc", pin=b.pins["ph"], value=12000)
    first, mean = b.call("ph_sensor measure").splitlines()
    assert re.match(r"ADC data: \{.*'raw': 12000\b.*\}$", first)
    assert abs(float(mean.removeprefix("AVG V: ")) - 12000 / 65535 * 2.45) <= 0.006


EFFECTS = {"measure": _measure}
