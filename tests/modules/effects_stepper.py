"""LM_stepper: the rotor of a motor wired to the coils, counted in half steps."""

from module_bench import Bench
from stepper_bench import COILS, CYCLES_PER_TURN, idle, rotor, wire


def _turns(b: Bench, command: str, reply: str, half_steps: int) -> None:
    start = wire(b)
    assert b.call("stepper " + command) == reply
    b.until(lambda h: rotor(h) - start == half_steps)
    idle(b)
    found = b.hardware()
    assert rotor(found) - start == half_steps
    assert found.stepper(COILS[0])["lost"] == 0


def _load_n_init(b: Bench) -> None:
    start = wire(b, "FULL")
    b.set("trace", on=True)
    assert b.call("stepper step 2") == "Move 2 step (10 ms)"
    b.until(lambda h: rotor(h) - start == 16)
    rows = b.trace("pin", b.pins["stppr_1"])
    assert 8.5 < (rows[-1][0] - rows[0][0]) / 6 < 13, "ms per step"
    assert "mode: HALF or FULL" in b.ask("stepper load_n_init 'WAVE'")


def _step(b: Bench) -> None:
    _turns(b, "step -12", "Move -12 step (2 ms)", -96)
    _turns(b, "step 3 speed=5", "Move 3 step (5 ms)", 24)


def _angle(b: Bench) -> None:
    _turns(b, "angle 15", "Move 15 degree (2 ms)", round(15 / 360 * CYCLES_PER_TURN * 8))
    start = wire(b)
    b.call("stepper angle 10 1")
    b.call("stepper angle -10 1")  # waits for the first
    b.until(lambda h: rotor(h) - start > 80)
    idle(b)
    assert rotor(b.hardware()) == start


def _standby(b: Bench) -> None:
    start = wire(b)
    b.call("stepper step 400")
    b.until(lambda h: rotor(h) - start > 16)
    assert b.call("stepper standby") == "Standby"
    b.until(lambda h: h.stepper(COILS[0])["coils"] == 0 and not any(h.level(name) for name in COILS))
    gone = rotor(b.hardware())
    idle(b)
    assert rotor(b.hardware()) == gone


EFFECTS = {"load_n_init": _load_n_init, "step": _step, "angle": _angle, "standby": _standby}
