"""LM_tinyrgb: the APA102 LED of a TinyPICO."""

from module_bench import Bench, Hardware

SETTINGS = {"cstmpmap": "tinypico"}
POWER = 13


def _led(h: Hardware) -> list[int]:
    """[red, green, blue, brightness 0..31]"""
    devices = (h.of("spi", 12) or {}).get("devices")
    return list(devices[0]["leds"][0]) if devices else []


def _setrgb(b: Bench) -> None:
    b.set("spi", sck=12, kind="apa102")
    assert b.call("tinyrgb setrgb 10 20 30 br=1") == "RGB: 10,20,30 (100%)"
    b.until(lambda h: _led(h) == [10, 20, 30, 31] and h.level(POWER) == 0)
    assert b.call("tinyrgb setrgb g=255 br=0.5") == "RGB: 10,255,30 (50%)"
    b.until(lambda h: _led(h)[:3] == [10, 255, 30] and 15 <= _led(h)[3] <= 16)
    assert "out of range" in b.ask("tinyrgb setrgb 256")
    assert "out of range" in b.ask("tinyrgb setrgb 1 br=2")


def _toggle(b: Bench) -> None:
    b.set("spi", sck=12, kind="apa102")
    b.call("tinyrgb setrgb 5 6 7 br=1")
    assert b.call("tinyrgb toggle") == "Turn OFF"
    b.until(lambda h: h.level(POWER) == 1)
    b.set("spi", sck=12, kind="apa102")  # without power it has forgotten
    assert b.call("tinyrgb toggle True") == "Turn ON"
    b.until(lambda h: h.level(POWER) == 0 and _led(h) == [5, 6, 7, 31])


def _wheel(b: Bench) -> None:
    b.set("spi", sck=12, kind="apa102")
    colours = []
    for _ in range(3):
        b.call("tinyrgb wheel br=1")
        colours.append(tuple(_led(b.until(lambda h: any(_led(h)[:3])))[:3]))
    assert len(set(colours)) == 3
    assert all(sum(colour) == 255 for colour in colours)


def _getstate(b: Bench) -> None:
    b.set("spi", sck=12, kind="apa102")
    b.call("tinyrgb setrgb 1 2 3 br=0.25")
    assert b.call("tinyrgb getstate").endswith(", [1, 0.25])")
    b.until(lambda h: _led(h)[:3] == [1, 2, 3])


EFFECTS = {"setrgb": _setrgb, "toggle": _toggle, "wheel": _wheel, "getstate": _getstate}
