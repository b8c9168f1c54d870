"""LM_keychain: what goes to the display, the thermometer, one LED; parts that are missing."""

import re

from module_bench import Bench
from oled_bench import is_dark, plug, shows, text_of, unplug


def _plug(b: Bench) -> None:
    plug(b, "sh1106")
    b.set("sensor", kind="ds18x20", pin=b.pins["ds18"], temperature=23.4)


def _unplug(b: Bench) -> None:
    unplug(b)
    b.set("sensor", kind="ds18x20", pin=b.pins["ds18"], present=False)


def _load_n_init(b: Bench) -> None:
    _plug(b)
    state = b.json("keychain load_n_init")
    assert state["neopixel"] == "CACHE: True, LED CNT: 1"
    assert state["display"] in ("Starting", "Already running")
    b.until(lambda h: len(h.leds("neop")) == 1)
    b.until(lambda h: shows(h, "23.4 C"))


def _display(b: Bench) -> None:
    b.call("task kill keychain._display")
    b.call("lmpacman module 'oled_sh1106'")
    _plug(b)
    assert b.call("keychain display") == "Starting"
    assert b.call("keychain display") == "Already running"
    page = r"(\d\d:\d\d:\d\d)\|\d+\.\d\d\.\d\d\|-?[\d.-]+ C"
    found = b.until(lambda h: re.fullmatch(page, "|".join(text_of(h))))
    first = text_of(found)[0]
    b.until(lambda h: not is_dark(h) and text_of(h)[0] != first)
    b.call("task kill keychain._display")
    _unplug(b)
    for _ in range(3):
        assert "Core error: LM_keychain->display: " in b.ask("keychain display")
    assert (b.files("err.log") or "").count("keychain display") == 1


def _temperature(b: Bench) -> None:
    _plug(b)
    b.set("sensor", kind="ds18x20", pin=b.pins["ds18"], temperature=-7.25)
    b.until(lambda _: b.json("keychain temperature")["temp[C]"] == -7.2)
    _unplug(b)
    b.until(lambda _: "no DS18 sensor" in b.ask("keychain temperature"))
    assert "no DS18 sensor" in b.ask("keychain temperature")
    assert (b.files("err.log") or "").count("keychain temperature") == 1


def _neopixel(b: Bench) -> None:
    b.call("neopixel load_n_init ledcnt=1")
    assert b.json("keychain neopixel 200 100 50") == {"R": 200, "G": 100, "B": 50, "S": 1}
    b.until(lambda h: h.leds("neop") == [[200, 100, 50]])
    b.call("keychain neopixel br=50 smooth=False")
    b.until(lambda h: h.leds("neop") == [[128, 64, 32]])
    assert b.json("keychain neopixel onoff=False")["S"] == 0
    b.until(lambda h: h.leds("neop") == [[0, 0, 0]])


def _lmdep(b: Bench) -> None:
    assert b.call("keychain lmdep") == "('oled_sh1106', 'neopixel')"


EFFECTS = {
    "load_n_init": _load_n_init,
    "display": _display,
    "temperature": _temperature,
    "neopixel": _neopixel,
    "lmdep": _lmdep,
}
