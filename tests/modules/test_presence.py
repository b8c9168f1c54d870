"""Presence from the sound to the lamp, also on another node; microphones that fail; the sound over the web."""

import itertools
import math
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest
from module_bench import Bench, bench
from web_client import PORTS, WebConnection, get

pytestmark = pytest.mark.vm

_SD, _MIC = 33, 39
_RGB, _LIT, _DARK = ("redgb", "rgreenb", "rgbue"), [70, 80, 90], [0, 0, 0]
_HOOK = (
    "rgb color 70 80 90 smooth=False; rgb toggle False smooth=False; rgb subscribe_presence; "
    "presence subscribe_intercon 'lamp.local switch set_state True' 'lamp.local switch set_state False'"
)


@pytest.fixture(scope="module")
def lamp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Another node, with a switch."""
    with bench(tmp_path_factory.mktemp("lamp"), settings={"devfid": "lamp"}, config={"name": "lamp"}) as started:
        yield started


def _light(b: Bench, colour: list[int]) -> None:
    b.until(lambda h: [h.duty(pin) for pin in _RGB] == colour, 10)


def _heard(b: Bench) -> bool:
    return b.call("presence get_samples").count("],") == 9


@pytest.mark.parametrize(("mic", "where"), [(1, {"adc": _MIC}), (2, {"pin": _SD})], ids=["analog", "I2S"])
def test_sound_in_light_on_here_and_elsewhere_timer_light_off(
    tmp_path: Path, lamp: Bench, mic: int, where: dict[str, int]
) -> None:
    settings = {"boothook": _HOOK}
    with bench(tmp_path / "node", settings=settings, config={"hosts": {"lamp": lamp.node.address}}) as b:
        b.set("microphone", **where)
        b.call(f"presence load_n_init timer=40 mic={mic}")
        b.until(lambda _: _heard(b), 10)
        _light(b, _DARK)
        assert b.call("task show presence._capture") == "OFF"

        b.set("sound", tone=437, level=85, ms=200)
        _light(b, _LIT)
        lamp.until(lambda h: h.level("switch_1") == 1, 10)
        assert b.call("task show presence._capture").startswith("ON ")

        b.set("leap", ms=30000)
        b.until(lambda _: _heard(b) and "1]" not in b.call("presence get_samples"), 10)
        b.set("sound", tone=437, level=85, ms=200)
        b.until(lambda _: "1]" in b.call("presence get_samples"), 10)
        b.set("leap", ms=30000)
        assert b.call("task show presence._capture").startswith("ON "), "the timer started anew"
        _light(b, _LIT)

        b.set("leap", ms=11000)
        _light(b, _DARK)
        lamp.until(lambda h: h.level("switch_1") == 0, 10)
        assert b.call("task show presence._capture") == "OFF"
        assert b.files("err.log") in (None, "")


def test_a_motion_sensor_wakes_it_steady_noise_does_not(tmp_path: Path) -> None:
    settings = {"boothook": _HOOK, "irq1": True, "irq1_cbf": "presence motion_trig", "irq_prell_ms": 20}
    with bench(tmp_path / "node", settings=settings) as b:
        b.call("presence subscribe_intercon '' ''")
        b.set("microphone", adc=_MIC)
        b.set("sound", noise=65)
        b.call("presence load_n_init timer=40 mic=1")
        b.until(lambda _: _heard(b), 10)
        _light(b, _DARK)
        b.set("pin", pin=b.pins["irq1"], bounce=[[0, 1], [1, 0], [2, 1], [500, 0]])
        _light(b, _LIT)
        b.set("leap", ms=41000)
        _light(b, _DARK)


_BREAKS = """
def subscribe():
    from LM_presence import _subscribe
    _subscribe(_fail, _fail)


def _fail():
    raise ValueError("lamp is broken")
