"""LM_servo: pulses on the pins, angles of the servos wired to them."""

from itertools import pairwise

from module_bench import Bench

PERIOD_US = 20000


def pulse_us(duty: float) -> float:
    """Pulse of a 10-bit duty at 50 Hz."""
    return duty * PERIOD_US / 1024


def angle(duty: float) -> float:
    """Angle of a servo that goes from 0 to 180 degrees with 500 to 2500 µs."""
    return (pulse_us(duty) - 500) / 2000 * 180


def _moves(b: Bench, function: str, pin: str) -> None:
    b.set("wire", kind="servo", pin=b.pins[pin])
    number = "2" if pin == "servo_2" else "1"
    for asked, duty in ((47, 47), (1, 40), (500, 115), (77, 77)):
        assert b.call(f"servo {function} {asked}") == f"SET SERVO{number}: duty: {duty}"
        found = b.until(lambda h: abs(h.servo(pin)["angle"] - angle(duty)) <= 0.01 * angle(duty))  # noqa: B023 - is called at once
        assert found.pwm(pin)["freq"] == 50
        assert abs(found.pulse_us(pin) - pulse_us(duty)) <= 0.01 * pulse_us(duty)


def _sduty(b: Bench) -> None:
    _moves(b, "sduty", "servo_1")


def _s2duty(b: Bench) -> None:
    _moves(b, "s2duty", "servo_2")


def _sdemo(b: Bench) -> None:
    b.call("servo sduty 60")
    b.set("trace", on=True)
    assert b.call("servo sdemo") == "sduty DEMO"
    b.until(lambda h: abs(h.pulse_us("servo_1") - pulse_us(75)) < 2)
    rows = [row for row in b.trace("pwm", b.pins["servo_1"]) if row[2] != 60 * 64]
    assert [row[2] // 64 for row in rows] == [40, 115, 75]
    assert all(950 < later[0] - row[0] < 1200 for row, later in pairwise(rows))


def _deinit(b: Bench) -> None:
    b.call("servo sduty 50")
    b.call("servo s2duty 50")
    b.until(lambda h: h.pwm("servo_1") and h.pwm("servo_2"))
    assert b.call("servo deinit") == "Deinit servo 1 and 2"
    b.until(lambda h: not h.pwm("servo_1") and not h.pwm("servo_2"))


def _status(b: Bench) -> None:
    b.call("servo sduty 44")
    b.call("servo s2duty 99")
    assert b.json("servo status") == {"S1": 44, "S2": 99}
    assert b.json("servo status 's2duty'") == {"X": 99}
    assert b.json("servo status 'sduty'") == {"X": 44}


EFFECTS = {"sduty": _sduty, "s2duty": _s2duty, "sdemo": _sdemo, "deinit": _deinit, "status": _status}
