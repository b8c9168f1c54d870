"""LM_keychain: what goes to the display, the thermometer, one LED; parts that are missing."""

import re

from module_bench import Bench, Hardware

# Stands in for the display driver at the module's own interface: the page as text, on the real bus.
DISPLAY = """
from machine import Pin, SoftI2C
bus = None
page = []
def _write(text):
    global bus
    bus = bus or SoftI2C(scl=Pin(22), sda=Pin(21))
    bus.writeto(0x3C, b"\\0" + text.encode())
    return True
def poweron():
    return _write("on")
def poweroff():
    return _write("off")
def clean(state=0):
    page.clear()
    return True
def text(string="text", x=0, y=0):
    page.append("%d:%s" % (y, string))
    return True
def show():
    _write("|".join(page) + "|")
"""
FILES = {"LM_oled_sh1106.py": DISPLAY}


def _shown(h: Hardware) -> str:
    """Text of the page on the display's bus."""
    found = h.state["i2c"]
    memory: dict[str, int] = next((device["60"] for device in found.values() if "60" in device), {})
    return "".join(chr(memory[key]) for key in sorted(memory, key=int)).split("|\0")[0]


def _plug(b: Bench) -> None:
    b.set("i2c", addr=0x3C, kind="registers")
    b.set("sensor", kind="ds18x20", pin=b.pins["ds18"], temperature=23.4)


def _unplug(b: Bench) -> None:
    b.set("i2c", addr=0x3C, kind="registers", present=False)
    b.set("sensor", kind="ds18x20", pin=b.pins["ds18"], present=False)


def _load_n_init(b: Bench) -> None:
    _plug(b)
    state = b.json("keychain load_n_init")
    assert state["neopixel"] == "CACHE: True, LED CNT: 1"
    assert state["display"] in ("Starting", "Already running")
    b.until(lambda h: len(h.leds("neop")) == 1)
    b.until(lambda h: re.search(r"\|24:23\.4 C", _shown(h)))


def _display(b: Bench) -> None:
    _plug(b)
    b.call("task kill keychain._display")
    assert b.call("keychain display") == "Starting"
    assert b.call("keychain display") == "Already running"
    found = b.until(lambda h: re.match(r"0:\d\d:\d\d:\d\d\|12:\d+\.\d\d\.\d\d\|24:", _shown(h)))
    first = _shown(found)[:10]
    b.until(lambda h: _shown(h)[:10] not in ("", first))
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
