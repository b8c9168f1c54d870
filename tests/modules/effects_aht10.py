"""LM_aht10: both types of the sensor, measurements and the soft reset."""

from module_bench import Bench

ADDRESS = 0x38


def _measure(b: Bench) -> None:
    for kind in ("aht10", "aht20"):
        for celsius, percent in ((21.5, 40.0), (-38.2, 99.9), (84.0, 0.5)):
            b.set("i2c", addr=ADDRESS, kind=kind, temperature=celsius, humidity=percent)
            values = b.json("aht10 measure")
            assert abs(values["temp [ºC]"] - celsius) <= 0.01
            assert abs(values["hum [%]"] - percent) <= 0.024
        assert b.hardware().state["i2c"]["22/21"][str(ADDRESS)]["calibrated"]


def _reset(b: Bench) -> None:
    b.set("i2c", addr=ADDRESS, present=False)
    b.set("i2c", addr=ADDRESS, kind="aht20", temperature=1.0, humidity=50.0)
    b.call("aht10 measure")
    assert b.call("aht10 reset") == "None"
    found = b.hardware().state["i2c"]["22/21"][str(ADDRESS)]
    assert (found["resets"], found["calibrated"]) == (1, False)
    assert b.json("aht10 measure")["temp [ºC]"] == 1.0, "it is initialised again"


EFFECTS = {"measure": _measure, "reset": _reset}
