"""A board's MicroPython REPL over a serial port: run code, read back what lies on the board.

`with SerialRepl(port) as repl: repl.enter(); text = repl.run("print(1 + 1)")`. All calls block: one thread per port.
"""

import contextlib
import json
import re
import struct
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from mpremote.transport import TransportError, TransportExecError

from devtoolkit.errors import BoardError, BoardRestartedError, PortError
from devtoolkit.settings import REPL_BAUD
from devtoolkit.transports.board_files import Runner
from devtoolkit.transports.serial_link import RestartedError, SerialLink, await_reset, open_link

_TRY_S = 1.0  # one try for the raw REPL; an ESP32 boots in about a second
_FIRST_TRIES_S = (0.2, 0.3, 0.5, 1.0, 1.0, 1.0)  # a busy board answers at once, a booting one after a while; then reset
_RESET_S = 0.5  # from machine.reset() to the first sign of it; a board whose boot ROM is silent shows none
_BOOT_S = 3.0  # from reset to the prompt: an ESP32 with PSRAM takes 2 s
_NO_LINES_HINT = (
    "This port has no reset line: start the command again and press the board's reset button (EN, RST) while it waits"
)
_FOREIGN = (TransportError, OSError, struct.error)

_IDENTITY = """
import sys,os,json,binascii,machine
i=sys.implementation
try:
    u=' '.join(os.uname())
except AttributeError:
    u=''
print('#I',json.dumps([binascii.hexlify(machine.unique_id()).decode(),i[0],list(i[1])[:3],getattr(i,'_mpy',0),
 getattr(i,'_machine',''),u]))
"""


