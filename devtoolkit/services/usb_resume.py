"""Updates that were cut off while MicroPython was written anew: which node is finished, and through which door.

An ESP chip's boot ROM tells who it is. The boot drive of an RP2 does not (the unique id of its flash cannot be read
through it), so the journals on this machine say which node it has to be, and the uid after the boot proves it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devtoolkit.boards.loader import load_boards
from devtoolkit.errors import BoardError, DataFileError, InstallError, PortMissingError, ToolkitError, UsageError
from devtoolkit.model.manifest import FileEntry
from devtoolkit.services import node_backup, usb_journal
from devtoolkit.services.ports import OpenPort
from devtoolkit.services.usb_journal import Unfinished
from devtoolkit.services.usb_reflash import changed_since, uid_in_boot_rom
from devtoolkit.tools.boot_drive import BootDrive, not_mounted_hint
from devtoolkit.tools.serial_ports import check_port

_PRESS = "Hold BOOTSEL while plugging it in: it shows up as a drive. Or name its folder with --boot-drive."


@dataclass(frozen=True, slots=True)
class Interrupted:
    """An update that waits to be finished: the node's `name`, its kind of board, and the folder with its files."""

    uid: str
    name: str
    board: str
    chip: str
    backup: Path

    def __str__(self) -> str:
        return self.name if self.name == self.uid else f"{self.name} ({self.uid})"

    @property
    def journal(self) -> Unfinished:
        return Unfinished(self.uid, self.board, self.backup)


@dataclass(frozen=True, slots=True)
class Resume:
    """This node is finished through this boot drive."""

    node: Interrupted
    drive: BootDrive


def interrupted_rp2() -> tuple[Interrupted, ...]:
    """Updates of RP2 boards that wait, by name. Raises DataFileError."""
    boards = {board.id: board for board in load_boards() if board.family == "rp2"}
    found = (
        Interrupted(one.uid, node_backup.name_in(one.backup) or one.uid, one.board, boards[one.board].chip, one.backup)
        for one in usb_journal.all_unfinished()
        if one.board in boards
    )
    return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.uid)))


def at_boot_drive(port: OpenPort, *, named: bool = False, node: str = "", board: str | None = None) -> Resume | None:
    """What is finished through the boot drive that is there instead of `port`; None: the port decides. Writes nothing.

    `named`: the user named the drive. `node` (name or uid) and `board` choose where several updates wait. Raises
    BoardError, UsageError.
    """
    if not (named or not port.device or _missing(port)):
        return None
    drives = port.drives()
    waiting = interrupted_rp2() if drives else ()
    if port.device and not (drives and (named or waiting)):
        return None
    if not drives:
        raise BoardError(
            "There is neither a boot drive nor a port of the board.",
            hint=not_mounted_hint() or f"{_PRESS} A board that runs is named with --port.",
        )
    if len(drives) > 1:
        folders = ", ".join(str(drive.folder) for drive in drives)
        raise BoardError(f"There are several boot drives: {folders}.", hint="Choose one with --boot-drive FOLDER.")
    return Resume(_chosen(waiting, drives[0], node, board), drives[0])


def at_boot_rom(device: str) -> Unfinished | None:
    """The update that was interrupted on the board behind this port, as its boot ROM tells who it is."""
    if not device or not usb_journal.all_unfinished():
        return None
    try:
        return usb_journal.unfinished(uid_in_boot_rom(device))
    except ToolkitError:  # no boot ROM that answers: what was wrong before says more
        return None


def saved_files(left: Unfinished, *, board_runs: bool = False) -> dict[str, bytes]:
    """The user's files as they were saved before the flash was written. Raises DataFileError when they are damaged.

    `board_runs`: a backup that the user has removed is not missed then.
    """
    if board_runs and not left.backup.exists():
        return {}
    try:
        return node_backup.contents_of(left.backup)
    except DataFileError as error:
        hint = f"Write the board with --make; --restore puts an older backup of {left.uid} on it, if there is one."
        raise DataFileError(error.message, hint=hint) from error


def config_of(contents: Mapping[str, bytes]) -> dict[str, object]:
    """The configuration among saved files, empty when there is none that can be read."""
    try:
        config = json.loads(contents.get(node_backup.CONFIG, b""))
    except ValueError:
        config = None
    return config if isinstance(config, dict) else {}


def to_put_back(left: Unfinished, there: Mapping[str, FileEntry], config: Mapping[str, object]) -> dict[str, bytes]:
    """Saved files that a board which runs has lost, or has otherwise (half written, or another node's).

    `config` is what it has now: where that is still this node's, it stays, for it can only be newer.
    """
    saved = saved_files(left, board_runs=True)
    if config and config.get("devfid") == config_of(saved).get("devfid"):
        saved.pop(node_backup.CONFIG, None)
    return changed_since(saved, there)


def another_board(node: Unfinished, answered: str) -> InstallError:
    """The error for a drive that turned out to be another board's."""
    name = node_backup.name_in(node.backup) or node.uid
    own = usb_journal.unfinished(answered)
    again = "run -r with its port: that puts its own files back" if own else "write it with --make, or --restore it"
    return InstallError(
        f"The boot drive was not that of {name} ({node.uid}): {answered} answers, and has a copy of {name} now.",
        hint=f"{name} is still to be finished, its files are saved in {node.backup}: show its boot drive and run -r "
        f"again. For {answered}, {again}.",
        answered=answered,
        wanted=node.uid,
        backup=str(node.backup),
    )


def check_node(wanted: str, uid: str, name: str, port: str) -> None:
    """Raises UsageError when the user named another node than the one on the port."""
    if wanted and wanted.casefold() not in (uid.casefold(), name.casefold()):
        raise UsageError(f"The board on {port} is {name} ({uid}), not {wanted}.", hint="Nothing was done.")


def _chosen(waiting: tuple[Interrupted, ...], drive: BootDrive, node: str, board: str | None) -> Interrupted:
    """The one update that this drive's board can be. Raises BoardError, UsageError."""
    fitting = [one for one in waiting if one.chip == drive.chip and board in (None, one.board)]
    if not fitting:
        raise _none(waiting, drive, board)
    named = [one for one in fitting if not node or node.casefold() in (one.name.casefold(), one.uid.casefold())]
    listed = ", ".join(str(one) for one in named or fitting)
    if not named:
        raise UsageError(f"No update of {node} was interrupted; waiting: {listed}.", hint="Choose with --dev.")
    if len(named) > 1:
        raise UsageError(
            f"Updates of several boards were interrupted: {listed}. A boot drive does not tell which of them it is.",
            hint="Choose with --dev NAME or uid; leave only that board plugged in.",
            waiting=[one.uid for one in named],
        )
    return named[0]


def _none(waiting: tuple[Interrupted, ...], drive: BootDrive, board: str | None) -> BoardError:
    what = f"The boot drive {drive.folder} belongs to a {drive.model or drive.chip} ({drive.board_id})"
    if waiting:
        listed = ", ".join(f"{one}: {one.board} with {one.chip}" for one in waiting)
        chosen = f", and the chosen board is {board}" if board else ""
        return BoardError(f"{what}{chosen}, but the interrupted updates are of other boards: {listed}.")
    return BoardError(
        f"{what}, and no update of such a board was interrupted: there is nothing to finish.",
        hint="Plug it in without BOOTSEL and name its port, or write it anew with --make; --restore puts files back.",
    )


def _missing(port: OpenPort) -> bool:
    """Whether a real port is not there now."""
    if port.virtual is not None:
        return False
    try:
        check_port(port.device)
    except PortMissingError:
        return True
    except ToolkitError:
        return False
    return False
