"""The kept versions of a node's configuration, and configuration files that people take along."""

import calendar
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devtoolkit.errors import ConfigError
from devtoolkit.model.node_config import BY_NAME, Value, check
from devtoolkit.model.node_config_rules import EMPTY
from devtoolkit.services import datafile
from devtoolkit.services.config_archive import ConfigArchive
from devtoolkit.services.node_setup import MASK, read_config

_STAMP = re.compile(r"\.(\d{8}-\d{6})-(\d{3})\.json$")  # as ConfigArchive writes it, UTC


@dataclass(frozen=True, slots=True)
class Version:
    """A kept configuration. `at`: when it was kept (Unix seconds); `newest`: it is no history yet."""

    file: Path
    at: float
    newest: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file has for a form; `left_out`: its keys that are not the user's, or unknown, or masked."""

    values: dict[str, str]
    left_out: tuple[str, ...]


def versions(uid: str, name: str, archive: ConfigArchive | None = None) -> tuple[Version, ...]:
    """Those of this node, the newest first. A file that says it is another node's is left out."""
    archive = archive or ConfigArchive()
    newest = archive.find(uid, name)
    found = [] if newest is None else [Version(newest, newest.stat().st_mtime, newest=True)]
    for file in archive.history(name):
        if _of_node(file, uid):
            found.append(Version(file, _kept_at(file), newest=False))
    return tuple(found)


def write(file: Path, values: Mapping[str, Value]) -> tuple[str, ...]:
    """Save a configuration without its secrets; those that are set and were left out. Raises DataFileError."""
    secret = tuple(key for key in values if key in BY_NAME and BY_NAME[key].secret)
    datafile.write_object(file, {key: value for key, value in values.items() if key not in secret}, mode=0o600)
    return tuple(key for key in secret if values[key] != EMPTY)


def read(file: Path) -> Imported:
    """A file's values as texts for a form, checked. Raises ConfigError with the first problem."""
    table = read_config(file)
    kept = {key: value for key, value in table.items() if _is_for_forms(key, value)}
    problems = check(kept)
    if problems:
        raise ConfigError(f"{file.name}: {problems[0]}.", hint="Correct the file.", problems=list(map(str, problems)))
    texts = {key: str(value) for key, value in kept.items()}
    return Imported(texts, tuple(key for key in table if key not in kept))


def _kept_at(file: Path) -> float:
    """From the stamp in a history file's name; the file's own time is when it became history."""
    found = _STAMP.search(file.name)
    if found is None:
        return file.stat().st_mtime
    return calendar.timegm(time.strptime(found[1], "%Y%m%d-%H%M%S")) + int(found[2]) / 1000


def _is_for_forms(key: str, value: object) -> bool:
    of_the_user = key in BY_NAME and not BY_NAME[key].written_by_node
    return of_the_user and isinstance(value, bool | int | str) and value != MASK


def _of_node(file: Path, uid: str) -> bool:
    try:
        owner = read_config(file).get("hwuid", EMPTY)
    except ConfigError:
        return False
    return owner in (uid, EMPTY, "")
