"""Backup and restore over USB: the configuration into the archive, or the whole file system as a folder.

`node_backups/<name>-<uid>/<time>/files/...` with `backup.json` beside it; a backup appears only when it is complete.
"""

import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from devtoolkit import paths
from devtoolkit.errors import BoardError, ConfigError, DataFileError, UsageError
from devtoolkit.model.manifest import FileEntry
from devtoolkit.services import datafile
from devtoolkit.services.board_session import MPREMOTE, BoardSession, board_session
from devtoolkit.services.config_archive import ConfigArchive, safe_name
from devtoolkit.services.usb_files import Moved, silent

CONFIG = "node_config.json"
_INDEX, _FILES, _PARTIAL = "backup.json", "files", ".partial"
_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class BackupResult:
    """What was saved or restored. `folder` is a configuration's file, or the backup's folder; `kept` counts backups."""

    port: str
    uid: str
    name: str
    folder: str
    files: tuple[FileEntry, ...]
    kept: int


def backup_config(address: str, transport: str = MPREMOTE) -> BackupResult:
    """Read the configuration of a board and archive it; the older one goes to the history."""
    with board_session(address, transport) as session:
        config = read_config(session)
        uid, name = session.identity.uid, name_of(config, session.identity.uid)
        archive = ConfigArchive()
        path, _changed = archive.put(uid, config)
        kept = len(archive.history(name)) + 1
        return BackupResult(address, uid, name, str(path), tuple(session.files.hashes([CONFIG]).values()), kept)


def backup_all(address: str, transport: str = MPREMOTE, moved: Moved = silent) -> BackupResult:
    """Save every file of the board in a new folder."""
    with board_session(address, transport) as session:
        return save(session, session.files.listing().files, moved)


def save(
    session: BoardSession,
    files: Sequence[FileEntry],
    moved: Moved = silent,
    also: Mapping[str, bytes] = MappingProxyType({}),
) -> BackupResult:
    """Save these files of an open board in a new folder, which appears when all of them are there and proven.

    `also`: saved earlier, and taken over where the board has no such file any more.
    """
    uid = session.identity.uid
    config = _config_or_none(session)
    name = name_of(config or {}, uid)
    home = paths.user_data() / "node_backups" / f"{safe_name(name)}-{safe_name(uid)}"
    folder = home / time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    while folder.exists():  # two within one second
        folder = folder.with_name(folder.name + "a")
    partial = folder.with_name(folder.name + _PARTIAL)
    total, done = sum(entry.size for entry in files), 0
    for entry in files:
        _keep(partial / _FILES / entry.path, session.files.read(entry.path))
        done += entry.size
        moved(entry.path, done, total)
    old = {path: data for path, data in also.items() if path not in {entry.path for entry in files}}
    for path, data in old.items():
        _keep(partial / _FILES / path, data)
    files = (*files, *(FileEntry.of(path, data) for path, data in old.items()))
    index = {"schema": _SCHEMA, "uid": uid, "name": name, "files": {e.path: [e.size, e.sha256] for e in files}}
    partial.mkdir(parents=True, exist_ok=True)
    datafile.write_object(partial / _INDEX, index)
    partial.rename(folder)
    _forget_partial(home)
    if config:
        ConfigArchive().put(uid, config)
    return BackupResult("", uid, name, str(folder), tuple(files), len(backups(home)))


def backups(home: Path) -> tuple[Path, ...]:
    """The complete backups of one node, the newest first."""
    return tuple(sorted((index.parent for index in home.glob(f"*/{_INDEX}")), reverse=True))


def find_backup(uid: str, chosen: str = "") -> Path:
    """The folder the user named, else the node's newest backup. Raises DataFileError when there is none."""
    if chosen:
        if (Path(chosen) / _INDEX).is_file():
            return Path(chosen)
        raise DataFileError(f"{chosen} is not a backup.", hint="Name a folder that holds backup.json.")
    found = [folder for home in _home().glob(f"*-{safe_name(uid)}") for folder in backups(home)]
    if not found:
        raise DataFileError(f"There is no backup of {uid}.", hint="Make one with --backup_node_config --all.")
    return max(found, key=lambda folder: folder.name)