class Starter(Protocol):
    """What can send code that does not come back, and see the board restart."""

    def start(self, code: str) -> None: ...

    def await_reset(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the board is, in its own words."""

    unique_id: str  # hex of machine.unique_id(); on ESP chips the MAC address
    implementation: str  # "micropython"
    micropython: str  # its version, for example 1.27.0
    mpy: str  # the bytecode version it runs, for example 6.3
    machine: str  # for example "Generic ESP32 module with ESP32"
    uname: str

    @property
    def uid(self) -> str:
        """The uid of a micrOS node on this board."""
        return f"micr{self.unique_id}OS"


@dataclass(frozen=True, slots=True)
class FileSystem:
    """The size of the root file system in blocks, and the block size in bytes."""

    block_size: int
    blocks: int
    free_blocks: int


class SerialRepl:
    """An open port with a MicroPython board behind it. Close it, or use it in a `with` block.

    `wait_s`: how long a missing or held port is waited for; `stall_s`: the longest silence of running code.
    Raises PortMissingError, PortBusyError, PortError.
    """

    def __init__(self, port: str, baud: int = REPL_BAUD, *, wait_s: float = 10.0, stall_s: float = 10.0) -> None:
        self.port = port
        self._stall_s = stall_s
        self._link: SerialLink | None = open_link(port, baud, stall_s=stall_s, wait_s=wait_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def enter(self, seconds: float = 20.0, *, booting: bool = False) -> None:
        """Stop what runs and get the raw REPL: interrupts with retries, then the reset line, then retries again.

        `booting`: the board was reset just now and is to be caught before its program starts.
        Raises BoardError when there is no REPL within `seconds`, PortError when the port breaks.
        """
        link, deadline, received, tries = self._open_link, time.monotonic() + seconds, b"", 0
        has_lines = True
        try:
            if booting:
                link.catch_boot(min(_BOOT_S, seconds))
            while not link.in_raw_repl or tries == 0:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise self._no_repl(seconds, received, has_lines=has_lines)
                if tries == len(_FIRST_TRIES_S):
                    has_lines = link.pulse_reset()
                    if not has_lines and not received:
                        raise self._no_repl(seconds - left, received, has_lines=False)
                    link.catch_boot(min(_BOOT_S, left) if has_lines else 0)
                patience = _FIRST_TRIES_S[tries] if tries < len(_FIRST_TRIES_S) else _TRY_S
                received = link.try_enter(min(patience, left)) or received
                tries += 1
        except OSError as error:
            raise self._port_broke(error) from error

    def restart(self, seconds: float = 20.0) -> None:
        """Soft reset into the raw REPL: a fresh heap, nothing of an interrupted program left, main.py not started.

        Raises BoardError when the REPL does not come back within `seconds`, PortError when the port breaks.
        """
        try:
            if not self._entered_link.soft_reset(seconds):
                self.enter(seconds)
        except RestartedError:
            self.enter(seconds, booting=True)
        except _FOREIGN as error:
            raise self._port_broke(error) from error

    def run(self, code: str | bytes) -> str:
        """Run code on the board and return what it printed.

        Raises BoardError with the board's own words when the code fails there, BoardRestartedError when the board
        restarts meanwhile (then nothing sent before is left), PortError when it falls silent.
        """
        link = self._entered_link
        try:
            output = link.exec_raw(code, timeout=self._stall_s)
            if output[1]:
                raise TransportExecError(output[0], output[1].decode("utf-8", "replace"))
        except TransportExecError as error:
            raise self._code_failed(str(error.error_output)) from error
        except RestartedError as error:
            raise self._restarted() from error
        except _FOREIGN as error:
            link.in_raw_repl = False
            if self._booting_again():
                raise self._restarted() from error
            raise self._port_broke(error) from error
        return bytes(output[0]).decode("utf-8", "replace").replace("\r\n", "\n")

    def start(self, code: str) -> None:
        """Send code that does not come back (a reset); afterwards the REPL has to be entered anew."""
        link = self._entered_link
        try:
            link.exec_raw_no_follow(code)
        except _FOREIGN as error:
            raise self._port_broke(error) from error
        finally:
            link.in_raw_repl = False

    def await_reset(self, seconds: float) -> None:
        """After code that resets the chip: until the board boots or its port is gone, at most `seconds`."""
        await_reset(self._open_link.serial, seconds)

    def close(self) -> None:
        """Free the port; a second call does nothing."""
        link, self._link = self._link, None
        if link:
            link.close()

    @property
    def _open_link(self) -> SerialLink:
        if self._link is None:
            raise PortError(f"The port {self.port} is closed.", hint="Please report it.", port=self.port)
        return self._link

    @property
    def _entered_link(self) -> SerialLink:
        link = self._open_link
        if not link.in_raw_repl:
            raise BoardError(f"The REPL of the board at {self.port} was not entered.", port=self.port)
        return link

    def _booting_again(self) -> bool:
        try:
            return self._open_link.has_restarted()
        except OSError:
            return False  # the port is gone

    def _restarted(self) -> BoardError:
        """The board, caught at its boot. Nothing of what ran there is left, and its program has not started."""
        self.enter(booting=True)
        return BoardRestartedError(
            f"The board at {self.port} restarted in the middle of the work.",
            hint="A watchdog, its reset button, or a weak supply may do that; try again.",
            port=self.port,
        )

    def _no_repl(self, seconds: float, received: bytes, *, has_lines: bool) -> BoardError:
        said = received.decode("utf-8", "replace").strip()[-200:]
        how = "Press its reset button and try again" if has_lines else _NO_LINES_HINT
        return BoardError(
            f"The board at {self.port} gives no MicroPython REPL within {seconds:.0f} s.",
            hint=f"{how}; if there is no MicroPython on it, deploy it.",
            port=self.port,
            received=said,
        )

    def _port_broke(self, error: BaseException) -> PortError:
        return PortError(
            f"The board at {self.port} stopped answering: {error}.",
            hint="Check the cable, press reset, and try again.",
            port=self.port,
        )

    def _code_failed(self, text: str) -> BoardError:
        last = text.strip().splitlines()[-1] if text.strip() else "no reason given"
        hint = "Its traceback tells more; restart the board and try again."
        return BoardError(f"The board at {self.port} reports: {last}", hint=hint, port=self.port, traceback=text)


def identity(repl: Runner) -> Identity:
    """Chip and MicroPython of the board. Raises BoardError when it does not tell."""
    for line in repl.run(_IDENTITY).splitlines():
        if line.startswith("#I "):
            try:
                unique_id, name, version, mpy, machine, uname = json.loads(line[3:])
                numbers = ".".join(str(part) for part in version)
                # sys.implementation._mpy: version in bits 0 to 7, sub-version in 8 and 9 (MicroPython's documentation)
                return Identity(unique_id, name, numbers, f"{mpy & 0xFF}.{mpy >> 8 & 3}", machine, uname)
            except (ValueError, TypeError):
                break
    raise BoardError(f"The board at {repl.port} does not say who it is.", hint="Is it MicroPython?", port=repl.port)


def file_system(repl: Runner, root: str = "/") -> FileSystem:
    """The size of the file system mounted at `root`."""
    output = repl.run(f"import os\ns=os.statvfs({root!r})\nprint('#S',s[0],s[2],s[3])")
    found = re.search(r"^#S (\d+) (\d+) (\d+)$", output, re.MULTILINE)
    if not found:
        raise BoardError(
            f"The board at {repl.port} does not tell the size of its file system.",
            hint="Is it mounted? If not, deploy the board again.",
            port=repl.port,
        )
    return FileSystem(int(found[1]), int(found[2]), int(found[3]))


def hard_reset(repl: Starter) -> None:
    """Reset the chip, as its button does. The port may vanish for a moment (native USB).

    Waits until that begins: who opens the port next must not get the one that is just going.
    """
    _leave(repl, "machine.reset()")
    repl.await_reset(_RESET_S)


def enter_bootloader(repl: SerialRepl) -> None:
    """Restart the chip in its boot ROM (on RP2: the drive appears). The port may vanish."""
    _leave(repl, "machine.bootloader()")


def _leave(repl: Starter, code: str) -> None:
    """A chip with USB of its own may be gone before it has acknowledged the code: that is no error."""
    with contextlib.suppress(PortError):
        repl.start(f"import machine\n{code}")
