"""
What lies on the node and what is staged, with hashes; state of an update, confirm, abort. For the shell word `ota` and
for the requests of the update mode. OtaCommit verifies and commits, the loader does the rest.

Long work is a generator that yields 0 where others may run. A refusal is raised as Refused.
"""

import json
import os
import sys

from micropython import const

API = 1  # of the core, as manifests ask for it
_PIECE = const(512)
_FILE = const(0x8000)
JOURNAL = "ota/journal"
HASHES = "ota/hashes"
DIRTY = "ota/dirty"  # empty: known hashes are not trusted; `u`: only the update mode doubts them
_HASHING_MS = const(50)
_PROGRAM = ("py", "mpy", "html", "js", "css", "json", "svg", "ico", "gz", "txt")
CONTROL = ("manifest", "request", "result", "hashes", "staged", "live", "journal", "list", "starts", "dirty", "reason")


class Refused(Exception):
    """`reply` is the answer."""

    def __init__(self, error, text, **more):
        super().__init__(text)
        self.reply = dict(more, ok=False, error=error, text=text)


def exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def remove(path):
    try:
        os.remove(path)
    except OSError:
        pass


def make_folders():
    """Those that WebREPL cannot make."""
    for folder in ("ota", "ota/old"):
        if not exists(folder):
            os.mkdir(folder)


def mark_dirty():
    """Known hashes are no longer trusted."""
    make_folders()
    open(DIRTY, "w").close()


def write(path, pieces):
    with open(path + ".tmp", "w") as f:
        for piece in pieces:
            f.write(piece)
    os.rename(path + ".tmp", path)


def read_json(path):
    try:
        with open(path) as f:
            return json.load(f)
    except (OSError, ValueError):
        return {}


def sha256(path):
    """Hash of a file in hex digits; None when there is none."""
    from binascii import hexlify
    from hashlib import sha256

    digest = sha256()
    buffer = memoryview(bytearray(_PIECE))
    try:
        with open(path, "rb") as f:
            size = f.readinto(buffer)
            while size:
                digest.update(buffer[:size])
                size = f.readinto(buffer)
    except OSError:
        return None
    return hexlify(digest.digest()).decode()


def staged_path(name):
    return "ota/" + name.replace("/", "~")


def files_in(folder):
    """Names of the visible files of a folder."""
    return [e[0] for e in os.ilistdir(folder) if e[1] == _FILE and not e[0].startswith(".")]


def twin(path):
    """The other file of that module: .py for .mpy and the reverse; None when it can have none."""
    module, _, ending = path.rpartition(".")
    return {"py": module + ".mpy", "mpy": module + ".py"}.get(ending)


# --- what is there


def state_of(journal):
    return journal.get("state", "none")


