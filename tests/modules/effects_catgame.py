"""LM_catgame: random moves within limits, the way home."""

from module_bench import Bench


def _home(b: Bench) -> list[int]:
    """Waits until the servos are released; the duties that servo 1 has had."""
    b.until(lambda h: b.set("leap", ms=100) and not h.pwm("servo_1") and not h.pwm("servo_2"))
    return [int(duty) // 64 for _, hz, duty in b.trace("pwm", b.pins["servo_1"]) if hz and duty != 32768]


def _game(b: Bench) -> None:
    b.set("trace", on=True)
    assert b.call("catgame game repeat=3 delta=12") == "Game action"
    b.until(lambda h: h.pwm("servo_1") and h.pwm("servo_2"))
    duties = _home(b)
    assert set(duties) <= set(range(63, 88))
    assert duties[0] == duties[-1] == 75
    assert 3 <= len(duties) <= 5


def _live_game(b: Bench) -> None:
    assert b.call("catgame live_game chance=0") == "No action"
    assert b.call("catgame live_game chance=100") == "Game action"
    b.until(lambda h: h.pwm("servo_1"))
    b.call("catgame stop")
    _home(b)


def _stop(b: Bench) -> None:
    b.set("trace", on=True)
    b.call("catgame game repeat=1000")
    b.until(lambda h: h.duty("servo_1", 1024) not in (-1, 75))
    assert b.call("catgame stop") == "Game stop"
    assert _home(b)[-1] == 75
    assert b.call("catgame stop") == "Game stop"
    b.until(lambda h: h.duty("servo_2", 1024) == 75)
    _home(b)


EFFECTS = {"game": _game, "live_game": _live_game, "stop": _stop}
