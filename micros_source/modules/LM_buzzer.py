"""
A passive piezo buzzer: beeps and melodies in RTTTL, played in the background.

RTTTL (Nokia): `d=4,o=5,b=63:` default duration, octave and beats per minute, then notes `[duration]note[#][.][octave]`,
`p` is a pause; A of octave 4 is 440 Hz, a semitone is the twelfth root of 2 (equal temperament). The tunes are old
enough to be free (or, Indiana and Scale, made up here).
"""

import asyncio
from Common import micro_task, state_file, typed_help
from machine import PWM, Pin
from microIO import physical_pin, pinmap_dump
from micropython import const
from time import ticks_add, ticks_diff, ticks_ms

_BIPP_MS = const(150)
_GAP_MS = const(20)  # keeps two notes of the same pitch apart
_HALF = const(32768)  # duty_u16 of a square wave, the loudest
_LOWEST_HZ = const(20)
_HIGHEST_HZ = const(20000)
_SEMITONES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11, "h": 11}
_TUNES = (
    "Indiana:d=8,o=5,b=132:c,f,g,4a,c6,a,4f,g,a,4a#,d6,a#,4g,a,a#,4c6,a,f,g,e,2f",
    "OdeToJoy:d=4,o=5,b=120:e,e,f,g,g,f,e,d,c,c,d,e,e.,8d,2d",
    "FurElise:d=8,o=5,b=125:e6,d#6,e6,d#6,e6,b,d6,c6,4a.,c,e,a,4b.,e,g#,b,4c6.",
    "JingleBells:d=4,o=5,b=160:e,e,2e,e,e,2e,e,g,c.,8d,1e",
    "Twinkle:d=4,o=5,b=120:c,c,g,g,a,a,2g,f,f,e,e,d,d,2c",
    "FrereJacques:d=4,o=5,b=120:c,d,e,c,c,d,e,c,e,f,2g,e,f,2g",
    "HappyBirthday:d=4,o=5,b=120:8g4.,16g4,a4,g4,c,2b4,8g4.,16g4,a4,g4,d,2c",
    "AuldLangSyne:d=4,o=5,b=100:c,f.,8f,f,a,g.,8f,g,a,f.,8f,a,c6,2d6.",
    "YankeeDoodle:d=8,o=5,b=130:c,c,d,e,c,e,4d,c,c,d,e,4c,4b4",
    "Greensleeves:d=8,o=5,b=100:a4,4c,d,e.,16f#,e,4d,b4,g4.,16a4,b4,4c,a4",
    "TheSaints:d=4,o=5,b=140:c,e,f,1g,c,e,f,1g,c,e,f,2g,2e,2c,2e,1d",
    "OhSusanna:d=8,o=5,b=130:c,d,4e,4g,g.,16a,4g,4e,4c,d,4e,4e,4d,4c,2d",
    "WilliamTell:d=16,o=5,b=120:g,g,8g,g,g,8g,g,g,8c6,8d6,8e6",
    "SilentNight:d=4,o=5,b=90:g.,8a,g,2e.,g.,8a,g,2e.,2d6,d6,2b.,2c6,c6,2g.",
    "Westminster:d=2,o=5,b=100:e,c,d,1g4,g4,d,e,1c",
    "Scale:d=8,o=5,b=120:c,d,e,f,g,a,b,c6",
)


class _Buzzer:
    pwm = None
    cache = True
    state = state_file("buzzer", 600)  # Hz of a beep
    bipps = 0  # still to come
    lock = asyncio.Lock()  # who makes the sound


def _open():
    if _Buzzer.pwm is None:
        _Buzzer.pwm = PWM(Pin(physical_pin("buzzer")), freq=_Buzzer.state.values[0], duty_u16=0)
    return _Buzzer.pwm


def _close():
    if _Buzzer.pwm is not None:
        _Buzzer.pwm.duty_u16(0)
        _Buzzer.pwm.deinit()
        _Buzzer.pwm = None


