"""Remembers, on this machine, that a board's flash is being written anew and where the user's files were saved.

`usb_updates/<uid>.json` exists from just before the erase until the user's files are proven on the board again.
"""

from dataclasses import dataclass
from pathlib import Path

from devtoolkit import paths
from devtoolkit.services import datafile
from devtoolkit.services.config_archive import safe_name

_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A board whose flash was being written: its board id and the folder with the user's files."""

    uid: str
    board: str
    backup: Path


def begin(unfinished: Unfinished) -> None:
    """From here on the flash may hold anything. Raises DataFileError."""
    path = _path(unfinished.uid)
    with datafile.locked(path):
        value = {"schema": _SCHEMA, "board": unfinished.board, "backup": str(unfinished.backup)}
        datafile.write_object(path, value)


def unfinished(uid: str) -> Unfinished | None:
    """What an interrupted run left for this board. Raises DataFileError."""
    path = _path(uid)
    if not path.exists():
        return None
    with datafile.locked(path):
        value, _note = datafile.read_object(path)
    datafile.check_schema(path, value, _SCHEMA)
    board, backup = value.get("board"), value.get("backup")
    return Unfinished(uid, board, Path(backup)) if isinstance(board, str) and isinstance(backup, str) else None


def all_unfinished() -> tuple[Unfinished, ...]:
    """Every board that waits to be finished. Raises DataFileError."""
    found = (unfinished(file.stem) for file in sorted((paths.user_data() / "usb_updates").glob("*.json")))
    return tuple(one for one in found if one)


def end(uid: str) -> None:
    """The user's files are on the board again."""
    path = _path(uid)
    with datafile.locked(path):
        path.unlink(missing_ok=True)


def _path(uid: str) -> Path:
    return paths.user_data() / "usb_updates" / f"{safe_name(uid)}.json"