def _left_s(journal):
    if state_of(journal) != "trial":
        return 0
    guard = getattr(sys.modules.get("Hooks"), "watchdog", None)
    return max(0, guard.left_ms() // 1000) if hasattr(guard, "left_ms") else journal["trial_s"]


def state():
    """The node's side of an update."""
    journal = read_json(JOURNAL)
    space = os.statvfs("")
    implementation = sys.implementation
    running = "Tasks" in sys.modules
    return {
        "ok": True,
        "api": API,
        "version": read_json("node_config.json").get("version", ""),
        "mode": "run" if running else "update",
        "id": journal.get("id", ""),
        "state": state_of(journal),
        "to": journal.get("to", ""),
        "reason": journal.get("reason", ""),
        "boots": journal.get("boots", 0),
        "left_s": _left_s(journal),
        "free": space[4],
        "block": space[0],
        "mpy": getattr(implementation, "_mpy", 0),
        "upy": ".".join(str(n) for n in implementation[1][:3]),
        "dirty": exists(DIRTY),
        "staged": len(_staged_names()),
    }


def _program_names():
    """Sorted paths of the program files in the root and in its folders."""
    names = []
    for entry in os.ilistdir(""):
        name = entry[0]
        if name.startswith(".") or name == "ota":
            continue
        if entry[1] == _FILE:
            if not name.endswith(".json") and name.rpartition(".")[2] in _PROGRAM:
                names.append(name)
        else:
            names += [name + "/" + one for one in files_in(name) if one.rpartition(".")[2] in _PROGRAM]
    names.sort()
    return names


def known():
    """The cached hashes in order, then None for ever."""
    try:
        with open(HASHES) as f:
            for line in f:
                yield json.loads(line)
    except (OSError, ValueError):
        pass
    while True:
        yield None


def _entries_now(trusted):
    """[path, size, hash, mtime] of every program file; the hash is None when it is not known."""
    lines = known()
    last = next(lines) if trusted else None
    for path in _program_names():
        stat = os.stat(path)
        while last and last[0] < path:
            last = next(lines)
        if last and last[0] == path and last[1] == stat[6] and last[3] == stat[8]:
            yield last
        else:
            yield [path, stat[6], None, stat[8]]
    lines.close()


def refresh():
    """Brings ota/hashes up to date; yields pauses in ms, then returns the number of files. One session at a time."""
    tasks = sys.modules.get("Tasks")
    while getattr(tasks, "hashing", False):
        yield _HASHING_MS
    if tasks:
        tasks.hashing = True
    try:
        return (yield from _refresh(tasks))
    finally:
        if tasks:
            tasks.hashing = False


def _refresh(tasks):
    make_folders()
    trusted = not exists(DIRTY)
    count = 0
    fresh = trusted
    for entry in _entries_now(trusted):
        count += 1
        fresh = fresh and entry[2] is not None
    if fresh and count == sum(1 for entry in lines_of(HASHES)):
        return count
    with open(HASHES + ".tmp", "w") as f:
        for entry in _entries_now(trusted):
            if entry[2] is None:
                entry[2] = sha256(entry[0])
                yield 0
            f.write(json.dumps(entry) + "\n")
    os.rename(HASHES + ".tmp", HASHES)
    if tasks and not tasks.TaskBase.is_busy("webrepl"):
        remove(DIRTY)
    return count


def lines_of(path):
    try:
        with open(path) as f:
            for line in f:
                yield line
    except OSError:
        pass


def hash_lines():
    """Lines of ota/hashes."""
    return lines_of(HASHES)


def _staged_names():
    try:
        return [name for name in files_in("ota") if name not in CONTROL and not name.endswith(".tmp")]
    except OSError:
        return []


def staged():
    """Generator of lines [path, size, hash] of what is staged."""
    for name in _staged_names():
        path = "ota/" + name
        yield json.dumps([name.replace("~", "/"), os.stat(path)[6], sha256(path)]) + "\n"


def confirm(wanted):
    journal = read_json(JOURNAL)
    if journal.get("id") != wanted:
        raise Refused("other_id", "The last update is another one.")
    if state_of(journal) == "trial":
        journal["state"] = "confirmed"
        write(JOURNAL, (json.dumps(journal),))
    elif state_of(journal) != "confirmed":
        raise Refused("no_trial", "The update is not on trial, but %s." % state_of(journal))
    return {"ok": True, "id": wanted, "state": "confirmed"}


def abort():
    """In a trial the update is taken back, else what is staged goes."""
    journal = read_json(JOURNAL)
    if state_of(journal) in ("apply", "trial", "rollback"):
        if state_of(journal) == "trial":
            journal.update({"state": "rollback", "reason": "aborted"})
            write(JOURNAL, (json.dumps(journal),))
        return {"ok": True, "state": "rollback", "reset": True}
    for name in _staged_names() + ["manifest"]:
        remove("ota/" + name)
    return {"ok": True, "state": state_of(journal)}


# --- update mode


def drain(generator):
    """Runs a generator to its end; its result."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


def _leave():
    write(".if_mode", ("micros",))
    return {"ok": True, "reset": True}


def _answer(word, arguments):
    if word == "manifest" and not arguments:
        count = drain(refresh())
        return dict(state(), files=count)
    if word == "staged":
        write("ota/staged", staged())
        return {"ok": True, "files": len(_staged_names())}
    if word in ("install", "undo", "manifest"):
        raise Refused("update_mode", "Not in update mode.")
    if word == "leave":
        return _leave()
    return short(word, arguments)


def short(word, arguments):
    """The reply to a word that is the same in the shell and in update mode; commit and verify take their time."""
    if word == "state" and not arguments:
        return state()
    if word == "abort" and not arguments:
        return abort()
    if word == "confirm" and len(arguments) == 1:
        return confirm(arguments[0])
    if word == "verify" and len(arguments) == 1:
        from OtaCommit import verify

        return {"ok": True, "id": arguments[0], "files": len(drain(verify(arguments[0]))[1])}
    if word == "commit" and len(arguments) == 1:
        from OtaCommit import commit

        return drain(commit(arguments[0]))
    raise Refused("unknown", "ota state, manifest [id], staged, verify id, commit id, confirm id, abort, install, undo")


def answer(words):
    """The reply to a request in update mode."""
    try:
        return _answer(words[0] if words else "", words[1:])
    except Refused as e:
        return e.reply
