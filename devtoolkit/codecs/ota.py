"""The update's words and files as bytes: the manifest that goes to the node, and the node's replies.

Every reply is a JSON object in one line; lists of files are one JSON list per line. A newer node may say more than is
read here.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping

from devtoolkit.errors import CodecError
from devtoolkit.model.manifest import FileEntry
from devtoolkit.model.ota import NodeState, OtaManifest

STAGE = "/ota/"
MANIFEST = "/ota/manifest"
REQUEST = "/ota/request"
RESULT = "/ota/result"
HASHES = "/ota/hashes"
STAGED = "/ota/staged"
LIVE = "/ota/live"
_SCHEMA = 1

Reply = Mapping[str, object]


def encode_manifest(manifest: OtaManifest) -> bytes:
    """The file `/ota/manifest`; the same update always gives the same bytes."""
    head: dict[str, object] = {
        "schema": _SCHEMA,
        "version": manifest.version,
        "trial_s": manifest.trial_s,
        "needs_api": manifest.needs_api,
        "force": manifest.force,
        "part": manifest.part,
    }
    if manifest.again:
        head["again"] = 1
    entries: list[list[object]] = [[file.path, file.size, file.sha256] for file in manifest.files]
    entries += [[gone.path] for gone in manifest.removed]
    lines: list[object] = [head, *entries, {"end": len(entries)}]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def update_id(manifest: bytes) -> str:
    """The name of an update: the first 16 hex digits of its manifest's hash."""
    return hashlib.sha256(manifest).hexdigest()[:16]


def staged_path(path: str) -> str:
    """Where a file waits for its installation: everything staged lies flat in one folder."""
    return STAGE + path.replace("/", "~")


def encode_request(number: int, text: str) -> bytes:
    """What is put at `/ota/request` in update mode; the line's end says that it is whole."""
    return f"{number} {text}\n".encode()


def decode_reply(text: str) -> Reply:
    """One reply object. Raises CodecError."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CodecError("The node's answer about its update is no JSON object.", received=text[:80]) from error
    if not isinstance(value, dict) or not isinstance(value.get("ok"), bool):
        raise CodecError("The node's answer about its update is no JSON object.", received=text[:80])
    return value


def decode_lines(lines: Iterable[str]) -> tuple[tuple[Reply, ...], tuple[FileEntry, ...]]:
    """The objects and the files in a reply of several lines; empty lines are left out. Raises CodecError."""
    replies, files = [], []
    for line in filter(str.strip, lines):
        if line.lstrip().startswith("["):
            files.append(_file(line))
        else:
            replies.append(decode_reply(line))
    return tuple(replies), tuple(files)


def decode_hashes(data: bytes) -> tuple[FileEntry, ...]:
    """The files in `/ota/hashes` or `/ota/staged`."""
    return decode_lines(data.decode("utf-8", "replace").splitlines())[1]


def is_reply(lines: tuple[str, ...]) -> bool:
    """Whether a node knows `ota` at all: another one says that it does not understand."""
    return bool(lines) and lines[0].lstrip().startswith(("{", "["))


def state_of(reply: Reply) -> NodeState:
    """The state object. Raises CodecError when a field that must be there is missing or has another type."""
    return NodeState(
        api=_int(reply, "api"),
        version=_text(reply, "version"),
        mode=_text(reply, "mode"),
        update_id=_text(reply, "id"),
        state=_text(reply, "state"),
        to=_text(reply, "to"),
        reason=_text(reply, "reason"),
        boots=_int(reply, "boots"),
        left_s=_int(reply, "left_s"),
        free=_int(reply, "free"),
        block=_int(reply, "block"),
        mpy=_int(reply, "mpy"),
        micropython=_text(reply, "upy"),
        staged=_int(reply, "staged"),
    )


def _file(line: str) -> FileEntry:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    match value:
        case [str(path), int(size), str(sha256), *_]:
            return FileEntry(path, size, sha256)
    raise CodecError("The node's list of files has a damaged line.", received=line[:80])


def _int(reply: Reply, key: str) -> int:
    value = reply.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CodecError(f"The node's state has no {key}.")
    return int(value)


def _text(reply: Reply, key: str) -> str:
    value = reply.get(key)
    if not isinstance(value, str):
        raise CodecError(f"The node's state has no {key}.")
    return value
