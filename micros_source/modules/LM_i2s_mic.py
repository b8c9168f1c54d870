"""
Microphone on an I2S bus (i2s_sck, i2s_ws, i2s_sd), such as an INMP441.

Its data sheet (DS-INMP441-00): the L/R pin puts it on the left or right half of a frame; its noise is -87 dBFS, more
than a step of 16 bits, so samples that never change mean that there is none; it gives -26 dBFS at 94 dB, so speech
wants the volume of SHIFT_SIZE.
"""

import asyncio
import time
from array import array

import SoundInput
from Common import rest_endpoint, typed_help
from microIO import physical_pin, pinmap_dump
from micropython import const
from SoundInput import Data, Input

_AT_ONCE = const(64)  # samples that are worked on together, to need little memory
_BOUNCE_MS = const(300)
_CHANNELS = ("left", "right", "both")


class _Mic:
    duration = Data.CAPTURE_DURATION
    channel = Data.DEFAULT_CHANNEL
    downsampling = Data.DOWNSAMPLING
    shift = Data.SHIFT_SIZE
    wanted = False  # the background capture, by a command
    button = None
    pressed = 0  # ticks_ms


def _hold():
    """For other modules: the background capture goes on until `_release`."""
    SoundInput.start()
    Input.users += 1


def _release():
    Input.users -= 1
    if not Input.users:
        SoundInput.stop()


def background_capture():
    """Keeps the last half second (buf_length bytes) from now on, as task i2s_mic.background."""
    started = SoundInput.start()
    Input.users += not _Mic.wanted
    _Mic.wanted = True
    return "Starting" if started else "Already running"


# --- samples


def _asked(duration, channel, downsampling):
    """Bytes of the time, channel, downsampling; what is not given is as load_n_init was told. Raises ValueError."""
    channel = _Mic.channel if channel == Data.DEFAULT_CHANNEL else channel
    downsampling = _Mic.downsampling if downsampling == Data.DOWNSAMPLING else downsampling
    size = bytes_per_second(_Mic.duration if duration == Data.CAPTURE_DURATION else duration)
    if channel not in _CHANNELS or downsampling < 1 or size < 1:
        raise ValueError("channel: left, right, both; duration and downsampling: above 0")
    return size, channel, downsampling


def _code():
    return "h" if Input.bits == 16 else "i"


def _words(samples, channel, downsampling):
    """Lists of samples of one channel (both: in turn), each downsampling-th."""
    sides = 2 if Input.stereo and channel != "both" else 1
    first = _CHANNELS.index(channel) if sides == 2 else 0
    step = sides * downsampling
    size = Input.bits // 8 * step * _AT_ONCE
    for at in range(0, len(samples), size):
        yield list(array(_code(), bytes(samples[at : at + size])))[first::step]  # of a memoryview it takes bytes


def _sound(samples, channel, downsampling):
    """Samples as bytes, clipped where they get too loud. Raises OSError when they do not come from a microphone."""
    shift = _Mic.shift
    top = (1 << (Input.bits - 1)) - 1
    low, high = top, -top
    sound = bytearray()
    for words in _words(samples, channel, downsampling):
        low, high = min(low, min(words)), max(high, max(words))
        words = [word << shift for word in words]
        if max(words) > top or min(words) < -top:
            words = [max(-top, min(top, word)) for word in words]
        sound.extend(array(_code(), words))
    if low == high and len(sound) > _AT_ONCE:
        raise OSError("no microphone (%s)" % channel)
    return bytes(sound)


def get_from_buffer(
    capture_duration=Data.CAPTURE_DURATION, channel=Data.DEFAULT_CHANNEL, downsampling=Data.DOWNSAMPLING
):
    """The last seconds of the background capture as bytes (little endian) of one channel; each n-th sample."""
    size, channel, downsampling = _asked(capture_duration, channel, downsampling)
    SoundInput.check()
    return _sound(SoundInput.newest(size), channel, downsampling)


async def capture(capture_duration=Data.CAPTURE_DURATION, channel=Data.DEFAULT_CHANNEL, downsampling=Data.DOWNSAMPLING):
    """Records so many seconds from now on; bytes as of get_from_buffer."""
    size, channel, downsampling = _asked(capture_duration, channel, downsampling)
    if not SoundInput.running():
        return _sound(await SoundInput.record(size), channel, downsampling)
    start = Input.written
    while Input.written - start < size:
        SoundInput.check()
        if Input.paused:
            raise ValueError("stopped by its button")
        await asyncio.sleep_ms(10)
    return _sound(SoundInput.newest(size), channel, downsampling)


def select_channel(samples=b"", channel=Data.DEFAULT_CHANNEL, downsampling=1):
    """The samples of one channel of a recording of both, as they are; without a recording those of the buffer."""
    samples = samples or SoundInput.newest(Input.size)
    return b"".join([bytes(array(_code(), words)) for words in _words(samples, channel, downsampling)])


def decode(samples=b""):
    """Samples as a list of numbers; without any those of get_from_buffer."""
    return list(array(_code(), samples or get_from_buffer()))


def bytes_per_second(t=1):
    """Bytes of a recording of t seconds, all channels."""
    return int(Input.rate * t) * SoundInput.frame()


