"""LM_rgbcct: five PWM outputs. The pins of the map overlap, so the whites get others."""

from module_bench import Bench, Hardware

SETTINGS = {"cstmpmap": "cwhite:32; wwhite:33; rgbue:25"}
PINS = ("redgb", "rgreenb", "rgbue", "cwhite", "wwhite")


def _shown(h: Hardware) -> list[int]:
    return [h.duty(pin) for pin in PINS]


def _colours(b: Bench) -> None:
    b.call("rgb color 100 200 300 smooth=False")
    b.call("cct white 400 500 smooth=False")
    b.until(lambda h: _shown(h) == [100, 200, 300, 400, 500])


def _toggle(b: Bench) -> None:
    _colours(b)
    assert b.json("rgbcct toggle")["S"] == 0
    b.until(lambda h: _shown(h) == [0, 0, 0, 0, 0])
    b.call("cct toggle False smooth=False")
    assert b.json("rgbcct toggle True smooth=False") == {"R": 100, "G": 200, "B": 300, "CW": 400, "WW": 500, "S": 1}
    b.until(lambda h: _shown(h) == [100, 200, 300, 400, 500])


def _brightness(b: Bench) -> None:
    _colours(b)
    b.call("rgbcct brightness 60 smooth=False")
    b.until(lambda h: _shown(h) == [200, 400, 600, 480, 600])
    assert b.call("rgbcct brightness -1") == "Percent is out of range: 0-100"


def _status(b: Bench) -> None:
    _colours(b)
    assert b.json("rgbcct status") == {"R": 100, "G": 200, "B": 300, "CW": 400, "WW": 500, "S": 1}
    b.until(lambda h: _shown(h) == [100, 200, 300, 400, 500])


def _load(b: Bench) -> None:
    _colours(b)
    b.until_file("rgb.pds", "100,200,300,1")
    b.until_file("cwww.pds", "400,500,1")
    b.restart()
    assert b.call("rgbcct load_n_init") == "RGB: CACHE: True, CCT: CACHE: True"
    b.until(lambda h: _shown(h) == [100, 200, 300, 400, 500])


EFFECTS = {"toggle": _toggle, "brightness": _brightness, "status": _status, "load_n_init": _load}
