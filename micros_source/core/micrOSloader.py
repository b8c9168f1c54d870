"""
What runs before the system: applies updates and takes them back, and says what boots. With micrOSguard, which watches
an update on trial, and micrOSrecovery, the update mode, it is what an ordinary update never touches.

The three need nothing but MicroPython's own modules, so they work when every other file of the node is damaged. As
`micrOSloader_old` and so on they are the previous ones, which come back when the new ones fail.
"""

import gc
import json
import os
import sys
import time

from micropython import const

_MODE_FILE = const(".if_mode")
_JOURNAL = const("ota/journal")  # one JSON object: id, to, state, trial_s, boots, expected, reason
_LIST = const("ota/list")  # JSON lines [path, is put, old files that it replaces]
_STARTS = const("ota/starts")  # one byte for each start of a loader on trial, see main
_REASON = const("ota/reason")  # why the system on trial failed
_BOOTS = const(3)  # so many counted boots without success
_WDT_MS = const(8000)  # RP2 takes at most 8388
_FEED_MS = const(1000)
_LOG_LINES = const(5)
_PIECE = const(512)
_OWN = ("micrOSloader", "micrOSguard", "micrOSrecovery")


def exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def remove(path):
    """Removes a file that may be missing."""
    try:
        os.remove(path)
    except OSError:
        pass


def write(path, text):
    """Under a temporary name first: there is the old text or the new. On a full disk what can be made again goes."""
    try:
        _write(path, text)
    except OSError:
        for name in ("hashes", "staged", "manifest"):
            remove("ota/" + name)
        _write(path, text)


def _write(path, text):
    with open(path + ".tmp", "w") as f:
        f.write(text)
    os.rename(path + ".tmp", path)


def read_json(path):
    """The object in a file; {} when there is none."""
    try:
        with open(path) as f:
            data = json.load(f)
        return data if isinstance(data, dict) else {}
    except (OSError, ValueError):
        return {}


def mode():
    """Text of .if_mode; `micros` when it cannot be read."""
    try:
        with open(_MODE_FILE) as f:
            return f.read().strip().lower()
    except (OSError, UnicodeError):
        return "micros"


def set_mode(text):
    write(_MODE_FILE, text)


def settings():
    """Stored settings that the node needs without its system; {} when none can be read."""
    return read_json("node_config.json") or read_json("node_config.last")


def reset():
    """Restarts the board."""
    import machine

    machine.reset()


def log(text):
    """Adds a line to err.log."""
    line = "%d.%d.%d-%d:%d:%d %s\n" % (time.localtime()[:6] + (text,))
    print(line)
    try:
        try:
            with open("err.log") as f:
                lines = f.read().split("\n")[:-1]
        except (OSError, UnicodeError):
            lines = []
        write("err.log", "".join(old + "\n" for old in lines[1 - _LOG_LINES :]) + line)
    except OSError as e:
        print(e)


def feeder():
    """Starts the watchdog (or takes the one that runs); what feeds it."""
    import machine

    return machine.WDT(timeout=_WDT_MS).feed


def timer(callback, period):
    """Starts the one timer of the system."""
    from machine import Timer

    Timer(-1 if sys.platform == "rp2" else 0).init(period=period, mode=Timer.PERIODIC, callback=callback)


# --- an update: apply, trial, rollback


def note(journal, **changes):
    """Changes the journal, on flash too."""
    journal.update(changes)
    write(_JOURNAL, json.dumps(journal))


def _entries():
    with open(_LIST) as f:
        for line in f:
            yield json.loads(line)


def _staged(name):
    return "ota/" + name.replace("/", "~")


def _aside(name):
    """Where the old file of that name waits for the end of the trial."""
    module, _, ending = name.rpartition(".")
    if module in _OWN:
        return "%s_old.%s" % (module, ending)
    return "ota/old/" + name.replace("/", "~")


def _move(source, target):
    try:
        os.rename(source, target)
    except OSError:
        folder = target.rpartition("/")[0]
        if not folder or exists(folder):
            raise
        os.mkdir(folder)
        os.rename(source, target)


def _copy(source, target):
    buffer = memoryview(bytearray(_PIECE))
    with open(source, "rb") as old, open(target + ".tmp", "wb") as new:
        size = old.readinto(buffer)
        while size:
            new.write(buffer[:size])
            size = old.readinto(buffer)
    os.rename(target + ".tmp", target)


def _before_main(names):
    """
    The files that lie right before main.py and boot.py. A rename that the power cut interrupts hides the next file from
    MicroPython until something is to be written, and without main nothing would be.
    """
    return [names[names.index(one) - 1] for one in ("main.py", "boot.py") if one in names[1:]]


