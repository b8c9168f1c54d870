"""
`machine.I2S` of the virtual board: audio in from a simulated microphone, audio out into a record.

As on the ESP32 port: samples come in time with the clock and wait in a buffer of `ibuf` bytes of 8 a frame; what does
not fit is lost. `readinto` blocks until the buffer is full; with `irq` it returns at once and the handler is called
later; polled as a stream it gives what is there. Bytes are little endian, the left channel first; mono is the left one.
"""

import struct

import sim_sound
import simcore
import simlink
from sim_pin import Pin

_PORTS = {"esp32": 2, "esp32s3": 2, "rp2040": 2}
_ports = {}  # id -> I2S
_POLL, _READ, _WRITE = 3, 1, 4
_EPERM, _EINVAL = 1, 22
_FRAME = 8  # bytes in the buffer of the driver, whatever the format
_KEPT = 1024


class I2S:
    RX, TX = 1, 0
    MONO, STEREO = 0, 1

    def __new__(cls, id, **kwargs):
        if not 0 <= id < _PORTS.get(simcore.cfg["chip"], 1):
            raise ValueError("invalid id")
        port = _ports.get(id)
        if port is None:
            port = _ports[id] = super().__new__(cls)
            port._id = id
            port._job = None
        return port

    def __init__(self, id, **kwargs):
        self.init(**kwargs)

    def init(self, *, sck, ws, sd, mode, bits, format, rate, ibuf):
        self.deinit()
        for value, known, name in ((mode, (0, 1), "mode"), (bits, (16, 32), "bits"), (format, (0, 1), "format")):
            if value not in known:
                raise ValueError("invalid " + name)
        if ibuf <= 0:
            raise ValueError("invalid ibuf")
        for pin in (sck, ws):
            Pin(pin, Pin.OUT)
        self._sd = Pin(sd, Pin.IN if mode == I2S.RX else Pin.OUT)._id
        self._mode, self._bits, self._format, self._rate = mode, bits, format, rate
        self._kept = max(1, ibuf // _FRAME)  # frames
        self._bytes = bits // 8 * (2 if format == I2S.STEREO else 1)  # of a frame
        self._start = simcore.ticks_ms()
        self._done = 0  # frames that were read, written or lost
        self._overruns = 0  # times that some were lost
        self._handler = None
        self._streamed = False
        self._waiting = None
        self._sent = b""
        self._job = simcore.Job(self._filled)
        self._open = True

    def deinit(self):
        if self._job:
            self._job.stop()
            self._waiting = None
        self._open = False

    def irq(self, handler):
        self._handler = handler

    def _clock(self):
        """Frames since the start."""
        return simcore.ticks_diff(simcore.ticks_ms(), self._start) * self._rate // 1000

    def _ready(self):
        """Frames that wait to be read; the oldest ones are lost when there are too many. None: no clock."""
        microphone = sim_sound.microphones.get(self._sd)
        if not self._open or microphone and microphone["fault"] == "timeout":
            return None
        ready = self._clock() - self._done
        if ready > self._kept:
            self._done += ready - self._kept
            self._overruns += 1
        return min(ready, self._kept)

    def _take(self, buf, count):
        """The next `count` frames as bytes."""
        words = sim_sound.frames(self._sd, self._start, self._done, count, self._rate)
        self._done += count
        microphone = sim_sound.microphones.get(self._sd)
        channel = microphone["channel"] if microphone else "both"
        shift, code = (8, "<h") if self._bits == 16 else (-8, "<i")
        at = 0
        for word in words:
            word = word >> shift if shift > 0 else word << -shift
            for side in ("left", "right") if self._format == I2S.STEREO else ("left",):
                struct.pack_into(code, buf, at, word if channel in (side, "both") else 0)
                at += self._bits // 8

    def readinto(self, buf):
        if self._mode != I2S.RX:
            raise OSError(_EPERM)
        if len(buf) % self._bytes:
            raise OSError(_EINVAL)
        if self._handler is not None:
            self._waiting = (memoryview(buf), 0)
            self._job.start(self._ms(len(buf)))
            return len(buf)
        view = memoryview(buf)
        at = 0
        while at < len(buf):
            count = min(self._ready() or 0, (len(buf) - at) // self._bytes)
            if count:
                self._take(view[at:], count)
                at += count * self._bytes
            elif self._streamed:
                break
            else:
                simcore.wait(1)
        return at

    def _ms(self, size):
        """Until so many bytes have come (those that wait count), but not until the driver's buffer is full."""
        missing = min(size // self._bytes, self._kept // 2) - (self._ready() or 0)
        return max(1, (missing * 1000 + self._rate - 1) // self._rate)

    def _filled(self, _):
        """Goes on with a call that did not wait, as the driver's task does, then calls the handler."""
        buf, at = self._waiting
        count = min(self._ready() or 0, (len(buf) - at) // self._bytes)
        self._take(buf[at:], count)
        at += count * self._bytes
        if at < len(buf):
            self._waiting = (buf, at)
            self._job.start(self._ms(len(buf) - at))
            return
        self._waiting = None
        if self._handler:
            self._handler(self)

    def write(self, buf):
        if self._mode != I2S.TX:
            raise OSError(_EPERM)
        self._sent = (self._sent + bytes(buf))[-_KEPT:]
        count = len(buf) // self._bytes
        if self._handler is not None:
            simcore.Job(lambda _: self._handler and self._handler(self)).start(count * 1000 // self._rate)
        elif not self._streamed:
            simcore.wait(max(0, (self._done + count - self._kept - self._clock()) * 1000 // self._rate))
        self._done = max(self._done, self._clock()) + count
        return len(buf)

    def ioctl(self, request, argument):
        if request != _POLL:
            return -_EINVAL
        self._streamed = True
        if self._mode == I2S.RX:
            return argument & (_READ if self._ready() else 0)
        return argument & (_WRITE if self._done - self._clock() < self._kept else 0)

    @staticmethod
    def shift(*, buf, bits, shift):
        """In place, bits that leave the word are lost."""
        if bits not in (16, 32):
            raise ValueError("invalid bits")
        size, code, top = (2, "<h", 1 << 15) if bits == 16 else (4, "<i", 1 << 31)
        for at in range(0, len(buf) // size * size, size):
            word = struct.unpack_from(code, buf, at)[0]
            word = word << shift if shift >= 0 else word >> -shift
            struct.pack_into(code, buf, at, (word + top) % (2 * top) - top)

    def state(self):
        direction = "rx" if self._mode == I2S.RX else "tx"
        state = {"open": self._open, "direction": direction, "bits": self._bits, "rate": self._rate}
        state.update(format=self._format, frames=self._done, overruns=self._overruns, sent=self._sent.hex())
        return state

    def __repr__(self):
        return "I2S(id=%d, mode=%d, bits=%d, format=%d, rate=%d)" % (
            self._id,
            self._mode,
            self._bits,
            self._format,
            self._rate,
        )


simlink.views["i2s"] = lambda: {str(number): port.state() for number, port in _ports.items()}
