"""LM_VL53L0X: distances, nothing in sight, and a sensor that was moved to another address."""

from module_bench import Bench


def _measure(b: Bench) -> None:
    for mm in (35, 612, 1999):
        b.set("i2c", addr=0x29, kind="vl53l0x", distance=mm)
        assert b.call("VL53L0X measure") == str(mm)
    assert b.hardware().state["i2c"]["22/21"]["41"]["calibrated"] == [1, 2]
    b.set("i2c", addr=0x29, kind="vl53l0x", distance=3000)
    assert b.call("VL53L0X measure") == "8190"
    b.set("i2c", addr=0x29, present=False)
    assert "Core error: LM_VL53L0X->measure: " in b.ask("VL53L0X measure")
    b.set("i2c", addr=0x39, kind="vl53l0x", distance=77)
    assert b.call("VL53L0X measure") == "77"
    b.set("i2c", addr=0x39, present=False)


EFFECTS = {"measure": _measure}
