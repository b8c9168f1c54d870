"""WebREPL on request: beside the running shell for ten minutes, or after a restart in update mode."""

import sys

import asyncio
from Config import cfgget
from Debug import errlog_add, write_file
from micropython import const
from Network import ifconfig
from Tasks import Manager, TaskBase

_MAX_PASSWORD = const(9)
_LIVE_S = const(600)  # WebREPL has no lock-out of its own


def greeting(password):
    """The four lines every `webrepl` command answers with."""
    return (
        " Start micropython WEBREPL - file transfer and debugging\n"
        "  [i] restart machine shortcut: import reset\n"
        "  Connect over http://micropython.org/webrepl/#%s:8266/\n"
        "  \t[!] webrepl password: %s\n" % (ifconfig()[1][0], password)
    )


async def _stop_later():
    await asyncio.sleep(_LIVE_S)
    import webrepl

    webrepl.stop()


def _expect_files():
    """Makes the folders for updates; known hashes of files are not trusted from now on."""
    try:
        __import__("OtaFiles").mark_dirty()
        sys.modules.pop("OtaFiles")
    except Exception as e:
        errlog_add("[ERR][ota] %s" % e)


def start():
    """Starts WebREPL with the node's password; the text for the last line of the reply."""
    try:
        import webrepl

        _expect_files()
        password = cfgget("appwd")
        if len(password) > _MAX_PASSWORD:
            raise ValueError("appwd has more than %d characters" % _MAX_PASSWORD)
        result = webrepl.start(password=password)
    except Exception as e:
        message = "[ERR] while starting webrepl: %s" % e
        errlog_add(message)
        return message
    if TaskBase.is_busy("webrepl"):
        TaskBase.TASKS["webrepl"].cancel()
    Manager.create_task(_stop_later(), tag="webrepl")
    return str(result)


def restart_for_update():
    """Makes the loader start WebREPL instead of the system, and restarts the board."""
    from Hooks import reboot

    write_file(".if_mode", ("webrepl",))
    reboot(hard=True)
