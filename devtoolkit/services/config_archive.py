"""The archive of node configurations: `node_config_archive/{devfid}-node_config.json`, older ones in `history/`."""

import time
from collections.abc import Mapping
from pathlib import Path

from devtoolkit import paths
from devtoolkit.errors import ConfigError
from devtoolkit.services import datafile
from devtoolkit.services.node_setup import read_config

_SUFFIX = "-node_config.json"
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


class ConfigArchive:
    """One file per node, found by the node's `hwuid`; files of the original, which lie in the same place, are read too.

    A file is for its owner only, since it may hold passwords. All methods raise DataFileError or ConfigError.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or paths.user_data() / "node_config_archive"

    def put(self, uid: str, config: Mapping[str, object]) -> tuple[Path, bool]:
        """Keep the configuration; the file, and whether it differs from what was kept, which goes to the history."""
        name = str(config.get("devfid", uid))
        before = self.find(uid, name)
        path = self._path(uid, name)
        with datafile.locked(self.folder / "archive"):
            if before and before == path and read_config(before) == dict(config):
                return path, False
            if before:
                self._to_history(before)
            datafile.write_object(path, dict(config), mode=0o600)
            if before and before != path:
                before.unlink()
        return path, True

    def find(self, uid: str, name: str) -> Path | None:
        """The newest file of this node: the one with its `hwuid`, else one of its name without any."""
        for path in sorted(self.folder.glob(f"*{_SUFFIX}"), key=lambda file: file.stat().st_mtime, reverse=True):
            if _owner(path) == uid:
                return path
        plain = self.folder / f"{safe_name(name)}{_SUFFIX}"
        return plain if plain.is_file() and _owner(plain) == "" else None

    def load(self, uid: str, name: str, file: Path | None = None) -> dict[str, object]:
        """A kept configuration: of `file`, else the newest of this node. Raises ConfigError when there is none."""
        found = file or self.find(uid, name)
        if found is None:
            raise ConfigError(
                f"There is no archived configuration of {name}.", hint="Make one: --node_config archive.", node=name
            )
        return read_config(found)

    def history(self, name: str) -> tuple[Path, ...]:
        """Older files of a node of this name, the newest first."""
        return tuple(sorted((self.folder / "history").glob(f"{safe_name(name)}-node_config.*.json"), reverse=True))

    def _to_history(self, before: Path) -> None:
        kept = self.folder / "history" / f"{before.name.removesuffix('.json')}.{_stamp(before)}.json"
        kept.parent.mkdir(exist_ok=True)
        datafile.write_object(kept, read_config(before), mode=0o600)

    def _path(self, uid: str, name: str) -> Path:
        plain = self.folder / f"{safe_name(name)}{_SUFFIX}"
        if not plain.is_file() or _owner(plain) in ("", uid):
            return plain
        return self.folder / f"{safe_name(name)}-{safe_name(uid)}{_SUFFIX}"  # two nodes of one name


def _owner(path: Path) -> str:
    """The `hwuid` in a file, empty when it has none or cannot be read."""
    try:
        uid = read_config(path).get("hwuid")
    except ConfigError:
        return ""
    return uid if isinstance(uid, str) and uid != "n/a" else ""


def _stamp(path: Path) -> str:
    seconds = path.stat().st_mtime
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(seconds))}-{int(seconds * 1000) % 1000:03d}"


def safe_name(text: str) -> str:
    """A node's name as part of a file name."""
    return "".join(char if char in _SAFE else "_" for char in text).lstrip(".") or "_"