def contents_of(folder: Path) -> dict[str, bytes]:
    """The files of a backup by path on the board. Raises DataFileError when it is damaged."""
    return _load(folder)[1]


def name_in(folder: Path) -> str:
    """The name that the node had when this backup was made, empty where the backup does not tell any more."""
    try:
        name = json.loads((folder / _INDEX).read_bytes()).get("name")
    except (OSError, ValueError, AttributeError):
        return ""
    return name if isinstance(name, str) else ""


def restore(address: str, chosen: str = "", transport: str = MPREMOTE, moved: Moved = silent) -> BackupResult:
    """Put a backup's files back that differ on the board; files that came later stay.

    The backup is checked against its own hashes before anything is written. A restore that was interrupted is
    finished by the next one.
    """
    with board_session(address, transport) as session:
        folder = find_backup(session.identity.uid, chosen)
        name, contents = _load(folder)
        there = session.files.hashes(tuple(contents))
        wanted = {path: FileEntry.of(path, data) for path, data in contents.items()}
        changed = [path for path, entry in wanted.items() if there.get(path) != entry]
        total, done = sum(wanted[path].size for path in changed), 0
        for path, sent in session.files.send({path: contents[path] for path in changed}):
            if sent == wanted[path].size:
                done, sent = done + sent, 0
            moved(path, done + sent, total)
        written = tuple(wanted[path] for path in changed)
        return BackupResult(address, session.identity.uid, name, str(folder), written, len(backups(folder.parent)))


def read_config(session: BoardSession) -> dict[str, object]:
    """The configuration on an open board. Raises ConfigError when there is none or it is damaged."""
    try:
        value = json.loads(session.files.read(CONFIG))
    except (BoardError, ValueError) as error:
        raise ConfigError(
            "The board has no readable configuration.", hint="Was micrOS deployed on it? See --make.", reason=str(error)
        ) from error
    if not isinstance(value, dict):
        raise ConfigError("The configuration on the board is not a JSON object.", hint="Deploy the board again.")
    return value


def name_of(config: dict[str, object], uid: str) -> str:
    """The node's friendly name, else its uid."""
    name = config.get("devfid")
    return name if isinstance(name, str) and name else uid


def _config_or_none(session: BoardSession) -> dict[str, object] | None:
    try:
        return read_config(session)
    except ConfigError:
        return None


def _home() -> Path:
    return paths.user_data() / "node_backups"


def _load(folder: Path) -> tuple[str, dict[str, bytes]]:
    """Name and contents of a backup, checked."""
    index, _note = datafile.read_object(folder / _INDEX)
    datafile.check_schema(folder / _INDEX, index, _SCHEMA)
    listed = index.get("files")
    if not isinstance(listed, dict):
        raise DataFileError(f"{folder} is damaged: backup.json lists no files.", hint="Use an older backup.")
    contents: dict[str, bytes] = {}
    for path, facts in listed.items():
        file = folder / _FILES / path
        if not file.resolve().is_relative_to((folder / _FILES).resolve()) or not file.is_file():
            raise DataFileError(f"{folder} is damaged: {path} is missing.", hint="Use an older backup.")
        contents[path] = file.read_bytes()
        if facts != [len(contents[path]), FileEntry.of(path, contents[path]).sha256]:
            raise DataFileError(f"{folder} is damaged: {path} was changed.", hint="Use an older backup.")
    return str(index.get("name", "")), contents


def _keep(target: Path, data: bytes) -> None:
    """Write a file of a backup that nobody sees yet, for its owner only. Raises UsageError.

    Under its own name from the start: a board may have a file of its own with the name that a temporary one would get.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UsageError(f"{target}: {error.strerror}.", hint="Choose a folder that can be written.") from error


def _forget_partial(home: Path) -> None:
    """Remove what interrupted backups left."""
    for folder in home.glob(f"*{_PARTIAL}"):
        shutil.rmtree(folder, ignore_errors=True)
