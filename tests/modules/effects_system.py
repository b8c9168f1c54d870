"""LM_system: clock, radio, logs and pins as the board's model shows them. What only counts bytes has its reply."""

import calendar
import re
import time

from module_bench import Bench, Hardware, reply_only

SETTINGS = {"dbg": True, "utc": 60}
FILES = {
    # a station that gives up while the access point keeps the shell reachable
    "LM_radio.py": """
import Network
import network


def lose():
    network.WLAN(1).active(True)
    network.WLAN(0).disconnect()


def busy():
    return Network._State.busy
"""
}
NETWORK = "micrOS-virtual"
COUNTS = "counts bytes of heap or file system, which the hardware model has not"
TEN_DAYS_S = 864000


def _joined(h: Hardware) -> object:
    return h.state["wifi"]["sta"]["joined"]


def _lose(b: Bench) -> None:
    b.call("radio lose")
    b.until(lambda h: not _joined(h))


def _back(b: Bench) -> None:
    assert b.call("system ha_sta") == "STA lost, reconnect started"
    b.until(lambda h: _joined(h) == NETWORK and b.call("radio busy") == "False")


def _unix(h: Hardware) -> int:
    return int(h.state["clock"]["unix"])


def _heartbeat(b: Bench) -> None:
    b.set("trace", on=True)
    assert b.call("system heartbeat") == "<3 heartbeat <3"
    assert [row[1] for row in b.trace("pin", "builtin")[:2]] == [1, 0], "the progress LED blinks"


def _clock(b: Bench) -> None:
    b.set("clock", unix=calendar.timegm((2031, 3, 4, 5, 6, 7)))
    assert re.fullmatch(r"2031\.3\.4  5:6:(7|8|9|10)\nWD: 1 YD: 63", b.call("system clock"))


def _setclock(b: Bench) -> None:
    shown = b.call("system setclock 2030 1 2 3 4 5")
    assert shown.startswith("(2030, 1, 2, 3, 4, ")
    b.until(lambda h: 0 <= _unix(h) - calendar.timegm((2030, 1, 2, 3, 4, 5)) < 5)


def _ntp(b: Bench) -> None:
    b.set("ntp", up=True, offset_ms=TEN_DAYS_S * 1000)
    assert b.call("system ntp").startswith("(True, (2")
    b.until(lambda h: abs(_unix(h) - 3600 - TEN_DAYS_S - time.time()) < 5)  # utc is an hour
    b.set("ntp", up=False)
    assert b.call("system ntp").startswith("(False, 'ntp error:")
    b.set("ntp", up=True)


def _rssi(b: Bench) -> None:
    for dbm, grade in ((-66, "Amazing"), (-67, "VeryGood"), (-79, "Okay"), (-89, "NotGood"), (-90, "Unusable")):
        b.set("wifi", set={"ssid": NETWORK, "rssi": dbm})
        assert b.json("system rssi") == {grade: dbm}


def _ifconfig(b: Bench) -> None:
    _lose(b)
    assert b.call("system ifconfig").startswith("('AP', ('192.168.4.1', ")
    _back(b)
    assert b.call("system ifconfig").startswith(f"('STA', ('{b.node.address}', ")


def _ha_sta(b: Bench) -> None:
    _lose(b)
    _back(b)
    assert b.call("system ha_sta") == "STA connected"


def _pinmap(b: Bench) -> None:
    pin = b.pins["switch_1"]
    b.call("switch set_state True")
    b.until(lambda h: h.level(pin) == 1)
    shown = b.json("system pinmap 'switch_1'")
    assert list(shown) == ["map", "booked", "custom", "switch_1"]
    assert (shown["map"], shown["switch_1"], shown["booked"][str(pin)]) == ("esp32", pin, "switch_1")
    assert b.json("system pinmap")["builtin"] == b.pins["builtin"]


def _alarms(b: Bench) -> None:
    b.call("system alarms clean=True")
    assert b.files("err.log") is None
    lines = b.call("system alarms test=True").splitlines()
    assert lines[0].endswith("[ERR] test alarm")
    assert lines[1] == " NOK alarm: 1"
    assert "[ERR] test alarm" in str(b.files("err.log"))
    assert b.call("system alarms clean=True") == " OK alarm: 0"
    assert b.files("err.log") is None


def _dat_dump(b: Bench) -> None:
    b.put("trend.dat", "1;2\n")
    b.put("trend.txt", "no log")
    assert b.json("system dat_dump") == {"trend.dat": "1;2\n"}


def _seconds(b: Bench) -> int:
    """The uptime."""
    days, hours, minutes, seconds = map(int, re.split("[ :]", b.json("system info")["uptime"]))
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _info(b: Bench) -> None:
    names = list(b.json("system info"))
    wanted = ["CPU clock [MHz]", "Mem usage [%]", "FS usage [%]", "upython", "board", "mac", "uptime"]
    assert names[: len(wanted)] == wanted
    before = _seconds(b)
    b.call("system setclock 2032 3 4 5 6 7")
    b.until(lambda h: 0 <= _unix(h) - calendar.timegm((2032, 3, 4, 5, 6, 7)) < 5)
    assert 0 <= _seconds(b) - before < 5, "setting the clock is not the passing of time"
    state = b.json("system info")
    assert state["CPU clock [MHz]"] == 240
    assert state["mac"] == "02:00:00:00:00:4d"


EFFECTS = {
    "heartbeat": _heartbeat,
    "info": _info,
    "clock": _clock,
    "setclock": _setclock,
    "ntp": _ntp,
    "rssi": _rssi,
    "ifconfig": _ifconfig,
    "ha_sta": _ha_sta,
    "pinmap": _pinmap,
    "alarms": _alarms,
    "dat_dump": _dat_dump,
    "memory_usage": reply_only(COUNTS, "system memory_usage", r"percent: \d+\.\d\n? mem_used: [1-9]\d{3,}$"),
    "disk_usage": reply_only(COUNTS, "system disk_usage", r"percent: \d+\.\d\n? fs_used: [1-9]\d+$"),
    "top": reply_only(COUNTS, "system top", r"^ Mem usage \[%\]: \d+\.\d\n FS usage \[%\]: \d+\.\d\n CPU load \[%\]: "),
    "gclean": reply_only(COUNTS, "system gclean", r"^ GC MemFree\[byte\]: [1-9]\d{3,}$"),
    "sun": reply_only("sun times come with the scheduler's network part", "system sun", r"sunrise: \(0, 0, 0\)"),
    "urequests_host_cache": reply_only(
        "nothing on this node makes web requests", "system urequests_host_cache >json", r"^\{\}$"
    ),
}
