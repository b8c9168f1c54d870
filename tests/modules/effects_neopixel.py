"""LM_neopixel: a WS2812 strip."""

from light_effects import Light
from module_bench import Bench, Hardware


def _one(h: Hardware) -> list[int]:
    """The colour that all LEDs show."""
    leds = h.leds("neop")
    return leds[0] if leds and all(led == leds[0] for led in leds) else [-1]


LIGHT = Light("neopixel", "color", "R G B", _one, 255, "neopixel.pds")


def _segment(b: Bench) -> None:
    b.call("neopixel load_n_init ledcnt=24")
    LIGHT.put(b, [10, 20, 30])
    b.call("neopixel segment 1 2 3 s=5")
    b.until(lambda h: [h.leds("neop")[n] for n in (4, 5, 6)] == [[10, 20, 30], [1, 2, 3], [10, 20, 30]])
    b.call("neopixel segment 7 8 9 s=0 write=False")
    assert b.hardware().leds("neop")[0] == [10, 20, 30]
    b.call("neopixel segment g=99 s=23 cache=True")
    b.until(lambda h: [h.leds("neop")[n] for n in (0, 23)] == [[7, 8, 9], [10, 99, 30]])
    assert b.json("neopixel status")["G"] == 99
    assert b.call("neopixel segment 1 2 3 s=24") == "Index is out of range: 0-23"


def _load(b: Bench) -> None:
    LIGHT.load(b)
    assert b.call("neopixel load_n_init ledcnt=8") == "CACHE: True, LED CNT: 8"
    b.until(lambda h: len(h.leds("neop")) == 8)
    b.call("neopixel load_n_init")


EFFECTS = {
    "load_n_init": _load,
    "color": LIGHT.set,
    "brightness": LIGHT.brightness,
    "segment": _segment,
    "toggle": LIGHT.toggle,
    "transition": LIGHT.transition,
    "random": LIGHT.random,
    "subscribe_presence": LIGHT.presence,
    "status": LIGHT.status,
}
