"""LM_dht11: the values of the sensor's wire, at most one measurement in its pause, and the log."""

from module_bench import Bench

PAUSE_MS = 1100


def _air(b: Bench, celsius: float, percent: float) -> None:
    b.set("sensor", kind="dht11", pin=b.pins["dhtpin"], temperature=celsius, humidity=percent, fault=None)
    b.set("leap", ms=PAUSE_MS)


def _measure(b: Bench) -> None:
    for celsius, percent in ((20.0, 51.0), (48.0, 21.0)):
        _air(b, celsius, percent)
        assert b.json("dht11 measure log=True") == {"temp[C]": celsius, "hum[%]": percent}
        assert f"{percent:g}" in (b.files("dht11.dat") or "").splitlines()[-1]
    b.set("sensor", kind="dht11", pin=b.pins["dhtpin"], temperature=1.0, humidity=2.0)
    assert b.json("dht11 measure")["hum[%]"] == percent, "not measured again so soon"


def _measure_w_co2(b: Bench) -> None:
    celsius, percent = (24.0, 40.0)
    _air(b, celsius, percent)
    b.set("adc", pin=b.pins["co2"], value=13000)
    values = b.json("dht11 measure_w_co2 log=True")
    ppm = float(b.call(f"co2 measure_mq135 {celsius} {percent}").split()[0])
    assert values == {"temp[C]": celsius, "hum[%]": percent, "co2[ppm]": ppm}
    assert "co2[ppm]" in (b.files("dht11.dat") or "").splitlines()[-1]


def _logger(b: Bench) -> None:
    _air(b, 17.0, 66.0)
    b.call("dht11 measure log=True")
    lines = b.call("dht11 logger").splitlines()
    assert lines == (b.files("dht11.dat") or "").splitlines()
    assert "17" in lines[-1]
    assert "66" in lines[-1]


EFFECTS = {"measure": _measure, "measure_w_co2": _measure_w_co2, "logger": _logger}
