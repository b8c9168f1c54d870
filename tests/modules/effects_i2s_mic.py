"""LM_i2s_mic: what the simulated INMP441 hears comes out as samples, at the right loudness, pitch and time."""

import ast
import math

from module_bench import Bench

SETTINGS = {"webui": True}
CONFIG = {"ports": {"80": 8080}}
SD = 33
LOAD = "i2s_mic load_n_init enable_endpoint=False"
PEAK_70_DB = 32767 * 10 ** (-26 / 20) * 10 ** ((70 - 94) / 20)


def _tone(b: Bench, hz: int = 500, level: float = 70) -> None:
    """A microphone on the right channel that hears a tone."""
    b.set("sound", silence=True)
    b.set("microphone", pin=SD, channel="right", fault=None)
    b.set("sound", tone=hz, level=level)


def _numbers(reply: str) -> list[int]:
    """16-bit samples in the text of a bytes value."""
    data = ast.literal_eval(reply)
    assert isinstance(data, bytes)
    return [int.from_bytes(data[at : at + 2], "little", signed=True) for at in range(0, len(data), 2)]


def _pitch(samples: list[int], rate: int = 8000) -> float:
    """Hz, by the strongest of some frequencies."""

    def power(hz: int) -> float:
        turn = [2 * math.pi * hz * at / rate for at in range(len(samples))]
        re = sum(s * math.cos(t) for s, t in zip(samples, turn, strict=True))
        return re * re + sum(s * math.sin(t) for s, t in zip(samples, turn, strict=True)) ** 2

    return max(range(100, 2000, 50), key=power)


def _background_capture(b: Bench) -> None:
    b.call(LOAD)
    _tone(b)
    assert b.call("i2s_mic background_capture") == "Starting"
    assert b.call("i2s_mic background_capture") == "Already running"
    port = b.until(lambda h: h.state["i2s"]["1"]["frames"] > 12000).state["i2s"]["1"]
    assert (port["rate"], port["bits"], port["format"], port["open"]) == (8000, 16, 1, True)
    assert b.call("task show i2s_mic.background").endswith(" bytes")
    b.call("task kill i2s_mic.background")
    b.until(lambda h: not h.state["i2s"]["1"]["open"])


def _get_from_buffer(b: Bench) -> None:
    b.call("task kill i2s_mic.background")
    assert b.ask("i2s_mic get_from_buffer").endswith(": no background_capture")
    b.call(LOAD + " shift_size=4")
    _tone(b, 700)
    b.call("i2s_mic background_capture")
    b.until(lambda _: len(b.call("i2s_mic get_from_buffer 1")) > 4 * 3500)
    samples = _numbers(b.call("i2s_mic get_from_buffer 0.1"))
    assert len(samples) == 800
    assert abs(max(samples) / (16 * PEAK_70_DB) - 1) < 0.08
    assert _pitch(samples) == 700
    assert _pitch(_numbers(b.call("i2s_mic get_from_buffer 0.1 downsampling=2")), 4000) == 700
    assert "no microphone (left)" in b.ask("i2s_mic get_from_buffer channel='left'")


def _capture(b: Bench) -> None:
    """Of each channel, of both, with and without the background capture, at 32 bits, loud."""
    _tone(b, 600)
    b.call(LOAD)
    for command in ("task list", "i2s_mic background_capture"):
        b.call(command)
        samples = _numbers(b.call("i2s_mic capture"))
        assert len(samples) == 2000
        assert _pitch(samples[:500]) == 600
        assert abs(max(samples) / (64 * PEAK_70_DB) - 1) < 0.08
    both = _numbers(b.call("i2s_mic capture 0.1 channel='both'"))
    assert set(both[::2]) == {0}
    assert _pitch(both[1::2]) == 600
    _tone(b, level=100)
    loud = _numbers(b.call("i2s_mic capture 0.1"))
    assert (max(loud), min(loud)) == (32767, -32767), "clipped, not wrapped"
    assert "channel: left, right, both" in b.ask("i2s_mic capture 0.1 channel='middle'")


