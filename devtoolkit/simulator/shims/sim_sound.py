"""
Sound around the board, and microphones that hear it. A sound pressure of 1 is that of a sine of 94 dB (1 Pa).

An INMP441 sits on the data pin of an I2S bus (data sheet DS-INMP441-00: -26 dBFS at 94 dB, 24 bits, silent for the
first 2^18 clock cycles, L/R pin chooses the half of a frame), an electret capsule with an amplifier on an analog input
(CMA-4544PF: -44 dBV at 1 Pa, at the MAX4466's highest gain, 125; at rest half of 3.3 V; full scale is 2.45 V).
"""

import binascii
import math
import random
import time as _time
from array import array

import sim_analog
import simcore
import simlink

_STARTUP = 4096  # frames: 2^18 clock cycles, 64 of them a frame
_FULL = (1 << 23) - 1
_SENSITIVITY = 420426  # of the INMP441 at 94 dB
_REST_V, _VOLT, _RANGE_V = 1.65, 1.113, 2.45

_room = {"noise": 33}  # dB of white noise: what an INMP441 gives in a silent room
_sounds = []  # (begin ms, end ms or None, Hz, pressure)
_record = None  # (begin ms, samples a ms, samples, repeat)
microphones = {}  # data pin -> {"channel", "fault", "heard"}


def pressure(decibel):
    """Peak of a sine of so many dB."""
    return 10 ** ((decibel - 94) / 20)


def now_ms():
    """The simulated clock with a fraction."""
    return simcore.ticks_ms() + _time.ticks_us() % 1000 / 1000


def _recorded(ms):
    begin, rate, samples, repeat = _record
    at = int((ms - begin) * rate)
    if at < 0 or not repeat and at >= len(samples):
        return 0
    return samples[at % len(samples)] / 32768 * _FULL / _SENSITIVITY


def hear(first, step, count):
    """`count` pressures, the first at `first` ms, one each `step` ms."""
    noise = pressure(_room["noise"]) * 1.2247  # uniform, of the same power as a sine
    heard = []
    for at in range(count):
        ms = first + at * step
        value = noise * (2 * random.random() - 1)
        for begin, end, hz, loud in _sounds:
            if ms >= begin and (end is None or ms < end):
                value += loud * math.sin(6.283185307 * hz * (ms - begin) / 1000)
        if _record:
            value += _recorded(ms)
        heard.append(value)
    return heard


def frames(pin, start_ms, first, count, rate):
    """`count` words of 24 bits of the microphone at a data pin, from frame `first` of a clock that began at a time."""
    microphone = microphones.get(pin)
    if microphone is None or microphone["fault"] == "silent":
        return [0] * count
    microphone["heard"] += count
    words = hear(start_ms + first * 1000 / rate, 1000 / rate, count)
    for at, value in enumerate(words):
        word = 0 if first + at < _STARTUP else round(value * _SENSITIVITY)
        words[at] = max(-_FULL, min(_FULL, word))
    return words


def _analog():
    """Reading of the amplifier's output, 0..65535."""
    volt = _REST_V + _VOLT * hear(now_ms(), 0, 1)[0]
    return max(0, min(65535, round(volt / _RANGE_V * 65535)))


def _op_sound(message):
    """
    {"op":"sound","tone":Hz,"level":dB,"ms":n} a tone, for n ms or from now on; "noise" dB (null: none at all);
    "samples" base64 of 16-bit words at "rate", "repeat", heard at the level of an INMP441 that gave them;
    "silence": true ends tones and recordings.
    """
    global _record
    now = now_ms()
    if message.get("silence"):
        _sounds.clear()
        _record = None
    if "noise" in message:
        _room["noise"] = -200 if message["noise"] is None else message["noise"]
    if message.get("tone"):
        end = now + message["ms"] if message.get("ms") else None
        _sounds[:] = [sound for sound in _sounds if sound[1] is None or now - sound[1] < 10000]
        _sounds.append((now, end, message["tone"], pressure(message.get("level", 94))))
    if message.get("samples"):
        samples = array("h", binascii.a2b_base64(message["samples"]))
        _record = (now, message.get("rate", 8000) / 1000, samples, message.get("repeat", False))


def _op_microphone(message):
    """
    {"op":"microphone","pin":data pin,"channel":"left"|"right"|"both","fault":null|"silent"|"timeout","present":bool}
    or {"op":"microphone","adc":pin}: on an analog input.
    """
    present = message.get("present", True)
    if "adc" in message:
        pin = message["adc"]
        if present:
            sim_analog.sources[pin] = _analog
        else:
            sim_analog.sources.pop(pin, None)
        return
    pin = message["pin"]
    if not present:
        microphones.pop(pin, None)
        return
    microphone = microphones.setdefault(pin, {"channel": "right", "fault": None, "heard": 0})
    for key in ("channel", "fault"):
        if key in message:
            microphone[key] = message[key]


simlink.ops["sound"] = _op_sound
simlink.ops["microphone"] = _op_microphone


def _view():
    now = now_ms()
    tones = [[hz, 94 + 20 * math.log10(loud)] for _, end, hz, loud in _sounds if end is None or now < end]
    noise = None if _room["noise"] == -200 else _room["noise"]
    analog = [pin for pin, source in sim_analog.sources.items() if source is _analog]
    return {"noise": noise, "tones": tones, "recording": _record is not None, "analog": analog}


simlink.views["sound"] = _view
simlink.views["microphones"] = lambda: {str(pin): found for pin, found in microphones.items()}
