"""MicroPython written anew under a node, with the user's files in the new image.

The files were saved on this machine before; `usb_journal` marks the time in which they are only there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devtoolkit.boards.loader import board as find_board
from devtoolkit.errors import InstallError, UsageError
from devtoolkit.model.manifest import FileEntry, Manifest
from devtoolkit.pipelines.base import Cancel, Listener
from devtoolkit.services import node_backup, usb_journal
from devtoolkit.services.board_session import board_session
from devtoolkit.services.deploy import Deployer, DeployReport, DeployRequest
from devtoolkit.services.usb_journal import Unfinished
from devtoolkit.tools.esptool import EspTool
from devtoolkit.transports.serial_repl import Identity

_OLDEST = (1, 21)  # the device system needs this MicroPython (design: the device system)


@dataclass(frozen=True, slots=True)
class Reflash:
    """Where, with what, and who listens."""

    port: str
    firmware: Path | None
    baud: int
    listener: Listener
    cancel: Cancel
    interfaces: tuple[str, ...] | None


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
            hint="Name it with --board, for example --board esp32; nothing of yours will be lost.",
        )
    return find_board(board).id


def uid_in_boot_rom(device: str) -> str:
    """The node's uid, asked from the chip's boot ROM. Raises BoardError, PortError, ToolError."""
    with EspTool(device, chip="auto") as tool:
        mac = tool.detect().mac
        tool.reset()
    return f"micr{mac.replace(':', '').lower()}OS"


def reflash(unfinished: Unfinished, options: Reflash) -> DeployReport:
    """Write MicroPython and all files; ends when the user's files are proven on the board.

    Raises ToolkitError; the journal stays then, and the next update goes on from here.
    """
    carried = node_backup.contents_of(unfinished.backup)
    request = DeployRequest(
        board=unfinished.board,
        port=options.port,
        firmware=options.firmware,
        baud=options.baud,
        carried=carried,
    )
    usb_journal.begin(unfinished)
    report = Deployer(request, options.listener, options.cancel, options.interfaces).make()
    prove(options.port, carried)
    usb_journal.end(unfinished.uid)
    return report


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
