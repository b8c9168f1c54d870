"""A session with a board on USB: its REPL is entered once, files travel, and the node runs again afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from devtoolkit.errors import BoardError, PortError, UsageError
from devtoolkit.services.ports import open_port
from devtoolkit.tools.serial_ports import check_port
from devtoolkit.transports.board_files import BoardFiles, Runner
from devtoolkit.transports.serial_repl import Identity, hard_reset, identity

MPREMOTE, AMPY = TRANSPORTS = ("mpremote", "ampy")


class Repl(Runner, Protocol):
    """What `SerialRepl` and `AmpyRepl` have in common."""

    def enter(self, seconds: float = 20.0) -> None: ...

    def restart(self, seconds: float = 20.0) -> None: ...

    def start(self, code: str) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class BoardSession:
    """An entered REPL, the board's identity, and its files."""

    repl: Repl
    identity: Identity
    files: BoardFiles


@contextmanager
def board_session(address: str, transport: str = MPREMOTE) -> Iterator[BoardSession]:
    """Stop what runs on the board and talk to it; at the end it is reset, so that the node runs again.

    `address` is a serial port, a pyserial URL or `virtual:NAME`. Raises PortError, BoardError, UsageError.
    """
    with open_port(address) as port:
        if port.virtual is None:
            check_port(port.device)
        repl = _open(port.device, transport)
        try:
            repl.enter()
            repl.restart()  # what was interrupted may have been anything
            yield BoardSession(repl, identity(repl), BoardFiles(repl))
        finally:
            with suppress(BoardError, PortError):
                hard_reset(repl)
            repl.close()


def _open(device: str, transport: str) -> Repl:
    if transport == AMPY:
        from devtoolkit.transports.ampy_repl import AmpyRepl

        return AmpyRepl(device)
    if transport == MPREMOTE:
        from devtoolkit.transports.serial_repl import SerialRepl

        return SerialRepl(device)
    raise UsageError(f"There is no transport {transport!r}.", hint=f"There are: {', '.join(TRANSPORTS)}.")
