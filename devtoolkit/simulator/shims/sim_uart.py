"""`machine.UART`: serial lines whose other end is the link. A stream, so asyncio can wait for it."""

import io

import simcore
import simlink
from sim_pin import Pin

_POLL = 3  # MP_STREAM_POLL
_READ, _WRITE = 1, 4
_KEPT = 1024  # bytes of output that a line remembers

_lines = {}  # id -> _Line; an object made again continues its line


class _Line:
    def __init__(self):
        self.received = b""
        self.sent = b""
        self.count = 0
        self.baudrate = 0
        self.echo = False  # TX wired to RX
        self.handler = None


class UART(io.IOBase):
    INV_TX, INV_RX = 1, 2
    RTS, CTS = 1, 2
    IRQ_RX, IRQ_RXIDLE, IRQ_BREAK = 1, 2, 4

    def __init__(self, id, baudrate=115200, bits=8, parity=None, stop=1, **kwargs):
        if id not in (0, 1, 2):
            raise ValueError("UART(%s) does not exist" % id)
        self._id = id
        self._line = _lines.setdefault(id, _Line())
        self._timeout = 0
        self.init(baudrate, bits, parity, stop, **kwargs)

    def init(self, baudrate=115200, bits=8, parity=None, stop=1, *, tx=None, rx=None, timeout=0, **kwargs):
        self._line.baudrate = baudrate
        self._timeout = timeout
        if tx is not None:
            Pin(tx, Pin.OUT, value=1)
        if rx is not None:
            Pin(rx, Pin.IN)

    def deinit(self):
        self._line.handler = None

    def any(self):
        simcore.hook()
        return len(self._line.received)

    def _wait(self):
        """bool: there is something to read now, or within the timeout."""
        end = simcore.ticks_add(simcore.ticks_ms(), self._timeout)
        while not self.any():
            if simcore.ticks_diff(end, simcore.ticks_ms()) <= 0:
                return False
            simcore.wait(1)
        return True

    def _take(self, count):
        data, self._line.received = self._line.received[:count], self._line.received[count:]
        return data

    def read(self, nbytes=None):
        if not self._wait():
            return None
        return self._take(len(self._line.received) if nbytes is None else nbytes)

    def readinto(self, buf, nbytes=None):
        if not self._wait():
            return None
        data = self._take(len(buf) if nbytes is None else nbytes)
        buf[: len(data)] = data
        return len(data)

    def readline(self):
        if not self._wait():
            return None
        end = self._line.received.find(b"\n")
        return self._take(len(self._line.received) if end < 0 else end + 1)

    def write(self, buf, off=0, length=None):
        data = bytes(buf)[off:] if length is None else bytes(buf)[off : off + length]
        line = self._line
        line.count += len(data)
        line.sent = (line.sent + data)[-_KEPT:]
        if line.echo:
            receive(self._id, data)
        return len(data)

    def flush(self):
        pass

    def txdone(self):
        return True

    def sendbreak(self):
        pass

    def irq(self, handler=None, trigger=IRQ_RX, hard=False):
        self._line.handler = handler and (lambda _: handler(self))

    def ioctl(self, request, argument):
        if request != _POLL:
            return 0
        return argument & (_WRITE | (_READ if self._line.received else 0))

    def __repr__(self):
        return "UART(%d, baudrate=%d)" % (self._id, self._line.baudrate)


def receive(number, data):
    """Bytes arrive on a line."""
    line = _lines.setdefault(number, _Line())
    line.received += data
    if line.handler:
        simcore.guarded(line.handler, None)


def _op_uart(message):
    """{"op":"uart","id":n,"data":text or "hex":text,"echo":bool}: bytes arrive; echo wires TX to RX."""
    if "echo" in message:
        _lines.setdefault(message["id"], _Line()).echo = message["echo"]
    data = bytes.fromhex(message["hex"]) if "hex" in message else message.get("data", "").encode()
    if data:
        receive(message["id"], data)


simlink.ops["uart"] = _op_uart
simlink.views["uart"] = lambda: {
    str(n): {"baudrate": line.baudrate, "count": line.count, "sent": line.sent.hex(), "waiting": len(line.received)}
    for n, line in _lines.items()
}
