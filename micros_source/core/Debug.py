"""Console output with the progress LED, and the node's log files."""

import os
import time

from micropython import const

_MAX_LINES = const(30)
_MAX_LINE = const(251)
_ERRLOG_LINES = const(5)
_ERRLOG = "err.log"


class DebugCfg:
    """`DEBUG` is the key dbg; `LED` is a callable that makes one LED step, or None."""

    DEBUG = True
    LED = None

    @staticmethod
    def init_pled():
        """Selects the LED driver of this board (`builtin` of the pin map). A board without one simply has no LED."""
        try:
            from StatusLed import driver

            DebugCfg.LED = driver()
        except Exception as e:
            print("[io] no progress LED: %s" % e)

    @staticmethod
    def step():
        """One LED step; True when the LED needs a second one to go dark again."""
        return DebugCfg.LED() if DebugCfg.LED else False


def console_write(msg):
    """Prints when dbg is on, with a blink of the progress LED."""
    if DebugCfg.DEBUG:
        again = DebugCfg.step()
        print(msg)
        if again:
            DebugCfg.step()


def remove(path):
    """Removes a file that may be missing."""
    try:
        os.remove(path)
    except OSError:
        pass


def write_file(path, lines):
    """Writes text pieces under a temporary name and renames: a reader sees the old file or the new. Raises OSError."""
    temporary = path + ".tmp"
    with open(temporary, "w") as f:
        for line in lines:
            f.write(line)
    os.rename(temporary, path)


def _lines(path):
    """The lines of a text file, cut at the longest length, so that a damaged file does not fill the memory."""
    try:
        with open(path) as f:
            line = f.readline(_MAX_LINE)
            while line:
                yield line.rstrip("\n")[: _MAX_LINE - 1]
                line = f.readline(_MAX_LINE)
    except (OSError, UnicodeError):
        pass


def _kept(path, keep, line):
    """The last `keep` lines of a log, then the new one; one line is in memory at a time."""
    skip = sum(1 for _ in _lines(path)) - keep
    for number, old in enumerate(_lines(path)):
        if number >= skip:
            yield old + "\n"
    yield line + "\n"


def logger(data, f_name, limit):
    """Appends `Y.M.D-h:m:s data`, keeping the last `limit` lines (1 to 30, of 250 characters). bool: written."""
    text = "%d.%d.%d-%d:%d:%d " % time.localtime()[:6] + str(data)[:_MAX_LINE].replace("\n", " ")
    try:
        write_file(f_name, _kept(f_name, max(1, min(limit, _MAX_LINES)) - 1, text[: _MAX_LINE - 1]))
    except OSError as e:
        console_write("[log] %s: %s" % (f_name, e))
        return False
    return True


def log_get(f_name, msgobj=None):
    """Streams a log file line by line; returns the number of lines that hold [ERR]."""
    errors = 0
    msgobj = msgobj or console_write
    for line in _lines(f_name):
        errors += "[ERR]" in line
        msgobj(line)
    return errors


def errlog_add(data):
    """Adds a line to err.log (5 lines are kept). bool: written."""
    console_write(data)
    return logger(data, _ERRLOG, _ERRLOG_LINES)


def errlog_get(msgobj=None):
    """Streams err.log; returns the number of [ERR] lines."""
    return log_get(_ERRLOG, msgobj)


def errlog_clean(msgobj=None):
    """Deletes every *.log."""
    for name in os.listdir():
        if name.endswith(".log"):
            remove(name)
            if msgobj:
                msgobj("Delete: " + name)
