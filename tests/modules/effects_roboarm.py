"""LM_roboarm: paths of the two servos, how long they take, the laser, what is recorded."""

from module_bench import Bench


def _start(b: Bench) -> None:
    assert b.call("roboarm load_n_init") == "Init and Move to home X77, Y77"
    b.set("trace", on=True)


def _duty(b: Bench, pin: str) -> int:
    """Duty of a servo, -1 without pulses."""
    return int(b.hardware().pwm(pin).get("duty_u16", -64)) // 64


def _at(b: Bench, x: int, y: int) -> None:
    """Wait for the arm to be there."""
    b.until(lambda h: (h.duty("servo_1", 1024), h.duty("servo_2", 1024)) == (x, y))


def _path(b: Bench, pin: str) -> list[tuple[float, int]]:
    """(ms, duty) of every pulse length since the trace began; without those of a PWM being set up."""
    return [(ms, int(duty) // 64) for ms, hz, duty in b.trace("pwm", b.pins[pin]) if hz == 50 and duty != 32768]


def _released(b: Bench) -> None:
    b.until(lambda h: not h.pwm("servo_1") and not h.pwm("servo_2"), seconds=10)


def _load_n_init(b: Bench) -> None:
    b.call("roboarm control 50 60 smooth=False")
    _start(b)
    _at(b, 77, 77)
    assert b.json("roboarm status") == {"X": 77, "Y": 77}


def _control(b: Bench) -> None:
    _start(b)
    assert b.call("roboarm control 97 67 speed_ms=10") == "Move X77->97 Y77->67"
    _at(b, 97, 67)
    path = _path(b, "servo_1")
    assert [duty for _, duty in path] == list(range(78, 98))
    assert 190 * 0.95 < path[-1][0] - path[0][0] < 190 * 1.25, "20 steps of 10 ms"
    assert b.call("roboarm control 97 67") == "Already on X:97 Y:67"
    b.set("trace", on=True)
    assert b.call("roboarm control 20 300 smooth=False") == "Move X97->40 Y67->115"
    _at(b, 40, 115)
    assert [duty for _, duty in _path(b, "servo_1")] == [40]


def _boot_move(b: Bench) -> None:
    _start(b)
    assert b.call("roboarm boot_move speed_ms=1") == "Boot move: 6 points, end X77 Y115"
    _released(b)
    x, y = ([duty for _, duty in _path(b, pin)] for pin in ("servo_1", "servo_2"))
    assert (min(x), max(x), x[-1]) == (40, 115, 77)
    assert (min(y), max(y), y[-1]) == (40, 115, 115)
    assert b.json("roboarm status") == {"X": 77, "Y": 115}


def _standby(b: Bench) -> None:
    _start(b)
    b.call("roboarm play 50 50 110 110 s=50")
    b.until(lambda h: h.level("switch_1") == 1)
    b.call("roboarm control 115 115 speed_ms=1")
    assert b.call("roboarm standby y_pos=46") == "Standby mode"
    b.until(lambda h: h.level("switch_1") == 0)
    _released(b)
    assert _path(b, "servo_2")[-1][1] == 46
    assert b.json("roboarm status") == {"X": 77, "Y": 46}
    assert b.call("roboarm control 77 46") == "Already on X:77 Y:46"


def _jiggle(b: Bench) -> None:
    _start(b)
    assert b.call("roboarm jiggle 3") == "Jiggle X77 Y77 +-3"
    b.until(lambda _: "Yes       roboarm._move" not in b.ask("task list"))
    _at(b, 77, 77)
    moved = [duty for _, duty in _path(b, "servo_1") + _path(b, "servo_2")]
    assert moved
    assert set(moved) <= set(range(74, 81))


def _play(b: Bench) -> None:
    _start(b)
    assert b.call("roboarm play 80 77 80 70 s=2 delay=30 deinit=False") == "Play: 2 steps"
    assert b.call("roboarm play") == "Play - already running"
    b.until(lambda h: h.level("switch_1") == 1)
    b.until(lambda h: h.level("switch_1") == 0)
    _at(b, 80, 70)
    lit = [ms for ms, level in b.trace("pin", b.pins["switch_1"]) if level]
    assert lit[0] <= _path(b, "servo_1")[0][0], "the laser is on before the arm moves"


def _record(b: Bench) -> None:
    b.call("roboarm record clean=True")
    _start(b)
    b.call("roboarm control 90 80 smooth=False")
    assert b.call("roboarm record") == "Record: 1 steps"
    b.call("roboarm control 70 60 smooth=False")
    assert b.call("roboarm record rec_limit=2") == "Record: 2 steps"
    assert b.call("roboarm record rec_limit=2") == "Record is full: 2 steps"
    b.until_file("rarm.pds", "90,80,70,60")
    b.restart()
    b.call("roboarm load_n_init")
    b.set("trace", on=True)
    assert b.call("roboarm play s=1") == "Play: 2 steps"
    _released(b)
    assert {90, 70} <= {duty for _, duty in _path(b, "servo_1")}
    assert b.call("roboarm record clean=True") == "Record: 0 steps"
    b.until_file("rarm.pds", "")


def _random(b: Bench) -> None:
    _start(b)
    assert b.call("roboarm random x_range=5 y_range=0 speed_ms=1").startswith(("Move X77->", "Already on"))
    b.call("roboarm random x_range=0 y_range=30 speed_ms=1")
    b.until(lambda _: "Yes       roboarm._move" not in b.ask("task list"))
    assert _duty(b, "servo_1") == 77
    assert 47 <= _duty(b, "servo_2") <= 107


def _status(b: Bench) -> None:
    _start(b)
    b.call("roboarm control 100 77 speed_ms=20")
    b.until(lambda _: 77 < b.json("roboarm status")["X"] < 100)
    _at(b, 100, 77)
    assert b.json("roboarm status") == {"X": 100, "Y": 77}


EFFECTS = {
    "load_n_init": _load_n_init,
    "control": _control,
    "boot_move": _boot_move,
    "standby": _standby,
    "jiggle": _jiggle,
    "play": _play,
    "record": _record,
    "random": _random,
    "status": _status,
}
