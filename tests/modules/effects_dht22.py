"""LM_dht22: the values of the sensor's wire, at most one measurement in its pause, and the log."""

from module_bench import Bench

PAUSE_MS = 2200


def _air(b: Bench, celsius: float, percent: float) -> None:
    b.set("sensor", kind="dht22", pin=b.pins["dhtpin"], temperature=celsius, humidity=percent, fault=None)
    b.set("leap", ms=PAUSE_MS)


def _measure(b: Bench) -> None:
    for celsius, percent in ((-3.1, 44.4), (79.9, 99.0)):
        _air(b, celsius, percent)
        assert b.json("dht22 measure log=True") == {"temp[C]": celsius, "hum[%]": percent}
        assert f"{percent:g}" in (b.files("dht22.dat") or "").splitlines()[-1]
    b.set("sensor", kind="dht22", pin=b.pins["dhtpin"], temperature=1.0, humidity=2.0)
    assert b.json("dht22 measure")["hum[%]"] == percent, "not measured again so soon"


def _measure_w_co2(b: Bench) -> None:
    celsius, percent = (24.3, 40.5)
    _air(b, celsius, percent)
    b.set("adc", pin=b.pins["co2"], value=13000)
    values = b.json("dht22 measure_w_co2 log=True")
    ppm = float(b.call(f"co2 measure_mq135 {celsius} {percent}").split()[0])
    assert values == {"temp[C]": celsius, "hum[%]": percent, "co2[ppm]": ppm}
    assert "co2[ppm]" in (b.files("dht22.dat") or "").splitlines()[-1]


def _logger(b: Bench) -> None:
    _air(b, 17.0, 66.0)
    b.call("dht22 measure log=True")
    lines = b.call("dht22 logger").splitlines()
    assert lines == (b.files("dht22.dat") or "").splitlines()
    assert "17" in lines[-1]
    assert "66" in lines[-1]


EFFECTS = {"measure": _measure, "measure_w_co2": _measure_w_co2, "logger": _logger}
