"""Fills the local firmware store from the network: the catalogue's files, checked before they get their names."""

from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from devtoolkit import paths
from devtoolkit.boards.loader import load_boards
from devtoolkit.errors import FirmwareError, ToolError, ToolkitError
from devtoolkit.model.board import Board
from devtoolkit.pipelines.base import Cancel, Listener, Progress, Report, Runner, Skip, silent
from devtoolkit.services import firmware, firmware_records
from devtoolkit.services.firmware import FirmwareFile, download_address
from devtoolkit.tools.download import fetch

ALL = "all"
_OTHERS_S = 600.0  # another process that downloads the same file gets this long


@dataclass(frozen=True, slots=True)
class Fetched:
    """One file of the catalogue. `state`: fetched, there (it was in the store), or failed with `reason`."""

    file: str
    boards: tuple[str, ...]
    state: str
    path: str
    bytes: int
    sha256: str
    verified: bool  # it has the checksum that its maker publishes
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What `--firmware-fetch` did, file by file."""

    store: str
    files: tuple[Fetched, ...]

    @property
    def error(self) -> ToolkitError | None:
        """Set when a file is missing after all."""
        failed = [one for one in self.files if one.state == "failed"]
        if not failed:
            return None
        return FirmwareError(
            f"{len(failed)} of {len(self.files)} files are missing: {failed[0].file}: {failed[0].reason}",
            hint="What is there can be used; run it again for the rest.",
            failed=[one.file for one in failed],
        )


def obtain(
    board: Board,
    file: Path | None = None,
    *,
    accept_unverified: bool = False,
    listener: Listener = silent,
    cancel: Cancel | None = None,
) -> FirmwareFile:
    """The firmware for a board: `file`, else the store's, else downloaded now with progress.

    Raises FirmwareError; without network it names the exact file, where to get it and where to put it.
    """
    if file is None and firmware.in_store(board) is None:
        Runner((FetchFirmware(accept_unverified),), listener, cancel or Cancel()).run(board)
    return firmware.find(board, file)


def fetch_all(
    what: str, *, accept_unverified: bool = False, listener: Listener = silent, cancel: Cancel | None = None
) -> FetchReport:
    """Fetch the firmware of a board, or of all boards. A file that fails does not stop the others.

    Raises UsageError for an unknown board.
    """
    from devtoolkit.boards.loader import board as find_board

    boards = load_boards() if what == ALL else (find_board(what),)
    files = {board.firmware.file: board for board in boards}
    stop = cancel or Cancel()
    done = tuple(_fetched(board, accept_unverified, listener, stop) for board in files.values())
    return FetchReport(str(paths.firmware_store()), done)


def unverified(what: str) -> tuple[str, ...]:
    """Files that a fetch would have to take without a published checksum."""
    boards = [one for one in load_boards() if what in (ALL, one.id)]
    missing = {one.firmware.file for one in boards if not one.firmware.sha256 and firmware.in_store(one) is None}
    return tuple(sorted(missing))


@dataclass(frozen=True, slots=True)
class FetchFirmware:
    """The download as a step: bytes, cancel, and skip when the file is there already."""

    accept_unverified: bool = False
    name: str = "firmware"
    title: str = "Download the firmware"

    def run(self, board: Board) -> Report:
        """Bytes as they come. Raises FirmwareError for a checksum that nobody publishes, ToolError for the download."""
        target = paths.firmware_store() / board.firmware.file
        if firmware.in_store(board) is not None:
            yield Skip("in the store")
            return
        if not board.firmware.sha256 and not self.accept_unverified:
            raise _no_checksum(board)
        try:
            yield from _download(board, target)
        except ToolError as error:
            raise _failed(board, target, error) from error
        try:
            firmware.check_firmware(target.read_bytes(), board, board.firmware.file)
        except FirmwareError:
            target.unlink()
            raise
        if not board.firmware.sha256:
            firmware_records.note(target.name, firmware.sha256_of(target), download_address(board))


def _download(board: Board, target: Path) -> Report:
    """One process at a time; who had to wait finds the file there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(target.with_name(target.name + ".lock"), timeout=_OTHERS_S):
            if not target.is_file():
                for done, total in fetch(download_address(board), target, sha256=board.firmware.sha256):
                    yield Progress(done, total, board.firmware.file)
    except Timeout as error:
        raise ToolError(f"Another program has been downloading {target.name} for long.", hint="End it.") from error


def _fetched(board: Board, accept_unverified: bool, listener: Listener, cancel: Cancel) -> Fetched:
    one = board.firmware
    users = tuple(other.id for other in load_boards() if other.firmware.file == one.file)
    state, reason = "there", ""
    if firmware.in_store(board) is None:
        try:
            Runner((FetchFirmware(accept_unverified),), listener, cancel).run(board)
            state = "fetched"
        except FirmwareError as error:
            return Fetched(one.file, users, "failed", "", 0, "", False, str(error))
    try:
        found = firmware.find(board)
    except FirmwareError as error:
        state, reason, found = "failed", str(error), FirmwareFile(one.file, Path(), b"", False)
    digest = firmware.sha256_of(found.path) if found.data else ""
    return Fetched(one.file, users, state, str(found.path), len(found.data), digest, bool(one.sha256), reason)


def _no_checksum(board: Board) -> FirmwareError:
    return FirmwareError(
        f"Nobody publishes a checksum for {board.firmware.file}, so the download can only be checked by its own sums.",
        hint=f"If that is enough, add --accept-unverified; its checksum is noted then. {_by_hand(board)}",
        board=board.id,
        file=board.firmware.file,
        url=download_address(board),
    )


def _failed(board: Board, target: Path, error: ToolError) -> FirmwareError:
    facts = {**error.facts, "board": board.id, "file": board.firmware.file, "folder": str(target.parent)}
    return FirmwareError(error.message, hint=f"{error.hint} {_by_hand(board)}".strip(), **facts)


def _by_hand(board: Board) -> str:
    return (
        f"By hand: get {board.firmware.file} from {download_address(board)}, put it into {paths.firmware_store()} "
        f"or name it with --firmware."
    )
