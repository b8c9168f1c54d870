"""LM_distance: the sonar's echo as millimetres and centimetres."""

from module_bench import Bench

MM = (20, 333, 1500, 4000)


def _at(b: Bench, mm: float) -> None:
    b.set("sonar", trigger=b.pins["hcsrtrig"], echo=b.pins["hcsrecho"], distance=mm, fault=None)


def _pulses(b: Bench) -> int:
    return int(b.hardware().state["sonars"][str(b.pins["hcsrtrig"])]["pulses"])


def _distance_mm(b: Bench) -> None:
    for mm in MM:
        _at(b, mm)
        before = _pulses(b)
        assert abs(int(b.call("distance distance_mm")) - mm) <= 3
        assert _pulses(b) == before + 1
    _at(b, 5000)
    assert b.ask("distance distance_mm") == "Core error: LM_distance->distance_mm: HC-SR04: out of range"


def _distance_cm(b: Bench) -> None:
    for mm in MM:
        _at(b, mm)
        assert abs(float(b.call("distance distance_cm")) - mm / 10) <= 0.3


def _deinit(b: Bench) -> None:
    _at(b, 100)
    b.call("distance distance_mm")
    b.until(lambda h: h.of("pins", "hcsrtrig")["mode"] == 3)
    b.call("distance deinit")
    b.until(lambda h: h.of("pins", "hcsrtrig")["mode"] == 1)
    assert abs(int(b.call("distance distance_mm")) - 100) <= 3


EFFECTS = {"distance_mm": _distance_mm, "distance_cm": _distance_cm, "deinit": _deinit}
