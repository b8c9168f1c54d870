"""
node_config.json: the node's settings, checked against a schema, written so that a power cut costs nothing.

A write goes to a temporary name and is renamed; then the same content goes to `node_config.last`. A damaged file is
set aside as node_config.json.bad and the last good one is used. Keys this version does not know are kept.
A value `...` means: the text lies in its own file `.<key>.key`, not in memory.
"""

import json
import os
import sys

import Debug
from micropython import const

_FILE = const("node_config.json")
_LAST = const("node_config.last")
_OFFLOADED = const("...")

MASK = "********"
SECRETS = ("appwd", "stapwd", "telegram")

# Limits of numbers: port numbers; one place at least; time zones from -12 h to +14 h; a timer period fits 31 bits.
_RANGES = {
    "socport": (1, 65535),
    "aioqueue": (1, 64),
    "soctout": (0, 86400),
    "timirqseq": (1, 0x7FFFFFFF),
    "irq_prell_ms": (0, 60000),
    "utc": (-720, 840),
}


class Data:
    """The settings in memory and their order."""

    CONFIG = {}
    ORDER = []  # known keys in dump order
    EXTRA = []  # keys of the file that this version does not know

    @staticmethod
    def type_handler(key, value):
        """`value` as the type of the present value; None when it does not fit."""
        present = Data.CONFIG[key]
        if type(value) is type(present):
            return value
        if not isinstance(value, str) and not isinstance(present, str):
            return None
        if isinstance(present, bool):
            return {"true": True, "false": False}.get(value.lower())
        try:
            return type(present)(value)
        except (ValueError, TypeError):
            return None

    @staticmethod
    def disk_keys(key, value=None):
        """Reads (`n/a` when missing) or writes the file of an off-loaded key. Write: bool."""
        path = ".%s.key" % key
        try:
            if value is not None:
                Debug.write_file(path, (value,))
                return True
            with open(path) as f:
                return f.read().strip()
        except OSError:
            return False if value is not None else "n/a"

    @staticmethod
    def read_cfg_file():
        """The stored settings: of the file, else of the last good copy, else {}. A damaged file is set aside."""
        stored = _load(_FILE)
        if stored is None:
            if _exists(_FILE):
                os.rename(_FILE, _FILE + ".bad")
                Debug.errlog_add("[ERR][config] damaged file set aside, using the last good one")
            stored = _load(_LAST)
        return stored or {}

    @staticmethod
    def write_cfg_file():
        """Writes file and last good copy. bool: the file is written."""
        try:
            _store(_FILE)
        except OSError as e:
            Debug.errlog_add("[ERR][config] write failed: %s" % e)
            return False
        try:
            _store(_LAST)
        except OSError as e:
            Debug.errlog_add("[ERR][config] copy failed: %s" % e)
        return True

    @staticmethod
    def init():
        """Reads, checks and completes the settings. Writes only when something changed."""
        import ConfigKeys

        sys.modules.pop("ConfigKeys")  # keys and values stay, the table goes
        stored = Data.read_cfg_file()
        Data.CONFIG = {}
        Data.ORDER = []
        for key, default in ConfigKeys.DEFAULTS:
            getattr(Data, key, None)  # makes it a name of the VM: the copy is that name and takes 10 bytes, not 32
            key = key[:]
            Data.ORDER.append(key)
            Data.CONFIG[key] = default
            value = stored.get(key, default)
            if type(value) is not type(default):
                value = Data.type_handler(key, value)
            if value is None or not _valid(key, value, new=False):
                Debug.errlog_add("[ERR][config] %s: bad value, using the default" % key)
                value = default
            Data.CONFIG[key] = value
        Data.EXTRA = [key for key in stored if key not in Data.CONFIG]
        for key in Data.EXTRA:
            Data.CONFIG[key] = stored[key]
        if Data.CONFIG != stored or not _exists(_FILE) or not _exists(_LAST):
            Data.write_cfg_file()


def _exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def _load(path):
    try:
        with open(path) as f:
            data = json.load(f)
        return data if isinstance(data, dict) else None
    except (OSError, ValueError):
        return None


def _store(path):
    temporary = path + ".tmp"
    with open(temporary, "w") as f:
        json.dump(Data.CONFIG, f)
    os.rename(temporary, path)


def _in_range(key, value):
    low, high = _RANGES.get(key, (None, None))
    return low is None or low <= value <= high


def _valid(key, value, new=True):
    """
    Rules for a value. devfid is prompt, host name and a `:` field. A new appwd has the 8 characters that WPA2 wants and
    at most the 9 that WebREPL takes; an old one of another length still opens the shell.
    """
    if key in SECRETS and value == MASK:
        return False
    if key == "devfid":
        return 0 < len(value) <= 32 and not any(c in value for c in " \t\r\n:;$/\"'\\")
    if key == "appwd" and new:
        return 8 <= len(value) <= 9 and " " not in value
    return _in_range(key, value)


def keys():
    """All keys in dump order, unknown ones last."""
    return Data.ORDER + Data.EXTRA


def cfgget(key=None):
    """Value of one key (None: unknown key), the whole dict without a key. An off-loaded value comes from its file."""
    if key is None:
        return Data.CONFIG
    value = Data.CONFIG.get(key)
    return Data.disk_keys(key) if value == _OFFLOADED else value


def cfgput(key, value, type_check=False):
    """
    Stores one value; an equal one is not written again. `type_check` converts text to the type of the key.
    Returns False when the value does not fit or cannot be written. Raises KeyError for an unknown key.
    """
    present = Data.CONFIG[key]
    if value is None or value == _OFFLOADED:
        return False
    if type_check:
        value = Data.type_handler(key, value)
    if type(value) is not type(present) or not _valid(key, value):
        return False
    if present == _OFFLOADED:
        return Data.disk_keys(key, value)
    if value == present:
        return True
    Data.CONFIG[key] = value
    if Data.write_cfg_file():
        return True
    Data.CONFIG[key] = present
    return False


Data.init()
Debug.DebugCfg.DEBUG = Data.CONFIG["dbg"]
