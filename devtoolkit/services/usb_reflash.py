"""MicroPython written anew under a node, with the user's files in the new image.

The files were saved on this machine before; `usb_journal` marks the time in which they are only there.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devtoolkit.boards.loader import board as find_board
from devtoolkit.boards.loader import load_boards
from devtoolkit.errors import InstallError, PortError, PortMissingError, UsageError
from devtoolkit.model.manifest import FileEntry, Manifest
from devtoolkit.pipelines.base import Cancel, Event, Listener
from devtoolkit.services import node_backup, usb_journal
from devtoolkit.services.board_session import board_session
from devtoolkit.services.deploy import Deployer, DeployReport, DeployRequest
from devtoolkit.services.ports import virtual_name
from devtoolkit.services.usb_journal import Unfinished
from devtoolkit.tools.esptool import EspTool
from devtoolkit.tools.serial_ports import check_port
from devtoolkit.transports.serial_repl import Identity

_FROM_HERE = ("boot_drive", "erase", "flash")  # steps from which on the flash, or the way to it, may be gone
_RETURN_S, _POLL_S = 10.0, 0.2  # a port is back within a second or two
_OLDEST = (1, 21)  # the device system needs this MicroPython (design: the device system)


@dataclass(frozen=True, slots=True)
class Reflash:
    """Where, with what, and who listens. `port` may be empty for an RP2 board that shows its `boot_drive`."""

    port: str
    firmware: Path | None
    baud: int
    listener: Listener
    cancel: Cancel
    interfaces: tuple[str, ...] | None
    boot_drive: Path | None = None


def micropython_fits(found: Identity, manifest: Manifest) -> bool:
    """Whether the board's MicroPython runs this build: new enough, and the bytecode version of our .mpy files.

    The sub-version concerns native code only, of which the build has none.
    """
    numbers = tuple(int(part) for part in found.micropython.split(".")[:2] if part.isdigit())
    return numbers >= _OLDEST and found.mpy.split(".")[0] == manifest.mpy_version.split(".")[0]


def check_board(board: str | None, found: Identity | None = None) -> str:
    """The board's id, proven to be known. Raises UsageError when none was given."""
    if not board:
        version = f"MicroPython {found.micropython}" if found else "MicroPython"
        raise UsageError(
            f"{version} on the board has to be written anew, and only you know which board it is.",
            hint=f"Name it with --board, for example --board {_example(found)}; nothing of yours will be lost.",
        )
    return find_board(board).id


def _example(found: Identity | None) -> str:
    """A board with the chip that MicroPython names."""
    words = f"{found.machine} {found.uname}".lower() if found else ""
    fitting = [board for board in load_boards() if board.chip in re.findall(r"\w+", words)]
    return fitting[0].id if fitting else "esp32"


def uid_in_boot_rom(device: str) -> str:
    """The node's uid, asked from the chip's boot ROM. Raises BoardError, PortError, ToolError."""
    with EspTool(device, chip="auto") as tool:
        mac = tool.detect().mac
        tool.reset()
    return f"micr{mac.replace(':', '').lower()}OS"


def reflash(unfinished: Unfinished, options: Reflash) -> DeployReport:
    """Write MicroPython and all files; ends when the user's files are proven on the board.

    Raises ToolkitError; from the first step that writes on the journal stays then, and the next update goes on from it.
    """
    carried = node_backup.contents_of(unfinished.backup)

    def listener(event: Event) -> None:
        """A refusal before anything is written leaves no journal."""
        if event.kind == "start" and event.step in _FROM_HERE:
            usb_journal.begin(unfinished)
        options.listener(event)

    request = DeployRequest(
        board=unfinished.board,
        port=options.port,
        firmware=options.firmware,
        baud=options.baud,
        carried=carried,
        boot_drive=options.boot_drive,
        uid=unfinished.uid,
    )
    _wait_for(options.port)
    report = Deployer(request, listener, options.cancel, options.interfaces).make()
    prove(report.port, carried)
    usb_journal.end(unfinished.uid)
    return report


def _wait_for(port: str) -> None:
    """Until the port is there again that a reset has just taken away; what else is wrong with it others say better."""
    deadline = time.monotonic() + _RETURN_S
    while port and virtual_name(port) is None and time.monotonic() < deadline:
        try:
            check_port(port)
        except PortMissingError:
            time.sleep(_POLL_S)
        except PortError:
            return
        else:
            return


def prove(port: str, carried: Mapping[str, bytes]) -> None:
    """Raises InstallError when one of the user's files is not on the board.

    The node has run meanwhile: what it writes by itself may differ, but must be there.
    """
    with board_session(port) as session:
        there = session.files.hashes(tuple(carried))
    missing = sorted(set(carried) - set(there))
    if missing:
        raise InstallError(
            f"{missing[0]} is not on the board again.",
            hint="Run the update once more; your files are saved.",
            missing=missing,
        )


def changed_since(carried: Mapping[str, bytes], there: Mapping[str, FileEntry]) -> dict[str, bytes]:
    """Saved files that are missing on the board or differ there."""
    return {path: data for path, data in carried.items() if there.get(path) != FileEntry.of(path, data)}