async def _tone(hz, ms, end):
    """One tone (0 Hz: silence) of `ms`, of which the last bit is silent; waits until `end` (ticks_ms)."""
    if hz:
        pwm = _open()
        pwm.freq(hz)
        pwm.duty_u16(_HALF)
        await asyncio.sleep_ms(max(0, ticks_diff(end, ticks_ms()) - min(_GAP_MS, ms // 4)))
        pwm.duty_u16(0)
    await asyncio.sleep_ms(max(0, ticks_diff(end, ticks_ms())))


async def _sound(tones):
    """Plays (Hz, ms) pairs on time: a late wake-up shortens the next tone instead of delaying the rest."""
    async with _Buzzer.lock:
        end = ticks_ms()
        try:
            for hz, ms in tones:
                end = ticks_add(end, ms)
                await _tone(hz, ms, end)
        finally:
            _close()


def _bipps():
    while _Buzzer.bipps > 0:
        _Buzzer.bipps -= 1
        yield _Buzzer.state.values[0], _BIPP_MS
        yield 0, _BIPP_MS


def bipp(repeat=1, freq=None):
    """Beeps of 150 ms in the background, 150 ms apart. `freq` in Hz is kept for the next time."""
    if freq is not None:
        if not _LOWEST_HZ <= freq <= _HIGHEST_HZ:
            raise ValueError("freq: %d..%d Hz" % (_LOWEST_HZ, _HIGHEST_HZ))
        _Buzzer.state.values[0] = int(freq)
        if _Buzzer.cache:
            _Buzzer.state.save()
    _open()
    task = micro_task("buzzer._bipp")
    _Buzzer.bipps = repeat + (_Buzzer.bipps if task and not task.done else 0)
    micro_task("buzzer._bipp", _sound(_bipps()))
    return "Bipp.. on %d Hz" % _Buzzer.state.values[0]


def _setup(text):
    """(duration, octave, beats per minute) of the head of a melody; what is missing as in the definition."""
    values = {"d": 4, "o": 6, "b": 63}
    for part in text.split(","):
        key, equals, value = part.strip().partition("=")
        if equals:
            values[key.strip().lower()] = int(value)
    return values["d"], values["o"], values["b"]


def _note(text, duration, octave, whole_ms):
    """(Hz, ms) of one note; (0, ms) of a pause. Raises ValueError."""
    text = text.strip().lower()
    dotted = "." in text
    text = text.replace(".", "")
    name = text.lstrip("0123456789")
    duration = int(text[: len(text) - len(name)] or duration)
    ms = whole_ms // duration * (3 if dotted else 2) // 2
    if name == "p":
        return 0, ms
    sharp = name[1:2] == "#"
    octave = int(name[1 + sharp :] or octave)
    if name[:1] not in _SEMITONES:
        raise ValueError("no note: %s" % text)
    semitones = _SEMITONES[name[0]] + sharp - _SEMITONES["a"] + 12 * (octave - 4)
    return round(440 * 2 ** (semitones / 12)), ms


def _melody(text):
    """[(Hz, ms)] of an RTTTL text without its title. Raises ValueError."""
    head, _, notes = text.partition(":")
    duration, octave, beats = _setup(head)
    whole_ms = 240000 // beats
    return [_note(note, duration, octave, whole_ms) for note in notes.split(",") if note.strip()]


def play(rtttlstr="Indiana"):
    """Plays a tune of the list (a part of its title), or an RTTTL text that starts with `d=`, in the background."""
    if not rtttlstr.startswith("d="):
        title = rtttlstr.lower()
        found = [tune for tune in _TUNES if title in tune[: tune.find(":")].lower()]
        if not found:
            return "Unknown tune: %s" % rtttlstr
        rtttlstr = found[0][found[0].find(":") + 1 :]
    melody = _melody(rtttlstr)
    _open()
    return "Play song" if micro_task("buzzer._play", _sound(melody)) else "Song already playing"


def list_tones():
    """Titles of the tunes, one a line."""
    return "\n".join(tune[: tune.find(":")] for tune in _TUNES)


def load_n_init(cache=None):
    """Prepares the pin and restores the frequency. cache: keep the state in buzzer.pds (None: yes)."""
    _Buzzer.cache = cache is None or bool(cache)
    if not _Buzzer.cache:
        _Buzzer.state.values[0] = 600
    _open()
    return "CACHE: %s" % _Buzzer.cache


def pinmap():
    """The pin."""
    return pinmap_dump("buzzer")


def help(widgets=False):
    """Usage lines."""
    return typed_help(
        (
            "SLIDER bipp repeat=1 freq=<100-4000-50>",
            "BUTTON play rtttlstr=<'Indiana','OdeToJoy','FurElise','Westminster'>",
            "list_tones",
            "load_n_init cache=None",
            "pinmap",
        ),
        widgets,
    )
