"""What was saved of boards, newest first: whole file systems, configurations; and one of these put back over USB."""

import calendar
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from devtoolkit import paths
from devtoolkit.errors import ConfigError, DataFileError
from devtoolkit.model.manifest import FileEntry
from devtoolkit.services import datafile, node_backup, secrets
from devtoolkit.services.board_session import MPREMOTE, board_session
from devtoolkit.services.config_archive import ConfigArchive
from devtoolkit.services.node_backup import CONFIG, BackupResult, contents_of, name_of
from devtoolkit.services.node_setup import check_config, of_any_node, read_config

Kind = Literal["whole", "config"]
_INDEX, _PARTIAL = "backup.json", ".partial"
_STAMP = re.compile(r"\d{8}-\d{6}")


@dataclass(frozen=True, slots=True)
class SavedBackup:
    """`path` is the folder of a whole backup, or the file of a configuration. `at`: Unix time; `bytes` on the board."""

    kind: Kind
    name: str
    uid: str
    path: str
    at: float
    files: int
    bytes: int


def saved() -> tuple[SavedBackup, ...]:
    """Everything that can be put back. What is damaged is left out: it could not be."""
    found = (*_whole(paths.user_data() / "node_backups"), *_configs(ConfigArchive().folder))
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def restore_config(address: str, path: Path, transport: str = MPREMOTE) -> BackupResult:
    """Put the configuration of a backup (its folder, or a configuration's file) on the board.

    The board keeps its identity, and secrets that were saved masked. What it had goes to the archive, so this can be
    taken back. Raises ConfigError, DataFileError, BoardError, PortError.
    """
    kept = of_any_node(_config_of(path))
    with board_session(address, transport) as session:
        uid, archive = session.identity.uid, ConfigArchive()
        try:
            before = node_backup.read_config(session)
            archive.put(uid, before)
        except ConfigError:
            before = {}
        config = {**before, **kept}
        check_config(config, where=str(path))
        data = json.dumps(config, ensure_ascii=False).encode()
        session.files.write(CONFIG, data)
    name = name_of(config, uid)
    secrets.remember(uid, str(config.get("appwd", "")))
    return BackupResult(address, uid, name, str(path), (FileEntry.of(CONFIG, data),), len(archive.history(name)) + 1)


def _whole(home: Path) -> Iterator[SavedBackup]:
    for index in home.glob(f"*/*/{_INDEX}"):
        try:
            value, _note = datafile.read_object(index)
        except DataFileError:
            continue
        listed = value.get("files")
        if isinstance(listed, dict) and index.parent.suffix != _PARTIAL:
            sizes = [facts[0] for facts in listed.values() if isinstance(facts, list) and facts]
            name, uid = str(value.get("name", "")), str(value.get("uid", ""))
            at = _time(index.parent.name, index)
            yield SavedBackup("whole", name, uid, str(index.parent), at, len(sizes), sum(sizes))


def _configs(folder: Path) -> Iterator[SavedBackup]:
    for file in (*folder.glob("*-node_config.json"), *(folder / "history").glob("*-node_config.*.json")):
        try:
            value = read_config(file)
        except ConfigError:
            continue
        uid, name = str(value.get("hwuid", "")), str(value.get("devfid", "")) or file.name.partition("-node_config")[0]
        at = _time(file.name.partition("-node_config.")[2], file)
        yield SavedBackup("config", name, uid, str(file), at, 1, file.stat().st_size)


def _time(stamp: str, file: Path) -> float:
    """When it was saved: in UTC in its name; where it is not, the file tells."""
    found = _STAMP.match(stamp)
    return calendar.timegm(time.strptime(found[0], "%Y%m%d-%H%M%S")) if found else file.stat().st_mtime


def _config_of(path: Path) -> dict[str, object]:
    """A configuration that was saved, checked against its hash where there is one."""
    if not path.is_dir():
        return read_config(path)
    value = contents_of(path).get(CONFIG)
    if value is None:
        raise DataFileError(f"{path} holds no configuration.", hint="Restore everything, or choose another backup.")
    try:
        config = json.loads(value)
    except ValueError as error:
        raise DataFileError(f"The configuration in {path} is damaged: {error}.", hint="Use another backup.") from error
    if not isinstance(config, dict):
        raise DataFileError(f"The configuration in {path} is no JSON object.", hint="Use another backup.")
    return config