def _select_channel(b: Bench) -> None:
    _tone(b, 500)
    b.call(LOAD)
    b.call("i2s_mic background_capture")
    b.until(lambda _: len(b.call("i2s_mic select_channel")) > 8000)
    right = _numbers(b.call("i2s_mic select_channel channel='right'"))
    assert abs(max(right) - PEAK_70_DB) < 6, "as they are"
    assert _pitch(right[:800]) == 500
    assert set(_numbers(b.call("i2s_mic select_channel channel='left'"))) == {0}
    third = _numbers(b.call("i2s_mic select_channel downsampling=3"))
    assert abs(len(third) - len(right) / 3) < 400


def _decode(b: Bench) -> None:
    _tone(b, 500)
    b.call(LOAD)
    b.call("i2s_mic background_capture")
    b.until(lambda _: b.ask("i2s_mic decode").count(",") == 1999)
    samples = ast.literal_eval(b.call("i2s_mic decode"))
    assert abs(max(samples) / (64 * PEAK_70_DB) - 1) < 0.08
    assert _pitch(samples[:800]) == 500


def _bytes_per_second(b: Bench) -> None:
    b.call(LOAD)
    assert b.call("i2s_mic bytes_per_second") == "32000"
    assert b.call("i2s_mic bytes_per_second 0.25") == "8000"
    b.call(LOAD + " sampling_rate=16000 sound_format=0 sample_size=32")
    assert b.call("i2s_mic bytes_per_second 0.5") == "32000"
    port = b.hardware().state["i2s"]["1"]
    assert (port["rate"], port["bits"], port["format"]) == (16000, 32, 0)


def _set_volume(b: Bench) -> None:
    _tone(b, 500)
    b.call(LOAD)
    for shift in (0, 3):
        assert b.call(f"i2s_mic set_volume {shift}") == f"Volume: x{1 << shift}"
        samples = _numbers(b.call("i2s_mic capture 0.05"))
        assert abs(max(samples) / ((1 << shift) * PEAK_70_DB) - 1) < 0.1
    assert "out of range" in b.ask("i2s_mic set_volume 17")


def _load_n_init(b: Bench) -> None:
    """Settings reach the port and the functions; the button stops and goes on; the endpoint is there."""
    _tone(b, 400)
    b.set("microphone", pin=SD, channel="left")
    reply = b.call(
        "i2s_mic load_n_init buf_length=8000 sampling_rate=16000 capture_duration=0.1 shift_size=2 sample_size=32 "
        "i2s_channel=0 default_channel='left' sound_format=0 control_button='irq1'"
    )
    assert reply == "I2S microphone: 16000 Hz, 32 bit, left, endpoint /mic/stream"
    assert b.hardware().state["i2s"]["0"]["rate"] == 16000
    data = ast.literal_eval(b.call("i2s_mic capture"))
    words = [int.from_bytes(data[at : at + 4], "little", signed=True) for at in range(0, len(data), 4)]
    assert len(words) == 1600
    assert abs(max(words) / (4 * 65536 * PEAK_70_DB) - 1) < 0.08
    b.call("i2s_mic background_capture")
    b.until(lambda _: "bytes" in b.call("task show i2s_mic.background"))
    b.set("pin", pin=b.pins["irq1"], bounce=[[0, 1], [2, 0], [4, 1], [60, 0]])
    b.until(lambda h: h.level("irq1") == 0 and "button" in b.ask("i2s_mic capture 0.2"))
    for wrong in ("sampling_rate=1", "default_channel='up'", "sample_size=24", "i2s_channel=7"):
        assert "Core error: LM_i2s_mic->load_n_init: " in b.ask(f"i2s_mic load_n_init enable_endpoint=False {wrong}")


EFFECTS = {
    "background_capture": _background_capture,
    "get_from_buffer": _get_from_buffer,
    "capture": _capture,
    "select_channel": _select_channel,
    "decode": _decode,
    "bytes_per_second": _bytes_per_second,
    "set_volume": _set_volume,
    "load_n_init": _load_n_init,
}
