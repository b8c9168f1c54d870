"""
`machine.I2C` and `SoftI2C`: two-wire buses with addressable device models.

A model is an object with write(bytes), read(count) -> bytes, and state() -> JSON value; a model that does not
acknowledge raises OSError. With change(message) it takes new values while it stays attached, else a message makes a new
one. Further kinds register a function(message) -> model in KINDS.
"""

import errno

import sim_trace
import simcore
import simlink
from sim_pin import Pin

_FIRST, _LAST = 0x08, 0x77  # addresses a scan asks for: the rest is reserved by the I2C specification
_HARDWARE_PINS = ((18, 19), (25, 26))  # scl, sda of I2C(0) and I2C(1) on the ESP32 port

_buses = {}  # (scl, sda) -> {address: model}
_stuck = set()  # buses whose SDA is held low


class Registers:
    """A register file with an address pointer that moves on with every byte, as most sensors and EEPROMs have it."""

    def __init__(self, message):
        self.width = message.get("width", 1)  # bytes of a register address
        self.memory = {int(at): value & 0xFF for at, value in message.get("registers", {}).items()}
        self.pointer = 0

    def change(self, message):
        self.memory.update(Registers(message).memory)

    def write(self, data):
        if len(data) >= self.width:
            self.pointer = int.from_bytes(data[: self.width], "big")
            for value in data[self.width :]:
                self.memory[self.pointer] = value
                self._next()

    def read(self, count):
        out = bytearray(count)
        for i in range(count):
            out[i] = self.memory.get(self.pointer, 0)
            self._next()
        return bytes(out)

    def _next(self):
        self.pointer = (self.pointer + 1) % (1 << 8 * self.width)

    def state(self):
        return {str(at): value for at, value in self.memory.items()}


KINDS = {"registers": Registers}


class SoftI2C:
    """I2C in software, on any two pins; the primitives start, stop, readinto and write exist only here."""

    def __init__(self, scl, sda, *, freq=400000, timeout=50000):
        self._open(scl, sda, freq)

    def _open(self, scl, sda, freq):
        scl, sda = Pin(scl), Pin(sda)
        scl.init(Pin.OPEN_DRAIN, value=1)
        sda.init(Pin.OPEN_DRAIN, value=1)
        self._bus = (scl._id, sda._id)
        self._freq = freq
        self._model = None
        self._sent = None

    def init(self, scl=None, sda=None, *, freq=400000):
        self._open(self._bus[0] if scl is None else scl, self._bus[1] if sda is None else sda, freq)

    def _device(self, address):
        simcore.hook()
        if self._bus in _stuck:
            raise OSError(errno.ETIMEDOUT)
        model = _buses.get(self._bus, {}).get(address)
        if model is None:
            raise OSError(errno.ENODEV)
        return model

    def scan(self):
        if self._bus in _stuck:
            raise OSError(errno.ETIMEDOUT)
        simcore.hook()
        return sorted(a for a in _buses.get(self._bus, ()) if _FIRST <= a <= _LAST)

    def writeto(self, addr, buf, stop=True):
        data = bytes(buf)
        self._device(addr).write(data)
        sim_trace.note("i2c", addr, "w", data.hex())
        return len(data)

    def writevto(self, addr, vector, stop=True):
        return self.writeto(addr, b"".join(bytes(part) for part in vector), stop)

    def readfrom(self, addr, nbytes, stop=True):
        data = self._device(addr).read(nbytes)
        sim_trace.note("i2c", addr, "r", data.hex())
        return data

    def readfrom_into(self, addr, buf, stop=True):
        buf[:] = self.readfrom(addr, len(buf), stop)

    def _register(self, memaddr, addrsize):
        if addrsize % 8 or not 8 <= addrsize <= 32:
            raise ValueError("invalid addrsize")
        return memaddr.to_bytes(addrsize // 8, "big")

    def readfrom_mem(self, addr, memaddr, nbytes, *, addrsize=8):
        self.writeto(addr, self._register(memaddr, addrsize), False)
        return self.readfrom(addr, nbytes)

    def readfrom_mem_into(self, addr, memaddr, buf, *, addrsize=8):
        buf[:] = self.readfrom_mem(addr, memaddr, len(buf), addrsize=addrsize)

    def writeto_mem(self, addr, memaddr, buf, *, addrsize=8):
        self.writeto(addr, self._register(memaddr, addrsize) + bytes(buf))

    # --- primitives: a start condition, then the address byte in the first write

    def start(self):
        self._finish()
        self._sent = bytearray()

    def write(self, buf):
        data = bytes(buf)
        if self._model is None and data:
            self._model = _buses.get(self._bus, {}).get(data[0] >> 1)
            if self._model is None:
                return 0
            self._sent += data[1:]
            return len(data)
        self._sent += data
        return len(data)

    def readinto(self, buf, nack=True):
        if self._model is None:
            raise OSError(errno.ENODEV)
        buf[:] = self._model.read(len(buf))

    def stop(self):
        self._finish()

    def _finish(self):
        if self._model is not None and self._sent:
            self._model.write(bytes(self._sent))
        self._model = self._sent = None

    def __repr__(self):
        return "%s(scl=%d, sda=%d, freq=%d)" % (type(self).__name__, self._bus[0], self._bus[1], self._freq)


class I2C(SoftI2C):
    """A hardware bus; without pins the port's own ones."""

    def __init__(self, id=0, *, scl=None, sda=None, freq=400000, timeout=50000):
        if id not in (-1, 0, 1):
            raise ValueError("I2C(%s) doesn't exist" % id)
        own = _HARDWARE_PINS[max(0, id)]
        self._open(own[0] if scl is None else scl, own[1] if sda is None else sda, freq)

    def deinit(self):
        pass

    def _refuse(self, *_):
        raise OSError("I2C operation not supported")

    start = stop = readinto = write = _refuse


def _op_i2c(message):
    """
    {"op":"i2c","addr":n,"kind":"registers","registers":{n: byte},"width":1|2,"scl":22,"sda":21,"present":bool};
    an attached device of the kind keeps its state and takes what the message says. {"stuck": bool, "scl":, "sda":}: SDA
    held low.
    """
    bus = (message.get("scl", 22), message.get("sda", 21))
    if "stuck" in message:
        (_stuck.add if message["stuck"] else _stuck.discard)(bus)
    if "addr" not in message:
        return
    devices = _buses.setdefault(bus, {})
    address = message["addr"]
    if not message.get("present", True):
        devices.pop(address, None)
        return
    kind = message.get("kind", "registers")
    if kind not in KINDS:
        raise ValueError("unknown kind " + str(kind))
    model = devices.get(address)
    if getattr(model, "kind", None) == kind and hasattr(model, "change"):
        model.change(message)
    else:
        model = devices[address] = KINDS[kind](message)
        model.kind = kind


def _view():
    return {
        "%d/%d" % bus: {str(address): model.state() for address, model in devices.items()}
        for bus, devices in _buses.items()
    }


simlink.ops["i2c"] = _op_i2c
simlink.views["i2c"] = _view
