"""The file manager for a board on USB: list, get, put, remove. All raise PortError, BoardError or UsageError."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from devtoolkit.errors import UsageError
from devtoolkit.model.manifest import FileEntry
from devtoolkit.services import datafile
from devtoolkit.services.board_session import MPREMOTE, board_session
from devtoolkit.transports.serial_repl import file_system

SECRET_FILES = frozenset({"node_config.json", "webrepl_cfg.py", "labels.html"})  # hold passwords: for their owner only
Moved = Callable[[str, int, int], None]  # path, bytes done, bytes in all


@dataclass(frozen=True, slots=True)
class FilesResult:
    """What lies on the board (`folders` end without slash), and its space in bytes."""

    port: str
    uid: str
    files: tuple[FileEntry, ...]
    folders: tuple[str, ...]
    size: int
    free: int


@dataclass(frozen=True, slots=True)
class TransferResult:
    """The files that were got, put or removed; `local` holds the paths on this machine (empty for removed ones)."""

    port: str
    uid: str
    files: tuple[FileEntry, ...]
    local: tuple[str, ...]


def silent(_path: str, _done: int, _total: int) -> None:
    """Tells nobody."""


def list_files(address: str, transport: str = MPREMOTE) -> FilesResult:
    """All files with size and SHA-256, hashed by the board."""
    with board_session(address, transport) as session:
        found, space = session.files.listing(), file_system(session.repl)
        return FilesResult(
            port=address,
            uid=session.identity.uid,
            files=tuple(sorted(found.files, key=lambda entry: entry.path)),
            folders=found.folders,
            size=space.block_size * space.blocks,
            free=space.block_size * space.free_blocks,
        )


def get_files(
    address: str, wanted: Sequence[str], folder: Path, transport: str = MPREMOTE, moved: Moved = silent
) -> TransferResult:
    """Copy files of the board into `folder`, under their own paths; an existing file is replaced as a whole."""
    targets = {path: folder / board_path(path) for path in wanted}
    with board_session(address, transport) as session:
        sizes = session.files.hashes([board_path(path) for path in wanted])
        for path, target in targets.items():
            write_local(target, session.files.read(board_path(path)))
            moved(path, len(target.read_bytes()), target.stat().st_size)
        return TransferResult(address, session.identity.uid, tuple(sizes.values()), tuple(map(str, targets.values())))


def put_files(
    address: str, sources: Sequence[Path], folder: str = "", transport: str = MPREMOTE, moved: Moved = silent
) -> TransferResult:
    """Copy files to the board's `folder`, each whole or not at all; proven by the board's hashes."""
    contents = {f"{board_path(folder)}/{source.name}".lstrip("/"): read_local(source) for source in sources}
    with board_session(address, transport) as session:
        for path, done in session.files.send(contents):
            moved(path, done, len(contents[path]))
        written = tuple(FileEntry.of(path, data) for path, data in contents.items())
        return TransferResult(address, session.identity.uid, written, tuple(map(str, sources)))


def remove_files(address: str, paths: Sequence[str], transport: str = MPREMOTE) -> TransferResult:
    """Remove files, or folders with everything in them. Nothing is removed when one of them is not there."""
    names = [board_path(path) for path in paths]
    with board_session(address, transport) as session:
        found = session.files.listing()
        doomed = tuple(
            entry
            for entry in found.files
            if any(entry.path == name or entry.path.startswith(f"{name}/") for name in names)
        )
        there = {entry.path for entry in found.files} | set(found.folders)
        missing = [name for name in names if name not in there]
        if missing:
            raise UsageError(
                f"There is no {missing[0]} on the board; nothing was removed.", hint="List its files with -ls."
            )
        for name in names:
            session.files.remove(name)
        return TransferResult(address, session.identity.uid, doomed, ())


def board_path(path: str) -> str:
    """A path on the board without slashes at its ends. Raises UsageError for `..`."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    clean = [part for part in parts if part not in ("/", ".")]
    if ".." in clean or any("\x00" in part for part in clean):
        raise UsageError(f"{path!r} is not a path on a board.", hint="Give it as -ls shows it.")
    return "/".join(clean)


def read_local(source: Path) -> bytes:
    """The bytes of a user's file. Raises UsageError."""
    try:
        return source.read_bytes()
    except OSError as error:
        raise UsageError(f"{source}: {error.strerror}.", hint="Name a readable file.") from error


def write_local(target: Path, data: bytes) -> None:
    """Replace a user's file as a whole; one that holds passwords is for its owner only. Raises UsageError."""
    mode = 0o600 if target.name in SECRET_FILES else 0o644
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        datafile.replace_file(target, data, mode=mode)
    except OSError as error:
        raise UsageError(f"{target}: {error.strerror}.", hint="Choose a folder that can be written.") from error
