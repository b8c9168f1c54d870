"""One life of the VM: its process, its console, what ends it, and how soon the next one may begin."""

import asyncio
import os
from collections.abc import Callable

from devtoolkit.simulator.console import InputGate, OutputFilter
from devtoolkit.simulator.vm_process import VmProcess

_READ = 65536
_CTRL_A = b"\x01"
_QUICK_S = 0.5  # a VM that ends sooner than this, again and again, and not by what was typed, is slowed down
_QUICK_FREE = 3
_MAX_PAUSE_S = 2.0


class VmSession:
    """Runs from the start of `process` to its end; `ended` gets the exit status, unless `end` was called first.

    `output` gets the console's bytes as a board would send them.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        process: VmProcess,
        output: Callable[[bytes], None],
        ended: Callable[[int], None],
        *,
        raw: bool,
    ) -> None:
        self._loop = loop
        self._process = process
        self._output = output
        self._ended = ended
        self._filter = OutputFilter(want_raw=raw)
        self._gate = InputGate(loop, self._write, process.interrupt, process.program_runs)
        self._reading = False
        self.started = loop.time()
        self.mounted = False
        self.typed_to = False  # whether anything came from the client
        self.resume()

    @property
    def ended_quickly(self) -> bool:
        """Whether it did not live long, and nobody typed what ended it. Ask when it has just ended."""
        return self._loop.time() - self.started < _QUICK_S and not self.typed_to

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def raw(self) -> bool:
        """Whether the REPL is in raw mode, as far as its output tells."""
        return self._filter.raw

    def file_system_mounted(self) -> None:
        """The VM runs device code from now on."""
        self.mounted = True
        self._gate.open()

    def type(self, data: bytes) -> None:
        """Bytes from the client."""
        self.typed_to = True
        self._gate.feed(data)

    def interrupt(self) -> None:
        """Send the Ctrl-C again that the flash held back."""
        self._process.interrupt()

    def pause(self) -> None:
        """Stop taking output; the VM waits when its terminal is full."""
        if self._reading:
            self._loop.remove_reader(self._process.fd)
            self._reading = False

    def resume(self) -> None:
        """Take output again."""
        if not self._reading and self._process.fd >= 0:
            self._loop.add_reader(self._process.fd, self._readable)
            self._reading = True

    def flush(self) -> None:
        """Take what the VM has written so far: a program's last words before its reset are on the wire already."""
        while self._reading:
            try:
                data = os.read(self._process.fd, _READ)
            except OSError:  # nothing more, or hung up
                return
            if not data:
                return
            self._output(self._filter.feed(data))

    def end(self) -> None:
        """Kill the VM."""
        self.pause()
        self._gate.close()
        self._process.end()

    def _readable(self) -> None:
        try:
            data = os.read(self._process.fd, _READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.pause()
            self._gate.close()
            self._ended(self._process.reap())
            return
        self._output(self._filter.feed(data))
        if self._filter.raw_due:
            self._filter.raw_due = False
            self._write(_CTRL_A)

    def _write(self, data: bytes) -> int:
        try:
            return os.write(self._process.fd, data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)  # the VM is gone; the reader notices


class RestartPace:
    """A program that ends at once every time does not take the whole processor."""

    def __init__(self) -> None:
        self._quick_ends = 0

    def pause(self, ended: VmSession) -> float:
        """Seconds to wait before the VM that comes after `ended`."""
        self._quick_ends = self._quick_ends + 1 if ended.ended_quickly else 0
        extra = self._quick_ends - _QUICK_FREE
        return min(_QUICK_S * 2**extra, _MAX_PAUSE_S) if extra > 0 else 0.0
