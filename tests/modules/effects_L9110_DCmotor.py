"""LM_L9110_DCmotor: one input gets the PWM, the other stays low, by the truth table of the data sheet."""

from module_bench import Bench, Hardware


def _inputs(h: Hardware) -> tuple[int, int]:
    return h.duty("l9110dir_1"), h.duty("l9110dir_2")


def _motor_control(b: Bench) -> None:
    assert b.json("L9110_DCmotor motor_control 0 600") == {"speed": 600, "direc": "forward"}
    found = b.until(lambda h: _inputs(h) == (600, 0))
    assert found.pwm("l9110dir_1")["freq"] == 1024
    assert b.json("L9110_DCmotor motor_control direc=1") == {"speed": 600, "direc": "backward"}
    b.until(lambda h: _inputs(h) == (0, 600))
    assert b.json("L9110_DCmotor motor_control speed=0") == {"speed": 0, "direc": "backward"}
    b.until(lambda h: _inputs(h) == (0, 0))
    for wrong in ("direc=2", "speed=-1", "speed=1001"):
        assert b.call("L9110_DCmotor motor_control " + wrong) == "invalid parameters"


EFFECTS = {"motor_control": _motor_control}
