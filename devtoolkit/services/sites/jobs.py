"""What a site can be asked for: each kind is a dataclass, checked whole before anything is done.

A job names nodes by their uid; the site's own cache says where they are, so that no job can send a site elsewhere.
"""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from devtoolkit.codecs.shell import MAX_COMMAND_BYTES
from devtoolkit.errors import UsageError
from devtoolkit.model.node_config import BY_NAME
from devtoolkit.model.node_status import NodeStatus
from devtoolkit.services.bulk import Failure, NodeAnswer
from devtoolkit.services.config_jobs import Action, ConfigAnswer
from devtoolkit.services.ota.plan import TRIAL_S
from devtoolkit.services.ota.request import NodeUpdate
from devtoolkit.services.sites.plain import ShapeError, from_plain, to_plain

MOST_NODES = 1000  # of one job: a lost one costs this much work at most
MOST_COMMANDS = 100
_MOST_SET_BYTES = 16 << 20  # of a set of files in base64; the bundled one has less than 1 MB
_MOST_TRIAL_S = 3600
_UID = re.compile(r"[A-Za-z0-9_:.\-]{1,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9\-]{0,30}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class StatusJob:
    """How these nodes are."""

    uids: tuple[str, ...]
    details: bool = False


@dataclass(frozen=True, slots=True)
class CommandJob:
    """The same commands to these nodes; never sent twice to one."""

    uids: tuple[str, ...]
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConfigJob:
    """Settings of these nodes; `archive` keeps them at the site."""

    uids: tuple[str, ...]
    action: Action
    keys: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UpdateJob:
    """One node's update to the set of files with this digest, which the site has already."""

    uid: str
    set: str
    mode: Literal["changed", "full", "modules"] = "changed"
    force: bool = False
    dry_run: bool = False
    only_older: bool = False
    trial_s: int = TRIAL_S
    confirm: Literal["node", "toolkit", "none"] = "node"


@dataclass(frozen=True, slots=True)
class SetJob:
    """A precompiled set of files for the site: path -> base64, its manifest among them."""

    digest: str
    files: dict[str, str]


Job = StatusJob | CommandJob | ConfigJob | UpdateJob | SetJob
Answer = NodeStatus | NodeAnswer | ConfigAnswer | NodeUpdate
KINDS: dict[str, type[Job]] = {
    "status": StatusJob,
    "command": CommandJob,
    "config": ConfigJob,
    "update": UpdateJob,
    "set": SetJob,
}
ANSWERS: dict[str, type[Answer]] = {
    "status": NodeStatus,
    "command": NodeAnswer,
    "config": ConfigAnswer,
    "update": NodeUpdate,
}


@dataclass(frozen=True, slots=True)
class Order:
    """A job on its way. Its number, site and deadline (Unix time) are inside, where a signature covers them."""

    id: str
    site: str
    kind: str
    expires: float
    job: Job

    def plain(self) -> dict[str, object]:
        """As it travels."""
        return {
            "id": self.id,
            "site": self.site,
            "kind": self.kind,
            "expires": self.expires,
            "job": to_plain(self.job),
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job: an answer for each node in the order of the job, or why there is none."""

    answers: tuple[Answer, ...] = ()
    failure: Failure | None = None


def kind_of(job: Job) -> str:
    """The job's word in KINDS."""
    return next(kind for kind, type_ in KINDS.items() if isinstance(job, type_))


def accepted(arguments: object, *, kind: str, task_id: str, site: str) -> Order:
    """The order in a message's arguments. Raises ShapeError for anything that is not exactly one for this site."""
    if not isinstance(arguments, list | tuple) or len(arguments) != 1 or not isinstance(arguments[0], dict):
        raise ShapeError("not one order")
    value = arguments[0]
    if value.keys() != {"id", "site", "kind", "expires", "job"}:
        raise ShapeError("not the fields of an order")
    if (value["id"], value["site"], value["kind"]) != (task_id, site, kind):
        raise ShapeError("made for another task or site")
    job = from_plain(KINDS[kind], value["job"])
    check(job)
    return Order(task_id, site, kind, from_plain(float, value["expires"]), job)


def late(order: Order) -> bool:
    """Whether its deadline has passed."""
    return time.time() > order.expires


def check(job: Job) -> None:
    """Raises ShapeError for values that no honest centre sends."""
    if isinstance(job, StatusJob | CommandJob | ConfigJob):
        _need(0 < len(job.uids) <= MOST_NODES and len(set(job.uids)) == len(job.uids), "the nodes")
        _need(_all(_UID, job.uids), "a uid")
    if isinstance(job, CommandJob):
        _need(0 < len(job.commands) <= MOST_COMMANDS and all(map(_is_command, job.commands)), "a command")
    elif isinstance(job, ConfigJob):
        _need(len(job.values) <= len(BY_NAME) and not _secrets(job.values), "the values")
    elif isinstance(job, UpdateJob):
        _need(bool(_UID.fullmatch(job.uid)), "the uid")
        _need(bool(_DIGEST.fullmatch(job.set)), "the set")
        _need(0 < job.trial_s <= _MOST_TRIAL_S, "trial_s")
    elif isinstance(job, SetJob):
        _need(bool(_DIGEST.fullmatch(job.digest)), "the digest")
        _need(sum(map(len, job.files.values())) <= _MOST_SET_BYTES and all(map(_is_path, job.files)), "the files")


def check_name(name: str) -> str:
    """A site's name. Raises UsageError."""
    if not _NAME.fullmatch(name) or name in ("all", "here"):
        raise UsageError(
            f"{name!r} cannot be a site's name.", hint="Use a to z, 0 to 9 and -, 32 at most, and neither all nor here."
        )
    return name


def without_secrets(values: Iterable[str]) -> None:
    """Raises UsageError for settings that shall not lie in a broker."""
    if found := _secrets(values):
        raise UsageError(
            f"{found[0]} is a secret; it is not sent through a broker.", hint="Set it at the site: --node_config set"
        )


def _secrets(keys: Iterable[str]) -> list[str]:
    return [key for key in keys if key in BY_NAME and BY_NAME[key].secret]


def _is_command(text: str) -> bool:
    return bool(text.strip()) and text.isprintable() and len(text.encode()) <= MAX_COMMAND_BYTES


def _is_path(text: str) -> bool:
    path = PurePosixPath(text)
    return bool(text) and text == str(path) and not path.is_absolute() and ".." not in path.parts and "\\" not in text


def _all(pattern: re.Pattern[str], texts: Iterable[str]) -> bool:
    return all(pattern.fullmatch(text) for text in texts)


def _need(good: bool, what: str) -> None:
    if not good:
        raise ShapeError(f"{what}: not possible")
