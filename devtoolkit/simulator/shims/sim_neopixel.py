"""`neopixel`: a strip whose colours can be read over the link after each `write()`."""

import sim_trace
import simlink

_strips = {}  # pin -> bytes as written, in wire order
_changes = simlink.Changes("leds", "pin")


class NeoPixel:
    ORDER = (1, 0, 2, 3)  # wire order is G R B (W)

    def __init__(self, pin, n, bpp=3, timing=1):
        self.pin = pin
        self.n = n
        self.bpp = bpp
        self.buf = bytearray(n * bpp)
        self.timing = timing
        pin.init(pin.OUT)

    def __len__(self):
        return self.n

    def __setitem__(self, i, v):
        if not -self.n <= i < self.n:
            raise IndexError
        offset = (i % self.n) * self.bpp
        for j in range(self.bpp):
            self.buf[offset + self.ORDER[j]] = v[j]

    def __getitem__(self, i):
        if not -self.n <= i < self.n:
            raise IndexError
        offset = (i % self.n) * self.bpp
        return tuple(self.buf[offset + self.ORDER[j]] for j in range(self.bpp))

    def fill(self, v):
        for i in range(self.n):
            self[i] = v

    def write(self):
        _strips[self.pin._id] = (bytes(self.buf), self.bpp)
        _changes.put(self.pin._id, _colours(self.pin._id))
        sim_trace.note("leds", self.pin._id, bytes(self.buf).hex())


def _colours(pin):
    buf, bpp = _strips[pin]
    order = NeoPixel.ORDER
    return [[buf[i + order[j]] for j in range(bpp)] for i in range(0, len(buf), bpp)]


simlink.views["leds"] = lambda: {str(pin): _colours(pin) for pin in _strips}
