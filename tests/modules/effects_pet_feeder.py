"""LM_pet_feeder: sweeps of the servo, turns of the stepper motor."""

from module_bench import Bench
from stepper_bench import CYCLES_PER_TURN, idle, rotor, wire

SETTINGS = {"cstmpmap": "stppr_4:19"}  # 27 is servo 1 on the map of the ESP32


def _serve(b: Bench) -> None:
    b.set("trace", on=True)
    assert b.call("pet_feeder serve portion=2 posmin=70 posmax=75") == "Starting"
    assert b.call("pet_feeder serve") == "Already running"
    b.until(lambda h: h.duty("servo_1", 1024) == 75)
    b.until(lambda h: b.set("leap", ms=100) and not h.pwm("servo_1"))
    duties = [duty // 64 for _, hz, duty in b.trace("pwm", b.pins["servo_1"]) if hz and duty != 32768]
    portion = [70, 71, 72, 73, 74, 75, 74, 73, 72, 71, 70]
    assert duties == portion + portion[1:]


def _serve_w_stepper(b: Bench) -> None:
    start = wire(b)
    assert b.call("pet_feeder serve_w_stepper portion=2 forward=12 back=4") == "None"
    wanted = 2 * (round(12 / 360 * CYCLES_PER_TURN * 8) - round(4 / 360 * CYCLES_PER_TURN * 8))
    b.until(lambda h: rotor(h) - start > 8)
    idle(b)
    assert rotor(b.hardware()) - start == wanted


EFFECTS = {"serve": _serve, "serve_w_stepper": _serve_w_stepper}
