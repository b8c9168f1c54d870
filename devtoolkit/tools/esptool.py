"""esptool for the rest of the toolkit: one connection to a chip's bootloader, in a child process.

`EspTool` starts the worker, sends requests and turns its replies into values, progress and our errors. Ending the
child is how work is cancelled; after that, and after `close`, the port is free.
"""

import hashlib
import queue
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from devtoolkit.errors import BoardError, CancelledByUser, InstallError, PortError, ToolError, ToolkitError
from devtoolkit.tools import serial_ports
from devtoolkit.tools.serial_ports import check_port
from devtoolkit.tools.worker_process import WorkerProcess

STALL_S = 60.0  # longer than any time without news: esptool gives 1 MiB of erasing 40 s, connecting takes less

_BOOT_HINT = (
    "Hold BOOT (GPIO0), press and release EN (reset), release BOOT, then try again. Check that the cable carries data "
    "and that nothing else is wired to TX and RX."
)
_AGAIN_HINT = "Run the same command again: it starts over and repairs the board."
_RETRY_HINT = f"Check the cable and use a port of the computer itself. {_AGAIN_HINT}"

Regions = Sequence[tuple[int, bytes]]
Report = Iterator[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class ChipInfo:
    """What the chip says about itself. `name` as esptool writes it (ESP32-S3), `flash_size` in bytes."""

    name: str
    chip_id: int  # as in image headers
    description: str
    revision: str
    mac: str  # lower case, with colons
    flash_size: int
    crystal_mhz: int
    features: tuple[str, ...]
    baud: int  # in use now


class EspTool:
    """One connection. A context manager: at its end the port is free, whatever happened.

    `port` is a device path, COM5, or a pyserial URL. `baud` is tried first when given, then those of `bauds` that are
    slower. All methods raise PortError and its kinds, BoardError, or ToolError; generators yield `(done, total)` in
    bytes of flash.
    """

    def __init__(
        self,
        port: str,
        *,
        chip: str = "auto",
        baud: int = 0,
        bauds: Sequence[int] = (),
        before: str = "default-reset",
        after: str = "hard-reset",
        stall_s: float = STALL_S,
    ) -> None:
        self.port = port
        self._chip = chip
        self._bauds = [baud, *(slower for slower in bauds if slower < baud)] if baud else list(bauds)
        on_wire = port.startswith("socket:")  # no control lines there: the board is in its bootloader already
        self._before = "no-reset" if on_wire else before
        self._after = "no-reset" if on_wire else after
        self._stall_s = stall_s
        self._child: WorkerProcess | None = None
        self._last = (0, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.cancel()

    def detect(self) -> ChipInfo:
        """Open the port, enter the bootloader, and ask. Must come first."""
        check_port(self.port)
        self.close()
        self._child = WorkerProcess("devtoolkit.tools.esptool_worker")
        value = self._result(
            {"op": "open", "port": self.port, "chip": self._chip, "bauds": self._bauds, "before": self._before}
        )
        return ChipInfo(**{**value, "features": tuple(value["features"])})

    def erase(self, offset: int = 0, size: int = 0) -> Report:
        """Erase `size` bytes from `offset` (multiples of 4096); without them the whole flash."""
        yield from self._progress({"op": "erase", "offset": offset, "size": size})

    def write(self, regions: Regions) -> Report:
        """Write each (flash offset, bytes), compressed on the wire, and verify its MD5 in the chip.

        Long blank (0xFF) parts are erased instead of written, or passed over when this connection erased them already.
        """
        parts = [{"offset": offset, "size": len(data)} for offset, data in regions]
        yield from self._progress({"op": "write", "regions": parts}, b"".join(data for _, data in regions))

    def verify(self, regions: Regions) -> Report:
        """Compare the chip's MD5 of each region with the bytes. Raises InstallError where they differ."""
        parts = [
            {"offset": offset, "size": len(data), "md5": hashlib.md5(data, usedforsecurity=False).hexdigest()}
            for offset, data in regions
        ]
        yield from self._progress({"op": "verify", "regions": parts})

    def reset(self) -> None:
        """Let the chip start what is in its flash; the port is free afterwards."""
        self._result({"op": "reset", "after": self._after})
        self.close()

    def close(self) -> None:
        """End the worker in good order; the port is free afterwards. The chip stays where it is."""
        child, self._child = self._child, None
        if child:
            child.end()

    def cancel(self) -> None:
        """End the worker at once, in the middle of whatever it does. May be called from another thread."""
        child, self._child = self._child, None
        if child:
            child.kill()

    def _result(self, ask: dict[str, Any]) -> Any:
        """Send a request without progress; returns its value."""
        for reply in self._replies(ask):
            if reply["event"] == "result":
                return reply["value"]
        raise AssertionError("unreachable: replies end with a result or raise")

    def _progress(self, ask: dict[str, Any], payload: bytes = b"") -> Report:
        finished = False
        try:
            for reply in self._replies(ask, payload):
                if reply["event"] == "progress":
                    self._last = (reply["done"], reply["total"])
                    yield self._last
            finished = True
        finally:
            if not finished:  # the caller stopped listening, or it failed: the chip is in an unknown state
                self.cancel()

    def _replies(self, ask: dict[str, Any], payload: bytes = b"") -> Iterator[dict[str, Any]]:
        """Replies up to and including the result. Raises our error for an error reply, silence, or death."""
        child = self._child
        if child is None:
            raise ToolError("There is no connection to a bootloader.", hint="Call detect first.", port=self.port)
        self._last = (0, 0)
        child.send(ask, payload)
        while True:
            try:
                reply = child.replies.get(timeout=self._stall_s)
            except queue.Empty:
                self.cancel()
                raise self._lost(f"no answer for {self._stall_s:g} seconds") from None
            if reply is None:
                raise self._died(child)
            if reply["event"] == "error":
                self.cancel()
                raise self._error(reply)
            yield reply
            if reply["event"] == "result":
                return

    def _died(self, child: WorkerProcess) -> ToolkitError:
        if self._child is not child:
            return CancelledByUser(f"The work on {self.port} was stopped.", hint=_AGAIN_HINT, port=self.port)
        text = child.last_words()
        self.cancel()
        return ToolError(
            "esptool ended unexpectedly.", hint="Is esptool installed? Try: pip install esptool", esptool=text
        )

    def _error(self, reply: dict[str, Any]) -> ToolkitError:
        kind, message, facts = reply["kind"], reply["message"], {"port": self.port, "esptool": reply["tail"]}
        simple = {"missing": serial_ports.missing, "busy": serial_ports.busy, "forbidden": serial_ports.forbidden}
        if kind in simple:
            return simple[kind](self.port)
        if kind == "port":
            return PortError(f"The port {self.port} cannot be opened: {message}", hint=_RETRY_HINT, **facts)
        if kind == "no_answer":
            return BoardError(f"The board on {self.port} does not answer.", hint=_BOOT_HINT, cause=message, **facts)
        if kind in ("lost", "noise"):
            return self._lost(message, **facts)
        if kind == "content":
            return InstallError(
                f"The flash does not hold what was written: {message}", hint="Try a lower --baud.", **facts
            )
        return BoardError(f"The board on {self.port} refused: {message}", hint=_AGAIN_HINT, **facts)

    def _lost(self, cause: str, **facts: object) -> PortError:
        done, total = self._last
        where = f" after {done} of {total} bytes" if total else ""
        facts = {"port": self.port, "done": done, "total": total, **facts}
        return PortError(f"The connection on {self.port} was lost{where}: {cause}.", hint=_RETRY_HINT, **facts)
