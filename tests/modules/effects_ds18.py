"""LM_ds18: one thermometer, several, none."""

from module_bench import Bench

ROMS = ("28ff640000000001", "28ff640000000002")


def _measure(b: Bench) -> None:
    pin = b.pins["ds18"]
    b.set("sensor", kind="ds18x20", pin=pin, present=False)
    b.set("sensor", kind="ds18x20", pin=pin, rom=ROMS[0], temperature=-7.31)
    assert b.json("ds18 measure") == {"temp[C]": -7.3125}
    b.set("sensor", kind="ds18x20", pin=pin, rom=ROMS[1], temperature=99.5)
    b.set("sensor", kind="ds18x20", pin=pin, rom=ROMS[0], temperature=0.06)
    assert b.json("ds18 measure") == {"temp[C]": [0.0625, 99.5]}
    b.set("sensor", kind="ds18x20", pin=pin, present=False)
    for _ in range(2):
        assert b.call("ds18 measure") == "Sensor(s) was not found."
    assert (b.files("err.log") or "").count("was not found") == 1


EFFECTS = {"measure": _measure}
