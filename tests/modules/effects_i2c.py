"""LM_i2c: which devices answer on the bus."""

from module_bench import Bench


def _scan(b: Bench) -> None:
    assert b.call("i2c scan") == "[]"
    b.set("i2c", addr=0x76, kind="registers", registers={"208": 96})
    b.set("i2c", addr=0x3C)
    assert b.call("i2c scan") == "[60, 118]"
    b.set("i2c", addr=0x3C, present=False)
    assert b.call("i2c scan") == "[118]"
    b.set("i2c", stuck=True)
    assert "Core error: LM_i2c->scan:" in b.ask("i2c scan")
    b.set("i2c", stuck=False)
    assert b.call("i2c scan") == "[118]"


EFFECTS = {"scan": _scan}
