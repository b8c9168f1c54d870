"""What the toolkit remembers of its updates: what it put on each node, and how far the last rollout came."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from devtoolkit import paths
from devtoolkit.errors import UpdateError
from devtoolkit.services import datafile
from devtoolkit.services.config_archive import safe_name

_SCHEMA = 1


def put_before(uid: str) -> dict[str, str] | None:
    """Path -> hash of what this toolkit put on the node last; None when it never did."""
    value = _read(_file(uid))
    files = value.get("files")
    return {str(path): str(sha) for path, sha in files.items()} if isinstance(files, dict) else None


def remember(uid: str, version: str, files: Mapping[str, str], *, whole: bool) -> None:
    """Keep what was put on a node; `whole`: the complete set, else some files of it."""
    before = {} if whole else put_before(uid) or {}
    _write(_file(uid), {"version": version, "files": {**before, **files}})


def rollout() -> tuple[str, dict[str, str]]:
    """The last rollout: its name and, by uid, the outcome of each node that had one."""
    value = _read(_rollout_file())
    nodes = value.get("nodes")
    known = {str(uid): str(outcome) for uid, outcome in nodes.items()} if isinstance(nodes, dict) else {}
    return str(value.get("name", "")), known


def remember_rollout(name: str, nodes: Mapping[str, str]) -> None:
    """Written after every node, so that a killed rollout can be resumed."""
    _write(_rollout_file(), {"name": name, "nodes": dict(nodes)})


@contextmanager
def exclusive(uid: str) -> Iterator[None]:
    """One update of a node at a time on this machine. Raises UpdateError when another toolkit has it."""
    file = _file(uid)
    with datafile.locked(file):
        pass  # makes the folder
    lock = FileLock(file.with_name(file.stem + ".busy"), timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise UpdateError(
            "Another toolkit on this machine updates this node.", hint="Wait until it is done.", code="busy"
        ) from error
    try:
        yield
    finally:
        lock.release()


def keep_file(uid: str, name: str, content: bytes) -> Path:
    """A user's file that an update is about to replace, kept by its hash."""
    digest = hashlib.sha256(content).hexdigest()[:12]
    file = _folder() / "replaced" / safe_name(uid) / f"{digest}-{safe_name(name)}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def _read(file: Path) -> dict[str, object]:
    with datafile.locked(file):
        value, _ = datafile.read_object(file)
    datafile.check_schema(file, value, _SCHEMA)
    return value


def _write(file: Path, value: dict[str, object]) -> None:
    with datafile.locked(file):
        datafile.write_object(file, {"schema": _SCHEMA, **value})


def _folder() -> Path:
    return paths.user_data() / "ota"


def _file(uid: str) -> Path:
    return _folder() / f"{safe_name(uid)}.json"


def _rollout_file() -> Path:
    return _folder() / "rollout.json"
