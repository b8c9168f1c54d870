"""LM_bme280: the air of the model is what is measured; what goes wrong is one line."""

import re

from module_bench import Bench

FILES = {
    "Notify.py": "def notify(text):\n    with open('sent.txt', 'w') as f:\n        f.write(text)\n    return True\n"
}
ADDRESS = 0x76


def _air(b: Bench, temperature: float, humidity: float, pressure: float) -> None:
    b.set("i2c", addr=ADDRESS, kind="bme280", temperature=temperature, humidity=humidity, pressure=pressure)


def _is(values: dict[str, float], temperature: float, humidity: float, pressure: float) -> None:
    assert abs(values["temp[C]"] - temperature) <= 0.01, values
    assert abs(values["hum[%]"] - humidity) <= 0.008, values
    assert abs(values["pressure[hPa]"] - pressure) <= 0.002, values


def _measure(b: Bench) -> None:
    for air in ((21.5, 40.0, 1013.25), (-12.34, 97.1, 873.02), (48.0, 3.5, 1085.9)):
        _air(b, *air)
        _is(b.json("bme280 measure"), *air)
    values = b.json("bme280 measure ntfy=True")
    assert {key: float(number) for key, number in re.findall(r"(\S+): ([\d.]+)", b.files("sent.txt") or "")} == values
    state = b.hardware().state["i2c"]["22/21"][str(ADDRESS)]
    assert (state["ctrl_hum"], state["ctrl_meas"] & 3) == (1, 0), "it sleeps between measurements"


def _measure_w_co2(b: Bench) -> None:
    _air(b, 20.0, 33.0, 1000.0)
    b.set("adc", pin=b.pins["co2"], value=13000)
    values = b.json("bme280 measure_w_co2")
    ppm = float(b.call("co2 measure_mq135 20 33").split()[0])
    _is(values, 20.0, 33.0, 1000.0)
    assert abs(values["co2[ppm]"] - ppm) <= 0.01 * ppm
    assert b.call("bme280 lmdep") == "co2"


EFFECTS = {"measure": _measure, "measure_w_co2": _measure_w_co2}
