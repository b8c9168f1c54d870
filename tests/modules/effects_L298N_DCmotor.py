"""LM_L298N_DCmotor: enable PWM and the two inputs of the bridge, by the truth table of the data sheet."""

from module_bench import Bench, Hardware


def _bridge(h: Hardware) -> tuple[int, int | None, int | None]:
    """(thousandths of the enable input, input 1, input 2)"""
    return h.duty("l298speed"), h.level("l298dir_1"), h.level("l298dir_2")


def _m1_control(b: Bench) -> None:
    assert b.json("L298N_DCmotor m1_control 1 250") == {"direction": "backward", "speed": 250}
    found = b.until(lambda h: _bridge(h) == (250, 0, 1))
    assert found.pwm("l298speed")["freq"] == 50
    assert b.json("L298N_DCmotor m1_control") == {"direction": "backward", "speed": 250}
    assert b.json("L298N_DCmotor m1_control direc=0") == {"direction": "forward", "speed": 250}
    b.until(lambda h: _bridge(h) == (250, 1, 0))


def _set_speed(b: Bench) -> None:
    assert b.json("L298N_DCmotor set_speed") == {"speed": 100}
    b.until(lambda h: h.duty("l298speed") == 100)
    assert b.json("L298N_DCmotor set_speed 1000") == {"speed": 1000}
    b.until(lambda h: h.pwm("l298speed")["duty_u16"] == 65535)
    assert b.json("L298N_DCmotor set_speed 1001") == {"speed": "value range error"}


def _stop(b: Bench) -> None:
    b.call("L298N_DCmotor set_speed 700")
    b.until(lambda h: h.duty("l298speed") == 700)
    assert b.json("L298N_DCmotor stop") == {"speed": 0}
    b.until(lambda h: h.duty("l298speed") == 0)


def _set_direction(b: Bench) -> None:
    assert b.json("L298N_DCmotor set_direction") == {"direction": "forward"}
    b.until(lambda h: _bridge(h)[1:] == (1, 0))
    assert b.json("L298N_DCmotor set_direction 1") == {"direction": "backward"}
    b.until(lambda h: _bridge(h)[1:] == (0, 1))


EFFECTS = {"m1_control": _m1_control, "set_speed": _set_speed, "stop": _stop, "set_direction": _set_direction}