def _set_aside(name, is_put, by_copy):
    """Out of the root to where it waits. One that must not be renamed is copied; it goes with what replaces it."""
    if not by_copy:
        _move(name, _aside(name))
        return
    _copy(name, _aside(name))
    if not is_put:
        remove(name)


def _apply(feed):
    """
    Old files aside, staged ones in place. Can be cut and begun again at any rename. Every path costs LittleFS a walk
    through the root, so both folders are listed once, the root again when other names came or went.
    """
    staged = os.listdir("ota")
    names = before = None
    for name, is_put, old in _entries():
        feed()
        if is_put and _staged(name)[4:] not in staged:
            continue  # done before
        for one in old:
            if names is None:
                names = os.listdir()
                before = _before_main(names)
            if one in names or "/" in one and exists(one):
                _set_aside(one, is_put and one == name, one in before)
                if one != name or not is_put:
                    names = None
        if is_put:
            _move(_staged(name), name)
            if names and name not in names:
                names = None


def _take_back(feed):
    for name, is_put, old in _entries():
        feed()
        if is_put and name not in old:
            remove(name)
        for one in old:
            if exists(_aside(one)):
                _move(_aside(one), one)


def _rollback(journal, reason, feed):
    """Old files in place again; the reason is kept for the report. Can be cut and begun again."""
    if journal["state"] != "rollback":
        note(journal, state="rollback", reason=reason)
    _take_back(feed)
    remove("ota/hashes")  # those of the new files
    set_mode("micros")
    note(journal, state="rolled_back")
    remove(_REASON)
    log("[ERR][ota] update taken back: %s" % journal["reason"])


def _failed(journal, failure):
    """Why the update on trial must go: what was recorded, or too many unannounced boots. None: it may stay."""
    if failure is not None:
        return "loader: %s" % failure
    try:
        with open(_REASON) as f:
            reason = f.read()
        if reason:
            return reason
    except (OSError, UnicodeError):
        pass
    import machine

    cause = machine.reset_cause()
    boots = journal["boots"] + (not journal["expected"] and cause != machine.PWRON_RESET)
    if boots >= _BOOTS:
        why = "watchdog" if cause == machine.WDT_RESET else "reset cause %d" % cause
        return "%d boots without success (%s)" % (boots, why)
    if boots != journal["boots"] or journal["expected"]:
        note(journal, boots=boots, expected=False)
    return None


def _go_on(failure):
    """Moves an update on by one step of its life; the journal of one that is on trial, or None."""
    journal = read_json(_JOURNAL)
    state = journal.get("state")
    new_loader = exists(_STARTS)
    feed = feeder() if new_loader else bool  # bool() does nothing, and costs nothing
    if state == "apply":
        try:
            _apply(feed)
            set_mode("micros")
            note(journal, state="trial", expected=new_loader)
            if new_loader:
                reset()
            return journal
        except OSError as e:
            _rollback(journal, "apply: %s" % e, feed)
    elif state == "trial":
        reason = _failed(journal, failure) if mode() == "micros" or failure is not None else None
        if not reason:
            return journal
        _rollback(journal, reason, feed)
    elif state == "rollback":
        _rollback(journal, journal["reason"], feed)
    if new_loader:  # the old one goes on, without a watchdog
        remove(_STARTS)
        reset()
    return None


# --- what boots


def _part(name):
    """Another file of the loader, of the same age."""
    try:
        return __import__(name + __name__[12:])
    except ImportError:
        return __import__(name)


def main(failure=None):
    """
    Moves an update on. True, or a guard with `recovery`: start the system. False: leave the prompt to the user, or the
    recovery mode has ended. `failure`: why the newer loader cannot do this.
    """
    gc.enable()
    try:
        import esp

        esp.osdebug(None)
    except ImportError:
        pass
    trial = _go_on(failure)
    wanted = mode()
    if wanted == "micros":
        return _part("micrOSguard").guard(sys.modules[__name__], trial) if trial else True
    feed = None
    if trial:
        watchdog = feeder()
        feed = lambda _=None: watchdog()  # noqa: E731 - the callback of a timer gets one argument
        timer(feed, _FEED_MS)
    if wanted != "off":
        _part("micrOSrecovery").run(sys.modules[__name__], feed)
    return False


def recovery(reason):
    """The system stopped: log why, free its memory, then recovery mode."""
    log("[ERR][micrOSloader] micrOS start failed: %s" % reason)
    for name in os.listdir():
        module, _, ending = name.rpartition(".")
        if ending in ("py", "mpy") and module not in ("main", "boot", __name__):
            sys.modules.pop(module, None)
    gc.collect()
    _part("micrOSrecovery").run(sys.modules[__name__])
