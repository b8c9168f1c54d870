"""
Verifies what is staged, and commits it: the journal that the loader works on. Long work is a generator that yields 0
where others may run.
"""

import json
import os

from micropython import const
from OtaFiles import (
    API,
    CONTROL,
    DIRTY,
    HASHES,
    JOURNAL,
    Refused,
    exists,
    files_in,
    known,
    lines_of,
    make_folders,
    mark_dirty,
    read_json,
    remove,
    sha256,
    staged_path,
    state_of,
    twin,
    write,
)

_SCHEMA = const(1)
_MAX_BAD = const(50)
_MAX_ENTRIES = const(200)
_SPARE = const(4)  # free blocks that the loader needs for the journal, err.log and a file that is copied aside
_NAMES = const(16)  # names in ota/old that cost one more
_MANIFEST = const("ota/manifest")
_DATA = ("pds", "dat", "log", "key", "tmp", "bad", "last")
_NEVER = ("main", "boot")
LOADER = ("micrOSloader", "micrOSguard", "micrOSrecovery")


def _module(path):
    return path.rpartition(".")[0]


def _allowed(path):
    name = path.rpartition("/")[2]
    return not (
        not name
        or path.startswith("/")
        or path.startswith("ota/")
        or any(part.startswith(".") for part in path.split("/"))
        or name.rpartition(".")[2] in _DATA
        or name.startswith("node_config")
        or _module(path) in _NEVER
        or _module(path) in [name + "_old" for name in LOADER]
    )


def _bad(text):
    return Refused("bad_manifest", text)


def _manifest(wanted):
    """Yields the header and the entries of the manifest with this id, then its end is checked."""
    found = sha256(_MANIFEST)
    if found is None:
        raise Refused("no_manifest", "There is no manifest.")
    if found[:16] != wanted:
        raise Refused("other_id", "The manifest's id is %s." % found[:16])
    last = None
    count = -1
    with open(_MANIFEST) as f:
        for line in f:
            try:
                last = json.loads(line)
            except ValueError:
                raise _bad("A line is no JSON.")
            if isinstance(last, dict) == (count >= 0):
                break
            count += 1
            yield last
    if not isinstance(last, dict) or last.get("end") != count or count > _MAX_ENTRIES:
        raise _bad("The end is missing, or there are more than %d entries." % _MAX_ENTRIES)


def _check_header(header):
    if header.get("schema") != _SCHEMA or not isinstance(header.get("version"), str):
        raise _bad("Schema or version is unknown.")
    if header.get("needs_api", 0) > API:
        raise Refused("needs_api", "The files need API %d, this node has %d." % (header["needs_api"], API))


def _check_entry(entry):
    if len(entry) not in (1, 3) or not isinstance(entry[0], str) or not _allowed(entry[0]):
        raise _bad("Not a file of an update: %s" % entry)


def verify(wanted):
    """Checks the manifest and every staged file; yields 0, returns (header, paths that are staged)."""
    lines = _manifest(wanted)
    try:
        return (yield from _verify(lines))
    finally:
        lines.close()  # a file left open is closed only when memory is collected, if ever


def _verify(lines):
    header = None
    bad = []
    paths = []
    own = 0
    for entry in lines:
        if header is None:
            header = entry
            _check_header(header)
            continue
        _check_entry(entry)
        path = entry[0]
        own += _module(path) in LOADER
        if len(entry) == 3:
            paths.append(path)
            if sha256(staged_path(path)) != entry[2]:
                bad.append(path)
            yield 0
    if own and (own < len(LOADER) or not header.get("force")):
        raise Refused("force", "The loader's files are updated by force, and all of them: %s." % ", ".join(LOADER))
    if bad:
        raise Refused("mismatch", "Staged files are missing or damaged.", bad=bad[:_MAX_BAD])
    return header, paths


def _replaced(path, names):
    """Files that go when `path` comes or goes. Where a loader has two, .py is the one that runs. `names`: the root."""
    other = twin(path)
    found = [one for one in (path, other) if one and (one in names or "/" in one and exists(one))]
    if len(found) == 2 and _module(path) in LOADER:
        return [one for one in found if one.endswith(".py")]
    return found


def _list_lines(wanted):
    names = os.listdir()  # one look at the root is cheaper than one for each file
    for entry in _manifest(wanted):
        if isinstance(entry, list):
            path = entry[0]
            is_put = len(entry) == 3
            old = _replaced(path, names) if is_put else [path] if exists(path) else []
            yield json.dumps([path, is_put, old]) + "\n"


def _hash_lines(wanted, trusted):
    """Known hashes with those that were verified just now. A rename keeps size and time, so they hold afterwards."""
    lines = known()
    last = next(lines) if trusted else None
    for entry in _manifest(wanted):
        if isinstance(entry, dict):
            continue
        path = entry[0]
        while last and last[0] < path:
            yield json.dumps(last) + "\n"
            last = next(lines)
        if last and last[0] == path:
            last = next(lines)
        if len(entry) == 3:
            stat = os.stat(staged_path(path))
            yield json.dumps([path, stat[6], entry[2], stat[8]]) + "\n"
    while last:
        yield json.dumps(last) + "\n"
        last = next(lines)
    lines.close()


def _clear(folder, keep=()):
    for name in files_in(folder):
        if name not in keep:
            os.remove(folder + "/" + name)


def commit(wanted):
    """Verifies, then writes the journal: once it is there the loader finishes the job. Yields 0, returns the reply."""
    make_folders()
    if state_of(read_json(JOURNAL)) in ("apply", "trial", "rollback"):
        raise Refused("busy", "Another update is under way.")
    header, paths = yield from verify(wanted)
    _clear("ota/old")
    _clear("ota", CONTROL + tuple(path.replace("/", "~") for path in paths))
    write("ota/list", _list_lines(wanted))
    trusted = not exists(DIRTY) or os.stat(DIRTY)[6] == 1  # what the update mode may have changed has another time
    mark_dirty()
    write(HASHES, _hash_lines(wanted, trusted))
    if os.statvfs("")[4] < _SPARE + len(paths) // _NAMES:
        raise Refused("failed", "The disk is full: too little is left for the old files' names.")
    if any(_module(path) in LOADER for path in paths):
        for name in LOADER:
            remove(name + "_old.py")
            remove(name + "_old.mpy")
        open("ota/starts", "w").close()
    journal = {
        "id": wanted,
        "to": header["version"],
        "state": "apply",
        "trial_s": header.get("trial_s", 60),
        "boots": 0,
        "expected": False,
        "reason": "",
    }
    write(JOURNAL, (json.dumps(journal),))
    remove(DIRTY)
    return {"ok": True, "id": wanted, "reset": True}


def entries(wanted):
    """Lines of the journaled update: [path, size, hash] or [path]."""
    if read_json(JOURNAL).get("id") != wanted:
        raise Refused("other_id", "The last update is another one.")
    for line in lines_of("ota/list"):
        path, is_put, _ = json.loads(line)
        yield json.dumps([path, os.stat(path)[6], sha256(path)] if is_put and exists(path) else [path]) + "\n"
