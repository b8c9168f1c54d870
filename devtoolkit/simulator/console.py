"""What the VM prints and what is typed to it: the boot messages' log, the REPL's mode, and when input may pass."""

import asyncio
import re
from collections.abc import Callable

LOG_LIMIT = 65536  # bytes of console text that are kept
_RAW_BANNER = b"raw REPL; CTRL-B to exit\r\n"
_PROMPT = b">>> "
_BANNER = b"MicroPython "
_CTRL_C = b"\x03"
_SETTLE_S = 0.5  # a program that has not stopped this long after Ctrl-C goes on; what was typed since may pass
_LOOK_S = 0.002
_INPUT_LIMIT = 65536  # typed, but read by nobody: more is lost, as in a full receive buffer
_LONE_NEWLINE = re.compile(rb"(?<!\r)\n")


class ConsoleLog:
    """The last `LOG_LIMIT` bytes of output; `total` counts all bytes ever written."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self.total = 0

    def add(self, data: bytes) -> None:
        """Append output."""
        self.total += len(data)
        self._kept += data
        if len(self._kept) > LOG_LIMIT:
            del self._kept[: len(self._kept) - LOG_LIMIT]

    def text(self) -> str:
        """The kept output; bytes that are not UTF-8 become replacement characters."""
        return self._kept.decode("utf-8", "replace")


class OutputFilter:
    """Follows the VM's output: tells raw from friendly REPL, and gives text the line ends that a board sends.

    In raw mode nothing is changed, because programs may send binary data. `want_raw` is for a VM that has to come up in
    raw mode: its friendly banner is held back until `raw_due` becomes true (the prompt is there), then Ctrl-A is due.
    """

    def __init__(self, *, want_raw: bool = False) -> None:
        self.raw = False
        self.raw_due = False
        self._held: bytearray | None = bytearray() if want_raw else None
        self._tail = b""

    def feed(self, data: bytes) -> bytes:
        """What of `data` goes out, changed as a board's console would."""
        if self._held is not None:
            self._held += data
            data = self._release()
        seen = self._tail + data
        raw_at, friendly_at = seen.rfind(_RAW_BANNER), seen.rfind(b"\r\n" + _PROMPT)
        if max(raw_at, friendly_at) >= 0:
            self.raw = raw_at > friendly_at
        out = data if self.raw else self._cook(data)
        self._tail = seen[-len(_RAW_BANNER) :]
        return out

    def _cook(self, data: bytes) -> bytes:
        text = _LONE_NEWLINE.sub(b"\r\n", data)
        return text[1:] if data[:1] == b"\n" and self._tail[-1:] == b"\r" else text

    def _release(self) -> bytes:
        """Whole lines before the banner; with the prompt the banner is dropped and raw mode is due.

        A Ctrl-A that the client had typed before may have brought raw mode already.
        """
        held = self._held or bytearray()
        banner = held.rfind(_BANNER)
        raw = held.find(_RAW_BANNER, max(banner, 0))
        if banner >= 0 and raw >= 0:
            self._held = None
            return bytes(held[:banner] + held[raw:])
        if banner >= 0 and held.endswith(_PROMPT):
            self._held = None
            self.raw_due = True
            return bytes(held[:banner])
        end = banner if banner >= 0 else held.rfind(b"\n") + 1
        out = bytes(held[:end])
        del held[:end]
        return out


class InputGate:
    """Passes typed bytes to the VM when it can take them.

    While the VM starts, everything waits. Ctrl-C for a running program becomes an interrupt at once, and what follows
    it waits until the REPL reads again: the VM dies of a second interrupt while the first is pending, and a terminal
    may lose what comes in while it changes mode. Real boards have a receive buffer instead.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        write: Callable[[bytes], int],
        interrupt: Callable[[], None],
        program_runs: Callable[[], bool],
    ) -> None:
        self._loop = loop
        self._write = write
        self._interrupt = interrupt
        self._program_runs = program_runs
        self._waiting = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._settle_until = 0.0
        self._open = False

    def open(self) -> None:
        """The VM is up: let pass what has been typed."""
        self._open = True
        self._pump()

    def feed(self, data: bytes) -> None:
        """Bytes from the client."""
        self._waiting += data
        del self._waiting[:-_INPUT_LIMIT]
        self._pump()

    def close(self) -> None:
        """The VM is gone."""
        self._open = False
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _pump(self) -> None:
        if not self._open or self._timer or not self._waiting:
            return
        running = self._program_runs()
        if self._settle_until and running and self._loop.time() < self._settle_until:
            self._again()
            return
        self._settle_until = 0.0
        stop = self._waiting.find(_CTRL_C) if running else -1
        ready = self._waiting if stop < 0 else self._waiting[:stop]
        sent = self._write(bytes(ready)) if ready else 0
        if stop >= 0:
            del self._waiting[: stop + 1]
            while self._waiting.startswith(_CTRL_C):
                del self._waiting[:1]
            self._interrupt()
            self._settle_until = self._loop.time() + _SETTLE_S
        else:
            del self._waiting[:sent]
        if self._waiting:
            self._again()

    def _again(self) -> None:
        def look() -> None:
            self._timer = None
            self._pump()

        self._timer = self._loop.call_later(_LOOK_S, look)
