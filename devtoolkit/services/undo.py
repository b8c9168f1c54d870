"""The last changes made at nodes, so that they can be taken back: settings, uploaded modules, deleted modules.

A journal of 20 steps in the user's data folder, for its owner only (settings and modules may hold secrets).
"""

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from devtoolkit import paths
from devtoolkit.errors import UsageError
from devtoolkit.model.device import Device
from devtoolkit.model.node_config import Value
from devtoolkit.services import datafile

MAX_STEPS = 20
_SCHEMA = 1
Kind = Literal["config", "upload", "delete"]


@dataclass(frozen=True, slots=True)
class Step:
    """One change: for "config" the `values` from before; else the file's `name`, and what was there as `previous`."""

    kind: Kind
    uid: str
    fuid: str
    at: float
    name: str = ""
    previous: str = ""
    content: bytes = field(default=b"", repr=False)
    values: Mapping[str, Value] = field(default_factory=dict, repr=False)

    @property
    def title(self) -> str:
        """What was done, for people."""
        if self.kind == "config":
            return f"{', '.join(self.values)} set on {self.fuid}"
        return f"{self.name} {'uploaded to' if self.kind == 'upload' else 'deleted on'} {self.fuid}"


def config_changed(device: Device, before: Mapping[str, Value]) -> None:
    """Settings of a node were changed; `before` are their old values."""
    if before:
        _add(Step("config", device.uid, device.fuid, time.time(), values=dict(before)))


def module_uploaded(device: Device, name: str, previous: str, content: bytes) -> None:
    """A module was put on a node; `previous` and `content` are those of the file it replaced, empty for none."""
    _add(Step("upload", device.uid, device.fuid, time.time(), name, previous, content))


def module_deleted(device: Device, name: str, content: bytes) -> None:
    """A module was removed from a node."""
    _add(Step("delete", device.uid, device.fuid, time.time(), name, name, content))


def steps() -> tuple[Step, ...]:
    """What can be taken back, the newest first."""
    with datafile.locked(_file()):
        return tuple(reversed(_read()))


def last(uid: str | None = None) -> Step:
    """The newest step, of this node or of any. Raises UsageError when there is none."""
    for step in steps():
        if uid is None or step.uid == uid:
            return step
    raise UsageError("There is nothing to take back.", hint="Settings, module uploads and deletions can be undone.")


def forget(step: Step) -> None:
    """The step was taken back."""
    with datafile.locked(_file()):
        known = _read()
        if step in known:
            known.remove(step)
            _write(known)


def _add(step: Step) -> None:
    with datafile.locked(_file()):
        _write([*_read(), step][-MAX_STEPS:])


def _file() -> Path:
    return paths.user_data() / "undo.json"


def _read() -> list[Step]:
    value, _ = datafile.read_object(_file())
    datafile.check_schema(_file(), value, _SCHEMA)
    stored = value.get("steps")
    return [_step(item) for item in stored if isinstance(item, dict)] if isinstance(stored, list) else []


def _write(known: list[Step]) -> None:
    table = [
        {
            "kind": step.kind,
            "uid": step.uid,
            "fuid": step.fuid,
            "at": step.at,
            "name": step.name,
            "previous": step.previous,
            "content": base64.b64encode(step.content).decode(),
            "values": dict(step.values),
        }
        for step in known
    ]
    datafile.write_object(_file(), {"schema": _SCHEMA, "steps": table}, mode=0o600)


def _step(item: dict[str, object]) -> Step:
    kind, values, at = item.get("kind"), item.get("values"), item.get("at")
    return Step(
        kind=kind if kind in ("upload", "delete") else "config",
        uid=str(item.get("uid", "")),
        fuid=str(item.get("fuid", "")),
        at=float(at) if isinstance(at, int | float) else 0.0,
        name=str(item.get("name", "")),
        previous=str(item.get("previous", "")),
        content=base64.b64decode(str(item.get("content", ""))),
        values=dict(values) if isinstance(values, dict) else {},
    )