def set_volume(shift_size=0):
    """Each step doubles it."""
    if not 0 <= shift_size <= 16:
        raise ValueError("shift_size=%s is out of range: 0-16" % shift_size)
    _Mic.shift = shift_size
    return "Volume: x%d" % (1 << shift_size)


def _level(since):
    """
    For who has called `_hold`: (loudest sample of the newest piece in percent of the range, bytes recorded), None when
    there is nothing newer than `since`. Raises OSError when there is no microphone.
    """
    if not SoundInput.running():
        if Input.fault:
            fault, Input.fault = Input.fault, ""
            raise OSError(fault)
        SoundInput.start()
    if Input.written == since or Input.ring is None:
        return None
    words = []
    for part in _words(SoundInput.newest(len(Input.ring) // SoundInput.PIECES), _Mic.channel, 1):
        words += part
    low, high = min(words), max(words)
    if low == high:
        raise OSError("no microphone (%s)" % _Mic.channel)
    percent = ((high - low) << _Mic.shift) * 50 / (1 << (Input.bits - 1))
    return min(100, round(percent, 1)), Input.written


# --- stream, button


class _Stream:
    """A client of mic/stream: pieces without a gap, unless it is slower than the sound."""

    at = 0

    async def piece(self):
        size = min(bytes_per_second(_Mic.duration), Input.size // 2)
        while Input.written - self.at < size:
            SoundInput.check()
            await asyncio.sleep_ms(10)
        ready, self.at = Input.written - self.at, Input.written
        return _sound(SoundInput.newest(ready), _Mic.channel, _Mic.downsampling)


def _stream():
    _hold()
    channels = 2 if Input.stereo and _Mic.channel == "both" else 1
    kind = "audio/l%d;rate=%d;channels=%d" % (Input.bits, Input.rate // _Mic.downsampling, channels)
    return "multipart/x-mixed-replace", {"callback": _Stream().piece, "content-type": kind, "close": _release}


def _toggle(_):
    now = time.ticks_ms()
    if time.ticks_diff(now, _Mic.pressed) > _BOUNCE_MS:
        _Mic.pressed = now
        Input.paused = not Input.paused


def _watch_button(name):
    from machine import Pin

    _Mic.button = Pin(physical_pin(name), Pin.IN, Pin.PULL_DOWN)
    _Mic.pressed = time.ticks_add(time.ticks_ms(), -2 * _BOUNCE_MS)
    _Mic.button.irq(_toggle, Pin.IRQ_RISING)


def load_n_init(
    buf_length=Data.BUF_LENGTH,
    sampling_rate=Data.SAMPLING_RATE,
    capture_duration=Data.CAPTURE_DURATION,
    shift_size=Data.SHIFT_SIZE,
    sample_size=Data.SAMPLE_SIZE,
    i2s_channel=Data.I2S_CHANNEL,
    default_channel=Data.DEFAULT_CHANNEL,
    sound_format=Data.FORMAT,
    downsampling=Data.DOWNSAMPLING,
    control_button="",
    enable_endpoint=True,
):
    """
    Opens the bus. buf_length: bytes that background_capture keeps; capture_duration: seconds; shift_size: see
    set_volume; sample_size: 16 or 32 bits; default_channel left, right, both; sound_format 1 stereo, 0 mono (left);
    control_button: logical pin of a button to 3.3 V that stops the background capture and lets it go on;
    enable_endpoint: the web has mic/stream (where the web was off it is switched on, and the node restarts).
    """
    if default_channel not in _CHANNELS or sample_size not in (16, 32) or sound_format not in (0, 1):
        raise ValueError("default_channel: left, right, both; sample_size: 16, 32; sound_format: 0, 1")
    if not 1000 <= sampling_rate <= 96000 or buf_length < 1024 or capture_duration <= 0 or downsampling < 1:
        raise ValueError("out of range")
    set_volume(shift_size)
    _unload()
    Input.number, Input.rate, Input.size = i2s_channel, sampling_rate, buf_length
    Input.bits, Input.stereo, Input.paused = sample_size, sound_format, False
    _Mic.duration, _Mic.channel, _Mic.downsampling = capture_duration, default_channel, downsampling
    SoundInput.open_port()
    if control_button:
        _watch_button(control_button)
    if enable_endpoint:
        rest_endpoint("mic/stream", _stream)
    text = "I2S microphone: %d Hz, %d bit, %s" % (sampling_rate, sample_size, default_channel)
    return text + (", endpoint /mic/stream" if enable_endpoint else "")


def _unload():
    """Ends what the driver and the button would call."""
    SoundInput.stop()
    SoundInput.close_port()
    if _Mic.button:
        _Mic.button.irq(None)


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump(SoundInput.PINS)


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(
        (
            "BUTTON background_capture",
            "get_from_buffer capture_duration=0.25 channel='right' downsampling=1",
            "capture capture_duration=0.25 channel='right' downsampling=1",
            "select_channel samples=b'' channel='right' downsampling=1",
            "decode samples=b''",
            "bytes_per_second t=1",
            "SLIDER set_volume shift_size=<0-16>",
            "load_n_init buf_length=16000 sampling_rate=8000 capture_duration=0.25 shift_size=6 sample_size=16 "
            "i2s_channel=1 default_channel='right' sound_format=1 downsampling=1 control_button='' "
            "enable_endpoint=True",
            "pinmap",
        ),
        widgets,
    )
