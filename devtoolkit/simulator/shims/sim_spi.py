"""
`machine.SPI` and `SoftSPI`. What is written to a bus can be read over the link; device models answer.

A model is an object with exchange(bytes) -> bytes of the same length, select(bool), and state() -> JSON value. Further
kinds register a function(message) -> model in KINDS.
"""

import sim_trace
import simlink
from sim_pin import Pin

_KEPT = 256  # bytes of the last transfers that a bus remembers
_HARDWARE_PINS = {1: (14, 13, 12), 2: (18, 23, 19)}  # sck, mosi, miso of the ESP32 port

_buses = {}  # sck pin -> [bytes written in all, last bytes]
_models = {}  # sck pin -> list of (cs pin or None, model)


class Loopback:
    """MISO wired to MOSI."""

    def __init__(self, message):
        self.count = 0

    def exchange(self, data):
        self.count += len(data)
        return data

    def select(self, on):
        pass

    def state(self):
        return {"count": self.count}


class Apa102:
    """
    A chain of APA102 LEDs (data sheet): a start frame of 32 zero bits, per LED 0b111 and 5 bits of brightness, then
    blue, green, red; ones at the end push the last colours through.
    """

    def __init__(self, message):
        self.leds = [[0, 0, 0, 0] for _ in range(message.get("leds", 1))]
        self.zeros = 0
        self.frame = None  # bytes of the LED frame under way; None: waiting for a start frame
        self.index = 0

    def exchange(self, data):
        for byte in data:
            self._byte(byte)
        return bytes(len(data))

    def _byte(self, byte):
        self.zeros = self.zeros + 1 if byte == 0 else 0
        if self.frame is None or not self.frame and byte < 0xE0:
            self.frame = None
            if self.zeros >= 4:
                self.frame = b""
                self.index = 0
            return
        self.frame += bytes([byte])
        if len(self.frame) == 4:
            if self.index < len(self.leds):
                self.leds[self.index] = [self.frame[3], self.frame[2], self.frame[1], self.frame[0] & 0x1F]
            self.index += 1
            self.frame = b""
            self.zeros = 0

    def select(self, on):
        pass

    def state(self):
        return {"leds": self.leds}


KINDS = {"loopback": Loopback, "apa102": Apa102}


class SoftSPI:
    MSB, LSB = 0, 1

    def __init__(self, baudrate=500000, *, polarity=0, phase=0, bits=8, firstbit=MSB, sck=None, mosi=None, miso=None):
        if sck is None or mosi is None or miso is None:
            raise ValueError("must specify all of sck/mosi/miso")
        self._open(sck, mosi, miso, baudrate)

    def _open(self, sck, mosi, miso, baudrate):
        self._sck = Pin(sck, Pin.OUT)._id
        Pin(mosi, Pin.OUT)
        Pin(miso, Pin.IN)
        self._baudrate = baudrate
        _buses.setdefault(self._sck, [0, b""])

    def init(self, baudrate=None, *, polarity=0, phase=0, bits=8, firstbit=MSB, sck=None, mosi=None, miso=None):
        self._baudrate = baudrate or self._baudrate

    def deinit(self):
        pass

    def _transfer(self, data):
        bus = _buses[self._sck]
        bus[0] += len(data)
        bus[1] = (bus[1] + data)[-_KEPT:]
        sim_trace.note("spi", self._sck, data.hex())
        answer = bytes(len(data))
        for cs, model in _models.get(self._sck, ()):
            if cs is None or Pin(cs)._level() == 0:
                answer = model.exchange(data)
        return answer

    def write(self, buf):
        self._transfer(bytes(buf))

    def read(self, nbytes, write=0):
        return self._transfer(bytes([write]) * nbytes)

    def readinto(self, buf, write=0):
        buf[:] = self._transfer(bytes([write]) * len(buf))

    def write_readinto(self, write_buf, read_buf):
        if len(write_buf) != len(read_buf):
            raise ValueError("buffers must be the same length")
        read_buf[:] = self._transfer(bytes(write_buf))

    def __repr__(self):
        return "%s(sck=%d, baudrate=%d)" % (type(self).__name__, self._sck, self._baudrate)


class SPI(SoftSPI):
    """A hardware bus; without pins the port's own ones."""

    def __init__(
        self, id, baudrate=1000000, *, polarity=0, phase=0, bits=8, firstbit=0, sck=None, mosi=None, miso=None
    ):
        if id not in _HARDWARE_PINS:
            raise ValueError("SPI(%s) doesn't exist" % id)
        own = _HARDWARE_PINS[id]
        chosen = (own[i] if pin is None else pin for i, pin in enumerate((sck, mosi, miso)))
        self._open(*chosen, baudrate)


def _op_spi(message):
    """{"op":"spi","sck":n,"kind":"loopback"|"apa102","leds":n,"cs":pin or null,"present":bool}; one model per CS."""
    sck, cs = message["sck"], message.get("cs")
    others = [item for item in _models.get(sck, ()) if item[0] != cs]
    if cs is not None:
        sim_trace.listen("pin", cs, None)
    if message.get("present", True):
        kind = message["kind"]
        if kind not in KINDS:
            raise ValueError("unknown kind " + str(kind))
        model = KINDS[kind](message)
        others.append((cs, model))
        if cs is not None:
            sim_trace.listen("pin", cs, lambda level: model.select(not level))
    _models[sck] = others


def _view():
    view = {}
    for sck, bus in _buses.items():
        devices = [model.state() for _, model in _models.get(sck, ())]
        view[str(sck)] = {"count": bus[0], "written": bus[1].hex(), "devices": devices}
    return view


simlink.ops["spi"] = _op_spi
simlink.views["spi"] = _view
