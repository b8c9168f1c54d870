"""A board's REPL through adafruit-ampy: the fall-back for boards where raw paste fails (`--transport ampy`).

Slower than `SerialRepl` (ampy pauses after every 256 bytes), with the same methods. ampy prints when it fails; what it
prints goes into the error.
"""

import contextlib
import io
from types import TracebackType
from typing import Self

from ampy.pyboard import Pyboard, PyboardError

from devtoolkit.errors import BoardError, PortError
from devtoolkit.settings import REPL_BAUD
from devtoolkit.transports.serial_link import await_reset
from devtoolkit.transports.serial_repl import SerialRepl

_STALL_S = 10.0
_FOREIGN = (PyboardError, OSError)


class AmpyRepl:
    """An open port with a MicroPython board behind it. Raises PortMissingError, PortBusyError, PortError, BoardError.

    What runs must have been stopped by the ladder of `SerialRepl`: ampy tries only once.
    """

    def __init__(self, port: str, baud: int = REPL_BAUD, *, wait_s: float = 10.0, stall_s: float = _STALL_S) -> None:
        self.port = port
        self._stall_s = stall_s
        self._fresh = False
        # ampy does not say why a port cannot be opened.
        SerialRepl(port, baud, wait_s=wait_s, stall_s=stall_s).close()
        try:
            self._board = Pyboard(port, baud)
            self._board.serial.timeout = stall_s
        except _FOREIGN as error:
            raise self._broke(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def enter(self, seconds: float = 20.0) -> None:  # noqa: ARG002 - ampy has a limit of its own
        """Soft reset, and get the raw REPL."""
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said):
                self._board.enter_raw_repl()
        except PyboardError as error:
            raise BoardError(
                f"The board at {self.port} gives no MicroPython REPL.",
                hint="Press its reset button and try again, or leave out --transport ampy.",
                port=self.port,
                received=said.getvalue()[-200:],
            ) from error
        except OSError as error:
            raise self._broke(error) from error
        self._fresh = True

    def restart(self, seconds: float = 20.0) -> None:
        """A fresh heap, which `enter` has made already."""
        if not self._fresh:
            self.enter(seconds)

    def run(self, code: str | bytes) -> str:
        """Run code on the board and return what it printed. Raises BoardError and PortError."""
        self._fresh = False
        try:
            output, error = self._board.exec_raw(code, timeout=self._stall_s)
        except _FOREIGN as problem:
            raise self._broke(problem) from problem
        if error:
            text = error.decode("utf-8", "replace").strip()
            last = text.splitlines()[-1] if text else "no reason given"
            hint = "Its traceback tells more; restart the board and try again."
            raise BoardError(f"The board at {self.port} reports: {last}", hint=hint, port=self.port, traceback=text)
        return bytes(output).decode("utf-8", "replace").replace("\r\n", "\n")

    def start(self, code: str) -> None:
        """Send code that does not come back (a reset)."""
        try:
            self._board.exec_raw_no_follow(code)
        except _FOREIGN as error:
            raise self._broke(error) from error

    def await_reset(self, seconds: float) -> None:
        """After code that resets the chip: until the board says something or its port is gone, at most `seconds`."""
        await_reset(self._board.serial, seconds)

    def close(self) -> None:
        """Leave the raw REPL where possible and free the port."""
        with contextlib.suppress(*_FOREIGN):
            self._board.exit_raw_repl()
        with contextlib.suppress(*_FOREIGN):
            self._board.close()

    def _broke(self, error: BaseException) -> PortError:
        return PortError(
            f"The board at {self.port} stopped answering: {error}.",
            hint="Check the cable, press reset, and try again.",
            port=self.port,
        )
