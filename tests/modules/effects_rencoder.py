"""LM_rencoder: detents in both directions, the stream of changes, the reset."""

from typing import Any

from module_bench import Bench

SETTINGS = {"cstmpmap": "rot_clk:18; rot_dt:19"}


def _turn(b: Bench, **how: Any) -> None:
    """Turn, and wait until the encoder has arrived."""
    b.set("encoder", clk=b.pins["rot_clk"], dt=b.pins["rot_dt"], hz=500, **how)
    b.until(lambda h: not h.state["encoders"][str(b.pins["rot_clk"])]["turning"])


def _load_n_init(b: Bench) -> None:
    b.set("encoder", clk=b.pins["rot_clk"], dt=b.pins["rot_dt"])
    assert b.call("rencoder load_n_init").startswith("Rotary encoder: ")
    b.until(lambda h: h.of("pins", "rot_clk")["pull"] == 2)
    b.call("rencoder reset_state")
    _turn(b, detents=5)
    assert b.call("rencoder load_n_init") == "Rotary encoder: 5"


def _read_state(b: Bench) -> None:
    b.call("rencoder load_n_init")
    b.call("rencoder reset_state")
    _turn(b, detents=12)
    assert b.call("rencoder read_state") == "[stream] RotaryState: 12\n"
    assert b.call("rencoder read_state") == "", "no change"
    _turn(b, detents=-20, bounces=2)
    assert b.call("rencoder read_state") == "[stream] RotaryState: -8\n"


def _reset_state(b: Bench) -> None:
    b.call("rencoder load_n_init")
    b.call("rencoder reset_state")
    _turn(b, detents=3)
    assert b.call("rencoder reset_state") == "Reset state 3 -> 0"
    assert b.call("rencoder reset_state") == "Reset state 0 -> 0"


EFFECTS = {"load_n_init": _load_n_init, "read_state": _read_state, "reset_state": _reset_state}
