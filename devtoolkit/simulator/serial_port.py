"""The board's serial line to the outside: a pseudo-terminal that clients open like any port.

No slave side is kept open here, so the kernel tells when the last client has closed it (EIO on the master). It does not
tell when the next one opens it: `PortWatch` asks for all closed ports of the process at once.
"""

import asyncio
import os
import select
import termios
import tty
from collections.abc import Callable
from typing import Protocol

WATCH_S = 0.01  # how late an opening client is noticed
_BITS_PER_BYTE = 10  # 8N1
_READ = 65536
_FULL = 65536  # output waiting for a client that does not read: from here on the VM is stopped
_STALL_S = 1.0  # output that nobody has read for this long is lost, as on a real line
_SLICE_S = 0.005  # the throttle hands over what the wire carries in this time


class Client(Protocol):
    """Who owns the port."""

    def received(self, data: bytes) -> None:
        """Bytes from the client."""

    def client_closed(self) -> None:
        """The last client closed the port."""

    def drained(self) -> None:
        """Output has room again after `full`."""


class PortWatch:
    """Finds out which closed ports have been opened: one poll call for all of them, every `WATCH_S`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._poll = select.poll()
        self._opened: dict[int, Callable[[], None]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, fd: int, opened: Callable[[], None]) -> None:
        """Call `opened` once, as soon as a client has opened the other side of `fd`."""
        self._opened[fd] = opened
        self._poll.register(fd, select.POLLIN)
        if self._timer is None:
            self._timer = self._loop.call_later(WATCH_S, self._look)

    def remove(self, fd: int) -> None:
        """Stop watching `fd`; unknown ones are ignored."""
        if self._opened.pop(fd, None):
            self._poll.unregister(fd)

    def _look(self) -> None:
        self._timer = None
        hung = {fd for fd, events in self._poll.poll(0) if events & select.POLLHUP and not events & select.POLLIN}
        for fd in [fd for fd in self._opened if fd not in hung]:
            opened = self._opened[fd]
            self.remove(fd)
            opened()
        if self._opened:
            self._timer = self._loop.call_later(WATCH_S, self._look)


class SerialPort:
    """The pseudo-terminal of one board; `path` is what clients open. For the loop's thread only."""

    def __init__(self, loop: asyncio.AbstractEventLoop, watch: PortWatch, client: Client) -> None:
        self._loop = loop
        self._watch = watch
        self._client = client
        self._out = bytearray()
        self._rate = 0.0  # bytes per second, 0 = as fast as it goes
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._progress = loop.time()
        self.has_client = False
        self.path = ""
        self._fd = -1
        self.appear()

    def appear(self) -> None:
        """The port is there (again), maybe under another name; one that is there already stays."""
        if self._fd >= 0:
            return
        self._fd, slave = os.openpty()
        try:
            tty.setraw(slave, termios.TCSANOW)
            self.path = os.ttyname(slave)
        finally:
            os.close(slave)  # from here on the master shows "hung up" until a client opens the port
        os.set_blocking(self._fd, False)
        self._watch.add(self._fd, self._opened)

    def hide(self) -> None:
        """About to vanish: `path` is empty from now on."""
        self.path = ""

    def vanish(self) -> None:
        """The port is gone, as when the plug is pulled: `path` is empty; a client that was there gets an error."""
        if self._fd < 0:
            return
        self._stop()
        self._watch.remove(self._fd)
        os.close(self._fd)
        self._fd, self.path, self.has_client = -1, "", False
        self._out.clear()

    def close(self) -> None:
        """Close the line; a client that is there gets an error."""
        self.vanish()

    def throttle(self, baud: int | None) -> None:
        """Carry no more than a wire at `baud` would; None: no limit."""
        self._rate = baud / _BITS_PER_BYTE if baud else 0.0

    @property
    def full(self) -> bool:
        """Whether the client does not read: whoever writes should wait for `drained`."""
        return len(self._out) >= _FULL

    def write(self, data: bytes) -> None:
        """Send to the client, if there is one."""
        if self.has_client and data:
            if not self._out:
                self._progress = self._loop.time()
            self._out += data
            self._pump()

    # --- client comes and goes

    def _opened(self) -> None:
        self.has_client = True
        self._loop.add_reader(self._fd, self._readable)

    def _stop(self) -> None:
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _hung_up(self) -> None:
        self._stop()
        self._out.clear()
        self.has_client = False
        self._watch.add(self._fd, self._opened)
        self._client.client_closed()
        self._client.drained()

    # --- from the client

    def _readable(self) -> None:
        self._take(self._loop.time())

    def _resume_reading(self) -> None:
        self._loop.add_reader(self._fd, self._readable)
        self._take(self._timers["in"].when())  # what waits already has followed without a gap

    def _take(self, began: float) -> None:
        """Read what the wire carries in one slice of time, from `began` on."""
        size = _READ if not self._rate else max(int(self._rate * _SLICE_S), 1)
        try:
            data = os.read(self._fd, size)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._hung_up()
            return
        if self._rate:
            self._loop.remove_reader(self._fd)
            self._at("in", began + len(data) / self._rate, self._resume_reading)
        self._client.received(data)

    # --- to the client

    def _at(self, key: str, when: float, call: Callable[[], None]) -> None:
        if key in self._timers:
            self._timers[key].cancel()
        self._timers[key] = self._loop.call_at(when, call)

    def _pump(self) -> None:
        if "out" not in self._timers:  # otherwise the wire is still busy with the last slice
            self._send(self._loop.time())

    def _wire_free(self) -> None:
        self._send(self._timers.pop("out").when())

    def _send(self, began: float) -> None:
        """Write what the wire carries in one slice of time, from `began` on."""
        if not self._out:
            return
        was_full = self.full
        size = len(self._out) if not self._rate else max(int(self._rate * _SLICE_S), 1)
        try:
            sent = os.write(self._fd, self._out[:size])
        except BlockingIOError:
            sent = 0
        except OSError:
            return  # the reader notices the hang-up
        self._after_write(sent, began)
        if was_full and not self.full:
            self._client.drained()

    def _after_write(self, sent: int, began: float) -> None:
        self._loop.remove_writer(self._fd)
        if sent:
            del self._out[:sent]
            self._progress = self._loop.time()
        elif self._loop.time() - self._progress > _STALL_S:
            self._out.clear()
        if sent and self._rate:
            self._at("out", began + sent / self._rate, self._wire_free)
        elif self._out:
            self._loop.add_writer(self._fd, self._pump)
            self._at("stall", self._loop.time() + _STALL_S, self._pump)
