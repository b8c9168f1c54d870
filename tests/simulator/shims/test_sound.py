"""The microphones of the virtual board and `machine.I2S`: loudness, channels, start-up, time, what is lost."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from devtoolkit.simulator.hardware import Hardware

Start = Callable[..., Any]
PORT = """
import time
from array import array
from machine import ADC, I2S, Pin
def port(bits=16, format=I2S.STEREO, ibuf=16000, **more):
    return I2S(1, sck=Pin(26), ws=Pin(25), sd=Pin(33), mode=I2S.RX, bits=bits, format=format, rate=8000, ibuf=ibuf)
def read(mic, frames, bits=16, sides=2):
    data = bytearray(frames * sides * bits // 8)
    assert mic.readinto(data) == len(data)
    return list(array("h" if bits == 16 else "i", data))
def wait_for_sound():
    import sim_sound
    while not (sim_sound._sounds or sim_sound._record):
        time.sleep_ms(1)
"""


def told(board: Any) -> str:
    """The next line that the script prints."""
    return str(board.line("= "))


def hardware(board: Any) -> Hardware:
    return Hardware(lambda message: dict(board.ask(**message)))


def test_a_tone_has_its_loudness_on_one_channel_after_the_start_up_of_the_chip(start: Start) -> None:
    board = start(
        PORT + "wait_for_sound()\nmic = port()\nprint('= ', max(read(mic, 4096)))\nprint('= ', read(mic, 800))\n"
    )
    hardware(board).microphone.tone(997, level=94)
    assert int(told(board)) == 0, "2^18 clock cycles"
    samples = [int(word) for word in told(board).strip("[]").split(",")]
    assert set(samples[::2]) == {0}
    assert abs(max(samples[1::2]) - 32768 * 10 ** (-26 / 20)) < 8, "-26 dBFS at 94 dB"


def test_32_bits_and_mono_give_the_left_channel_of_24_bits(start: Start) -> None:
    script = "wait_for_sound()\nmic = port(32, I2S.MONO)\nread(mic, 4096, 32, 1)\nprint('= ', read(mic, 400, 32, 1))\n"
    board = start(PORT + script)
    device = hardware(board).microphone
    device.put(channel="left")
    device.tone(500, level=74)
    samples = [int(word) for word in told(board).strip("[]").split(",")]
    assert abs(max(samples) / (420426 * 256 / 10) - 1) < 0.02
    assert {sample % 256 for sample in samples} == {0}


def test_a_recording_comes_out_sample_for_sample_and_ends(start: Start) -> None:
    script = "mic = port()\nread(mic, 4096)\nprint('= ', 'up')\nwait_for_sound()\nprint('= ', read(mic, 1600)[1::2])\n"
    board = start(PORT + script)
    device = hardware(board).microphone
    device.noise(None)
    assert told(board) == "up"
    wave = [round(9000 * math.sin(at / 5)) for at in range(400)]
    device.play(wave)
    heard = [int(word) for word in told(board).strip("[]").split(",")]
    first = next(at for at, word in enumerate(heard) if abs(word) > 500)
    begin = max(range(first, first - 3, -1), key=lambda at: -abs(heard[at + 80] - wave[80]))
    assert all(
        min(abs(heard[begin + at] - wave[max(0, min(399, at + d))]) for d in (-1, 0, 1)) < 60 for at in range(5, 390)
    )
    assert set(heard[begin + 410 :]) <= {0, -1}


def test_samples_that_nobody_reads_are_lost_beyond_the_buffer_and_counted(start: Start) -> None:
    script = "mic = port(ibuf=2048)\nread(mic, 250)\ntime.sleep_ms(300)\nread(mic, 256)\nprint('= ', 'done')\n"
    board = start(PORT + script + "time.sleep(100)\n")
    assert told(board) == "done"
    state = board.ask("get")["i2s"]["1"]
    assert state["overruns"] >= 1
    assert state["frames"] >= 2400


def test_with_a_handler_a_read_returns_at_once_and_a_bus_without_clock_never_ends(start: Start) -> None:
    script = """
mic = port()
calls = []
mic.irq(calls.append)
data = bytearray(4000)
print('= ', mic.readinto(data), len(calls))
while not calls:
    time.sleep_ms(1)
print('= ', calls[0] is mic, max(data))
print('= ', 'next')
while not stopped():
    time.sleep_ms(1)
mic.readinto(data)
time.sleep_ms(300)
print('= ', len(calls))
"""
    stopped = "\ndef stopped():\n    import sim_sound\n    return sim_sound.microphones[33]['fault'] == 'timeout'\n"
    board = start(
        PORT + "def microphone():\n    import sim_sound\n    return 33 in sim_sound.microphones\n" + stopped + script
    )
    device = hardware(board).microphone
    device.put()
    assert told(board) == "4000 0"
    assert told(board) == "True 0"
    assert told(board) == "next"
    device.fault = "timeout"
    assert told(board) == "1"


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("port(bits=24)", "ValueError invalid bits"),
        ("port(format=2)", "ValueError invalid format"),
        (
            "I2S(2, sck=Pin(26), ws=Pin(25), sd=Pin(33), mode=I2S.RX, bits=16, format=0, rate=8000, ibuf=99)",
            "ValueError invalid id",
        ),
        ("port().readinto(bytearray(3))", "OSError [Errno 22] EINVAL"),
        ("port().write(b'1234')", "OSError [Errno 1] EPERM"),
    ],
)
def test_what_the_port_refuses(start: Start, call: str, error: str) -> None:
    board = start(
        PORT + f"try:\n    {call}\nexcept Exception as e:\n    print('= ', type(e).__name__, e)\n", link=False
    )
    assert told(board) == error


def test_an_analog_microphone_swings_around_half_of_the_supply(start: Start) -> None:
    script = "wait_for_sound()\nadc = ADC(Pin(39))\nread = []\nfor _ in range(200):\n    read.append(adc.read_u16())\n"
    board = start(PORT + script + "    time.sleep_us(400)\nprint('= ', min(read), max(read))\n")
    hardware(board).microphone.at(adc=39).tone(333, level=80)
    low, high = map(int, told(board).split())
    volt = [value / 65535 * 2.45 for value in (low, high)]
    assert abs(sum(volt) / 2 - 1.65) < 0.06
    assert abs((volt[1] - volt[0]) / 2 - 1.113 * 10 ** (-14 / 20)) < 0.04
