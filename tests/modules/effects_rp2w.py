"""LM_rp2w: the temperature channel of the RP2040's ADC."""

import pytest
from module_bench import Bench


def _temp(b: Bench) -> None:
    for volt, celsius in ((0.706, 27.0), (0.706 - 0.01721, 37.0)):  # RP2040 data sheet, 4.9.5
        b.set("adc", pin=4, value=round(volt / 3.3 * 65535))
        assert b.json("rp2w temp")["CPU temp [C]"] == pytest.approx(celsius, abs=0.1)


EFFECTS = {"temp": _temp}
