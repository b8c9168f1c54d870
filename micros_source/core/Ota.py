"""The shell word `ota`: its replies line by line, all JSON. Imported at first use and dropped after it."""

import json
import sys

import OtaFiles
from OtaFiles import Refused


def _line(reply):
    return json.dumps(reply) + "\n"


def _manifest(arguments):
    """State, one line per file, and the end. With an id: what that update brought."""
    count = 0
    if arguments:
        from OtaCommit import entries

        for line in entries(arguments[0]):
            count += 1
            yield line
    else:
        count = yield from OtaFiles.refresh()
        yield _line(OtaFiles.state())
        yield from OtaFiles.hash_lines()  # which closes the file when the session ends in the middle
    yield _line({"ok": True, "files": count})


def _staged():
    count = 0
    for line in OtaFiles.staged():
        count += 1
        yield line
    yield _line({"ok": True, "files": count})


def _checked(word, wanted):
    """verify and commit, with pauses."""
    from OtaCommit import commit, verify

    if word == "commit":
        return (yield from commit(wanted))
    return {"ok": True, "id": wanted, "files": len((yield from verify(wanted))[1])}


def _run(word, arguments):
    if word == "manifest":
        yield from _manifest(arguments)
        return None
    if word == "staged":
        yield from _staged()
        return None
    if word in ("commit", "verify") and len(arguments) == 1:
        return (yield from _checked(word, arguments[0]))
    if word in ("install", "undo"):
        from OtaLive import run

        return (yield from run(word, arguments))
    return OtaFiles.short(word, arguments)


def run(shell, words):
    """Pieces of the reply; a restart follows when the word asks for one."""
    reply = None
    try:
        reply = yield from _run(words[1] if len(words) > 1 else "", words[2:])
    except Refused as e:
        reply = e.reply
    except Exception as e:
        reply = {"ok": False, "error": "failed", "text": "%s: %s" % (type(e).__name__, e)}
    restart = reply.pop("reset", False) if reply else False
    if reply:
        yield _line(reply)
    for name in ("Ota", "OtaFiles", "OtaCommit", "OtaLive"):
        sys.modules.pop(name, None)
    if restart:
        from Hooks import reboot

        shell.closing = True
        shell.after = lambda: reboot(True)
        yield "Bye!\n"
    else:
        yield shell.prompt()
