"""
One call of a load module: `module function parameters [>json]`. Parameters are literals, never evaluated.

One call runs at a time (the event loop has one thread), so `session` needs no lock.
"""

import gc
import json
import os
import sys

from Debug import console_write, errlog_add

session = None  # message callback of the caller while its command runs


def msgobj():
    """Where streamed lines of the running command go: its caller's session, else the console."""
    return session or console_write


def last_word(text):
    """(rest, last word) of a text; a word with a quote in it belongs to a parameter."""
    text = text.rstrip()
    cut = max(text.rfind(" "), text.rfind("\t"), text.rfind("\n"))
    word = text[cut + 1 :]
    return (text, "") if '"' in word or "'" in word else (text[: max(cut, 0)], word)


# Types of built-in functions and classes: a module may import them, a caller may not reach them through it.
_FOREIGN = tuple({type(f) for f in (globals, len, isinstance, setattr, print, int)})


class _Learned:
    left = 64  # names that callers may still bring in, about 40 bytes each


def _refused(name):
    """
    MicroPython keeps a name for ever once it was imported, looked up or passed: a caller could fill the memory with
    them. What the code itself uses is known (equal texts are then one object); of other names only a few are taken.
    """
    if name[:] is name[:]:
        return False
    _Learned.left -= _Learned.left > 0
    return not _Learned.left


def _function(module, name):
    # not by getattr, which would keep the name
    function = None if name.startswith("_") else module.__dict__.get(name)
    if not callable(function) or type(function) in _FOREIGN:
        raise AttributeError("'module' object has no attribute '%s'" % name)
    return function


def _has_file(module):
    for folder in sys.path:
        for ending in (".mpy", ".py"):
            try:
                os.stat((folder + "/" if folder else "") + module + ending)
                return True
            except OSError:
                pass
    return False


def _load(name):
    """The load module LM_<name>, imported at first use."""
    module = "LM_" + name
    loaded = sys.modules.get(module)
    if loaded:
        return loaded
    allowed = not name.startswith("_") and all(c.isalpha() or c.isdigit() or c == "_" for c in name)
    if not allowed or not _has_file(module) and _refused(module):
        raise ImportError("no module named '%s'" % module)
    try:
        return __import__(module)
    except Exception:
        sys.modules.pop(module, None)
        raise


def as_text(function, result, as_json):
    listing = function == "help" and not isinstance(result, dict)
    if as_json and (listing or isinstance(result, dict)):
        return json.dumps(result)
    if isinstance(result, dict):
        return "\n".join(" %s: %s" % item for item in result.items())
    if listing:
        return "\n".join(" %s," % entry for entry in ((result,) if isinstance(result, str) else result or ()))
    return str(result)


broken = {}  # load module -> text of its last hardware error


def log_fault(name, error):
    """Missing or broken hardware goes to the log once, and again after it has worked; a missing file is no fault."""
    reason = str(error)
    if error.errno != 2 and broken.get(name) != reason:
        broken[name] = reason
        errlog_add("[ERR][%s] %s" % (name, reason))


def call(command, say, wait=False, as_json=False):
    """
    Runs `module function parameters [>json]`: (bool, text). `say` takes the lines the module streams. A function that
    is `async` takes its time: a caller that can `wait` gets (None, what to await for (bool, text)), for others it goes
    on as a task.
    """
    global session
    if ">json" in command:
        rest, last = last_word(command)
        if last == ">json":
            as_json, command = True, rest
    parts = command.split(None, 2)
    outer = session
    called = False
    try:
        module = _load(parts[0])
        function = _function(module, parts[1])
        args, kwargs = (), {}
        if len(parts) > 2:
            from Literal import parse

            args, kwargs = parse(parts[2])
            for key in kwargs:
                if _refused(key):
                    raise TypeError("unexpected keyword argument '%s'" % key)
        session = say
        called = True
        result = function(*args, **kwargs)
        if hasattr(result, "send"):
            from LongCall import begin

            return begin(parts, result, as_json, wait)
        text = as_text(parts[1], result, as_json)
        broken.pop(parts[0], None)
        return True, text
    except Exception as e:
        reason = str(e)
        if called and isinstance(e, OSError):
            log_fault(parts[0], e)
        if "memory allocation failed" in reason or (
            called and ("is not defined" in reason or "isn't defined" in reason)
        ):
            sys.modules.pop("LM_" + parts[0], None)
            gc.collect()
        return False, "Core error: LM_%s->%s: %s" % (parts[0], parts[1], reason)
    finally:
        session = outer