"""


def test_a_subscriber_that_fails_is_logged_once_and_stops_no_other(tmp_path: Path) -> None:
    settings = {"boothook": "breaks subscribe; " + _HOOK + "; presence load_n_init timer=40"}
    with bench(tmp_path / "node", settings=settings, files={"LM_breaks.py": _BREAKS}) as b:
        for command in ("presence motion_trig", "presence subscribe_intercon '' ''", "presence motion_trig"):
            b.call(command)
        _light(b, _LIT)
        assert (b.files("err.log") or "").count("lamp is broken") == 1
        b.call("rgb subscribe_presence")
        b.set("leap", ms=41000)
        _light(b, _DARK)


# What is wrong with the microphone, and what the caller is told.
_TROUBLE = {
    "absent": ({"present": False}, "no microphone (right)"),
    "silent": ({"fault": "silent"}, "no microphone (right)"),
    "on the other channel": ({"channel": "left"}, "no microphone (right)"),
    "without a clock": ({"fault": "timeout"}, "I2S: time-out"),
}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("mic"), settings={"webui": True}, config={"ports": PORTS}) as started:
        yield started


@pytest.mark.parametrize("trouble", _TROUBLE)
def test_trouble_with_a_microphone_is_one_line_logged_once_and_passes(node: Bench, trouble: str) -> None:
    values, text = _TROUBLE[trouble]
    node.set("sound", silence=True)
    node.set("microphone", pin=_SD, fault=None, channel="right")
    node.call("i2s_mic load_n_init enable_endpoint=False")
    assert len(node.call("i2s_mic capture 0.02")) > 300
    node.call("system alarms clean=True")
    node.set("microphone", pin=_SD, **values)
    for _ in range(2):
        assert node.ask("i2s_mic capture 0.02") == f"Core error: LM_i2s_mic->capture: {text}"
        assert node.ask("hello").startswith("hello:node01")
    assert (node.files("err.log") or "").count(text) == 1
    node.set("microphone", pin=_SD, fault=None, channel="right")
    assert len(node.call("i2s_mic capture 0.02")) > 300


def test_a_motion_still_counts_when_the_microphone_of_presence_fails_which_is_logged_once(node: Bench) -> None:
    node.set("microphone", pin=_SD, fault="silent", channel="right")
    node.call("system alarms clean=True")
    node.call("rgb color 70 80 90 smooth=False")
    node.call("rgb toggle False smooth=False")
    node.call("rgb subscribe_presence")
    node.call("presence load_n_init timer=20 mic=2")
    node.until(lambda _: "presence: microphone: no microphone" in (node.files("err.log") or ""), 10)
    assert node.call("presence motion_trig") == "Starting"
    _light(node, _LIT)
    for _ in range(2):
        node.set("leap", ms=6000)
        node.until(lambda _: "bytes" in node.call("task show i2s_mic.background"), 10)
    assert (node.files("err.log") or "").count("no microphone") == 1
    node.set("leap", ms=9000)
    _light(node, _DARK)
    node.set("microphone", pin=_SD, fault=None)
    node.call("presence load_n_init")
    node.until(lambda _: "No        i2s_mic.background" in node.call("task list"), 10)
    assert node.ask("hello").startswith("hello:node01")


def test_the_sound_comes_over_the_web_without_a_gap_and_ends_with_the_client(node: Bench) -> None:
    node.set("microphone", pin=_SD, fault=None, channel="right")
    node.set("sound", silence=True, tone=500, level=80)
    node.call("i2s_mic load_n_init capture_duration=0.1 shift_size=0")
    with WebConnection(node.node.address) as client:
        client.send(b"GET /mic/stream HTTP/1.1\r\nHost: node01\r\n\r\n")
        head = client.reply(with_body=False)
        assert (head.status, head.headers["content-type"].split(";")[0]) == (200, "multipart/x-mixed-replace")
        pieces = client.multipart(6)
        assert {kind for kind, _ in pieces} == {"audio/l16;rate=8000;channels=1"}
    samples = array("h", b"".join(body for _, body in pieces))
    assert len(samples) >= 6 * 800
    steepest = max(samples) * 2 * math.pi * 500 / 8000 + 12
    jumps = [a for a, b in itertools.pairwise(samples) if abs(b - a) > steepest]
    lost = node.hardware().state["i2s"]["1"]["overruns"]  # a busy host: the node did not read for 125 ms
    assert len(jumps) <= lost, "a gap would be a jump in the wave"
    node.until(lambda _: "No        i2s_mic.background" in node.call("task list"), 10)
    node.set("microphone", pin=_SD, fault="timeout")
    assert get(node.node, "/rest/i2s_mic/capture").status == 500
    assert node.ask("hello").startswith("hello:node01")
