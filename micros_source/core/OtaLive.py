"""
A module installed or taken back while the system runs: its tasks end, it leaves memory, and is there again, loaded, if
it was before. The file is renamed into place, so a power cut leaves the old one or the new one; the previous copy is
kept in ota/prev until the next one.
"""

import gc
import os
import sys

from Config import cfgget
from Literal import split_outside
from micropython import const
from OtaFiles import Refused, exists, mark_dirty, remove, sha256, twin
from Tasks import TaskBase, exec_text

_PREVIOUS = const("ota/prev/")
_END_POLLS = const(50)  # x 20 ms for the tasks to end
_PAUSE_MS = const(20)
_PIECE = const(512)
_SYSTEM = ("main", "boot", "micrOS", "micrOSloader", "micrOSguard", "micrOSrecovery", "OtaFiles", "OtaCommit")


def run(word, arguments):
    """`install <tmp> <sha256> <name>` or `undo <name>`. Yields pauses in ms, returns the reply."""
    if word == "install" and len(arguments) == 3:
        staged, wanted, name = arguments
        staged = staged.lstrip("/")
        _check(name)
        if not staged.startswith("ota/") or ".." in staged or not exists(staged):
            raise Refused("missing", "No such file: %s" % staged)
        if sha256(staged) != wanted:
            raise Refused("mismatch", "The file is damaged.", bad=[name])
        previous = _keep_previous(name)
        return (yield from _exchange(name, staged, previous))
    if word == "undo" and len(arguments) == 1:
        name = arguments[0]
        _check(name)
        return (yield from _undo(name))
    raise Refused("unknown", "ota install <tmp> <sha256> <name>, ota undo <name>")


def _check(name):
    """Modules only, and none that the system itself has in memory."""
    module, _, ending = name.rpartition(".")
    if ending not in ("py", "mpy") or "/" in name or name.startswith("."):
        raise Refused("forbidden", "Not a module file: %s" % name)
    loaded = module in sys.modules and not module.startswith("LM_") and not hasattr(sys.modules[module], "USERS")
    if loaded or module in _SYSTEM:
        raise Refused("forbidden", "Part of the system, which takes an update: %s" % name)


def _copy(source, target):
    buffer = memoryview(bytearray(_PIECE))
    with open(source, "rb") as old, open(target + ".tmp", "wb") as new:
        size = old.readinto(buffer)
        while size:
            new.write(buffer[:size])
            size = old.readinto(buffer)
    os.rename(target + ".tmp", target)


def _present(name):
    """The file of that module which runs: `.py` wins."""
    return next((one for one in sorted((name, twin(name)), reverse=True) if exists(one)), "")


def _keep_previous(name):
    """Copies the file that runs now; its name, or empty. An empty file stands for none."""
    if not exists("ota/prev"):
        os.mkdir("ota/prev")
    present = _present(name)
    if present:
        _copy(present, _PREVIOUS + present)
    else:
        open(_PREVIOUS + name, "w").close()
    for other in (name, twin(name)):
        if other != (present or name):
            remove(_PREVIOUS + other)
    return present


def _exchange(name, source, previous):
    """The new file gets its name (no source: it goes), its twin goes, and the module is loaded again if it was."""
    mark_dirty()
    module = name.rpartition(".")[0]
    loaded = module in sys.modules
    killed = yield from _end_tasks(module)
    if source:
        os.rename(source, name)
    else:
        remove(name)
    remove(twin(name))
    sys.modules.pop(module, None)
    gc.collect()
    text = _load(module) if loaded and source else ""
    return {
        "ok": True,
        "name": name,
        "previous": previous,
        "loaded": loaded and bool(source) and not text,
        "killed": killed,
        "text": text,
    }


def _undo(name):
    kept = next((one for one in (name, twin(name)) if exists(_PREVIOUS + one)), "")
    if not kept:
        raise Refused("missing", "Nothing is kept of %s" % name)
    if not os.stat(_PREVIOUS + kept)[6]:
        remove(_PREVIOUS + kept)
        return (yield from _exchange(_present(name) or name, "", ""))
    return (yield from _exchange(kept, _PREVIOUS + kept, ""))


def _end_tasks(module):
    """Ends the module's tasks; yields pauses, returns their tags."""
    name = module[3:] if module.startswith("LM_") else module
    tasks = [t for tag, t in TaskBase.TASKS.items() if not t.done and (tag == name or tag.startswith(name + "."))]
    for task in tasks:
        task.cancel()
    for _ in range(_END_POLLS):
        if all(task.task is None for task in tasks):
            break
        yield _PAUSE_MS
    for task in tasks:
        TaskBase.TASKS.pop(task.tag, None)
    return [task.tag for task in tasks]


def _load(module):
    """Imports it, and initialises it as the boot does; the reason when that fails."""
    try:
        functions = dir(__import__(module))
    except Exception as e:
        sys.modules.pop(module, None)
        return "%s: %s" % (type(e).__name__, e)
    if not module.startswith("LM_"):
        return ""
    for command in _first_commands(module[3:], functions):
        good, text = exec_text(command)
        if not good:
            return text
    return ""


def _first_commands(name, functions):
    """Those of the boothook that are for this module, else its load function, if it has one."""
    found = [one.strip() for one in split_outside(cfgget("boothook"), ";")]
    found = [one for one in found if one.split(None, 1)[:1] == [name]]
    return found or [name + " " + one for one in ("load", "load_n_init") if one in functions][:1]
