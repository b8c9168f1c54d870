"""What lies on the node: load modules, pages, module states. Lists, checks and removes them."""

import gc
import os
import sys

from Common import socket_stream, typed_help
from micropython import const

_PROTECTED = ("system", "lmpacman")
_PIECE = const(512)


def _files(*ends):
    # before MicroPython 1.26 `endswith` takes no tuple
    return sorted(name for name in os.listdir() if any(name.endswith(end) for end in ends))


def _remove(name):
    """A verdict. A name never leads to another folder."""
    if "/" in name or name not in os.listdir():
        return "No such file: %s" % name
    os.remove(name)
    return "Deleted: %s" % name


@socket_stream
def listmods(msgobj=None):
    """Streams the files of load modules and pages."""
    for name in _files(".py", ".mpy", ".html"):
        if name.startswith("LM_") or name.endswith(".html"):
            msgobj(name)
    return ""


def dellm(lm=None):
    """Removes the file of a load module, as `dellm 'rgb.mpy'`; a verdict. `system` and `lmpacman` stay."""
    if not lm or not (lm.endswith(".py") or lm.endswith(".mpy")):
        return "Name a module with its ending, as 'rgb.mpy'"
    name = lm if lm.startswith("LM_") else "LM_" + lm
    if name[3 : name.rfind(".")] in _PROTECTED:
        return "Protected: %s" % name
    return _remove(name)


def delhtml(html=None):
    """Removes a page; a verdict. index.html stays."""
    if not html or not html.endswith(".html"):
        return "Name a page, as 'dashboard.html'"
    return "Protected: index.html" if html == "index.html" else _remove(html)


def del_duplicates():
    """Removes x.py where x.mpy exists (the source would win on import); never main."""
    compiled = _files(".mpy")
    doubles = [name for name in _files(".py") if name != "main.py" and name[:-3] + ".mpy" in compiled]
    for name in doubles:
        os.remove(name)
    return "Deleted: %s" % ", ".join(doubles) if doubles else "No duplicates"


def _drop_helpers():
    """A helper module names its USERS: without any of them in memory it goes too."""
    for name, helper in list(sys.modules.items()):
        users = getattr(helper, "USERS", None)
        if users and not any(user in sys.modules for user in users):
            del sys.modules[name]


def module(unload=None):
    """
    Names of all loaded Python modules; unload='rgb' gives the memory of a load module back. Its function `_unload`, if
    it has one, is called: the place to end interrupts.
    """
    if unload is None:
        return list(sys.modules)
    name = unload if unload.startswith("LM_") else "LM_" + unload
    if name not in sys.modules:
        return "Module %s is not loaded" % unload
    leave = getattr(sys.modules.pop(name), "_unload", None)
    if leave:
        leave()
    _drop_helpers()
    gc.collect()
    return "Module unload %s done." % unload


@socket_stream
def cachedump(cdel=None, msgobj=None):
    """Streams the saved states of modules (*.pds); cdel='rgb' deletes one."""
    if cdel is not None:
        return _remove(cdel + ".pds")
    for name in _files(".pds"):
        with open(name) as f:
            msgobj("%s: %s" % (name, f.read().strip()))
    return ""


def _sha1(name, buffer):
    from binascii import hexlify
    from hashlib import sha1

    digest = sha1()
    with open(name, "rb") as f:
        size = f.readinto(buffer)
        while size:
            digest.update(buffer[:size])
            size = f.readinto(buffer)
    return hexlify(digest.digest()).decode()


@socket_stream
def micros_checksum(msgobj=None):
    """
    Streams '<sha1> <file>' of every program file; 'micrOS version: <v>'. Blocks for as long as the files take to read
    (a quarter of a second on an ESP32), since the version line is the mark that nothing is missing.
    """
    from Config import cfgget

    buffer = memoryview(bytearray(_PIECE))
    for name in _files(".py", ".mpy"):
        msgobj("%s %s" % (_sha1(name, buffer), name))
    return "micrOS version: %s" % cfgget("version")


def help(widgets=False):
    """Usage lines."""
    return typed_help(
        (
            "listmods",
            "dellm lm='rgb.mpy'",
            "delhtml html='dashboard.html'",
            "BUTTON del_duplicates",
            "module unload=None",
            "cachedump cdel=None",
            "micros_checksum",
        ),
        widgets,
    )
