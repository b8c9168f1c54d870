"""A session with a board on USB: its REPL is entered once, files travel, and the node runs again afterwards."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from devtoolkit.errors import BoardError, BoardRestartedError, PortError, PortMissingError, ToolkitError, UsageError
from devtoolkit.services.ports import OpenPort, open_port
from devtoolkit.tools.esptool import EspTool
from devtoolkit.tools.returning_port import choose, remember
from devtoolkit.tools.serial_ports import check_port
from devtoolkit.transports.board_files import BoardFiles, Runner
from devtoolkit.transports.serial_repl import Identity, hard_reset, identity

_ENTER_S = 6.0  # interrupts for 4 s, then the reset line; a board that has not answered by then is not booting
_RETURN_S, _POLL_S = 5.0, 0.1  # a port that a reset has taken away is back within a second or two
_BOOTING_S = 4.5  # after the boot ROM has started the board anew
MPREMOTE, AMPY = TRANSPORTS = ("mpremote", "ampy")


class Repl(Runner, Protocol):
    """What `SerialRepl` and `AmpyRepl` have in common."""

    def enter(self, seconds: float = 20.0) -> None: ...

    def restart(self, seconds: float = 20.0) -> None: ...

    def start(self, code: str) -> None: ...

    def await_reset(self, seconds: float) -> None: ...

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
        repl = _arrived(port, transport)
        try:
            repl.restart()  # what was interrupted may have been anything
            yield BoardSession(repl, _identity(repl), BoardFiles(repl))
        finally:
            with suppress(BoardError, PortError):
                hard_reset(repl)
            repl.close()


def _arrived(port: OpenPort, transport: str) -> Repl:
    """Entered; again when the port vanishes meanwhile: a chip with USB of its own may have been reset just before."""
    device, memory, deadline = port.device, remember(port.device, port.ports()), time.monotonic() + _RETURN_S
    while True:
        try:
            return _entered(device, transport)
        except PortError:
            if not _gone(port, device) or time.monotonic() > deadline:
                raise
        except BoardError:  # silent, for the port that was opened was just going
            if choose(memory, port.ports(), ()) in (None, device):
                raise
        time.sleep(_POLL_S)
        device = choose(memory, port.ports(), ()) or device


def _gone(port: OpenPort, device: str) -> bool:
    """Whether the port that broke is not there any more (that of a virtual board is another one at every start)."""
    if port.virtual is not None:
        return True
    try:
        check_port(device)
    except PortMissingError:
        return True
    except PortError:
        return False
    return False


def _entered(device: str, transport: str) -> Repl:
    """The ladder: interrupts, the reset line, and last the boot ROM, which starts the board anew."""
    try:
        return _open(device, transport)
    except BoardError as error:
        try:
            with EspTool(device) as tool:
                tool.detect()
                tool.reset()
        except ToolkitError:
            raise error from None
    return _open(device, transport, booting=True)


def _identity(repl: Repl) -> Identity:
    """Who the board is; a watchdog that was started by its program may bite just now, which ends it."""
    try:
        return identity(repl)
    except BoardRestartedError:
        return identity(repl)


def _open(device: str, transport: str, *, booting: bool = False) -> Repl:
    """An entered REPL. Raises BoardError, PortError, UsageError; the port is free then."""
    from devtoolkit.transports.serial_repl import SerialRepl

    if transport not in TRANSPORTS:
        raise UsageError(f"There is no transport {transport!r}.", hint=f"There are: {', '.join(TRANSPORTS)}.")
    ladder = SerialRepl(device)
    try:
        ladder.enter(_BOOTING_S if booting else _ENTER_S, booting=booting)
    except BaseException:
        ladder.close()
        raise
    if transport == MPREMOTE:
        return ladder
    ladder.close()
    from devtoolkit.transports.ampy_repl import AmpyRepl

    repl = AmpyRepl(device)
    repl.enter()
    return repl
