"""Checksums of firmware that nobody publishes one for: noted when a file is first used, compared ever after."""

import time
from dataclasses import dataclass
from pathlib import Path

from devtoolkit import paths
from devtoolkit.errors import FirmwareError
from devtoolkit.services import datafile

_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Record:
    """The SHA-256 a file had when it was first seen, where it came from, and when (UTC, ISO)."""

    sha256: str
    source: str
    first_seen: str


def record_file() -> Path:
    """Where the records lie."""
    return paths.firmware_store() / "known.json"


def records() -> dict[str, Record]:
    """All records by file name. Raises DataFileError for a file of a newer toolkit."""
    path = record_file()
    if not path.is_file():
        return {}
    with datafile.locked(path):
        return _read(path)


def note(name: str, sha256: str, source: str) -> None:
    """Remember what `name` looks like, in place of what was known of it."""
    path = record_file()
    with datafile.locked(path):
        known = {**_read(path), name: Record(sha256, source, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))}
        rows = {
            key: {"sha256": one.sha256, "source": one.source, "first_seen": one.first_seen}
            for key, one in known.items()
        }
        datafile.write_object(path, {"schema": _SCHEMA, "files": rows})


def check(path: Path, sha256: str) -> None:
    """Raises FirmwareError when this file is not the one that was noted; one that is new is noted."""
    known = records().get(path.name)
    if known is None:
        note(path.name, sha256, str(path))
    elif known.sha256 != sha256:
        raise FirmwareError(
            f"{path} has changed since {known.first_seen[:10]}: its SHA-256 is {sha256[:16]}..., not "
            f"{known.sha256[:16]}....",
            hint="If you know why, take it over with --firmware-import.",
            file=str(path),
            sha256=sha256,
            expected=known.sha256,
        )


def _read(path: Path) -> dict[str, Record]:
    value, _ = datafile.read_object(path)
    datafile.check_schema(path, value, _SCHEMA)
    files = value.get("files")
    rows = files if isinstance(files, dict) else {}
    return {
        name: Record(str(row.get("sha256", "")), str(row.get("source", "")), str(row.get("first_seen", "")))
        for name, row in rows.items()
        if isinstance(row, dict)
    }
