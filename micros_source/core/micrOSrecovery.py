"""
Update and recovery mode: network, WebREPL, requests of the toolkit, and the way back to the system. Part of the loader;
see there. Requests are answered by OtaFiles, where that works.
"""

import json
import os
import time

from micropython import const

_POLL_MS = const(100)
_LOOKS = const(10)  # polls between two looks at mode and files
_PATIENCE = const(15)  # looks without an update before the prompt is left to the user
_ABANDONED_MS = const(600_000)  # an update that stands still for ten minutes is over
_READ_MS = const(1000)  # time for the client to fetch the last result; one that is slower asks after the restart
_JOIN_MS = const(30_000)  # for each network
_JOIN_POLL_MS = const(100)
_FILE = const(0x8000)
_KEPT = ("journal", "list", "starts", "reason", "dirty", "result")
_WPA2 = const(8)  # characters that its password needs


def _join(network, settings):
    """bool: one of the stored networks took us."""
    sta = network.WLAN(network.STA_IF)
    sta.active(True)
    if sta.isconnected():
        return True
    for name, password in _in_reach(sta, settings):
        try:
            sta.connect(name, password) if password not in ("", "n/a") else sta.connect(name)
            start = time.ticks_ms()
            while time.ticks_diff(time.ticks_ms(), start) < _JOIN_MS:
                time.sleep_ms(_JOIN_POLL_MS)
                if sta.isconnected():
                    return True
            sta.disconnect()
        except OSError as e:
            print("[loader]", name, e)
    return False


def _in_reach(sta, settings):
    """[(name, password)] of the stored networks that a scan shows; all of them when it shows none (hidden ones)."""
    names = [name.strip() for name in str(settings.get("staessid", "")).split(";")]
    passwords = [password.strip() for password in str(settings.get("stapwd", "")).split(";")]
    known = [(name, passwords[n] if n < len(passwords) else "") for n, name in enumerate(names) if name]
    try:
        seen = [entry[0].decode() for entry in sta.scan()]
    except (OSError, ValueError):
        seen = []
    return [item for item in known if item[0] in seen] or known


def _network(settings, password):
    """Station, else access point, under the node's name."""
    import network

    name = str(settings.get("devfid", "node01"))
    try:
        network.hostname(name)
    except (AttributeError, ValueError) as e:
        print("[loader]", e)
    if "AP" not in str(settings.get("nwmd", "STA")).upper() and _join(network, settings):
        return
    ap = network.WLAN(network.AP_IF)
    ap.active(True)
    if len(password) >= _WPA2:
        ap.config(essid=name, password=password, authmode=3)
    else:
        ap.config(essid=name)


def _webrepl(password):
    import webrepl

    webrepl.start(password=password[:9])  # WebREPL takes no more


def _prepare(loader):
    """
    The folders that WebREPL cannot make, an empty place for old files, and no trust in known hashes: what is put now
    may be as large as the old file and have its time. A mark of this mode only is not empty, see OtaCommit.
    """
    for folder in ("ota", "ota/old"):
        if not loader.exists(folder):
            os.mkdir(folder)
    if loader.read_json("ota/journal").get("state") not in ("apply", "trial", "rollback"):
        for name in os.listdir("ota/old"):
            os.remove("ota/old/" + name)
    loader.remove("ota/request")
    if not loader.exists("ota/dirty"):
        loader.write("ota/dirty", "u")
    loader.write("ota/result", '{"n": 0, "ok": true}\n')


def run(loader, feed=None):
    """Until the board restarts, or nothing is to be waited for. `feed()` is called all the time."""
    settings = loader.settings()
    password = str(settings.get("appwd", "ADmin123"))
    for step in (lambda: _prepare(loader), lambda: _network(settings, password), lambda: _webrepl(password)):
        try:
            step()
        except Exception as e:
            loader.log("[ERR][micrOSloader] recovery: %s" % e)
    watch = Watch(loader, feed)
    try:
        while not watch.poll():
            time.sleep_ms(_POLL_MS)
    except KeyboardInterrupt:
        # somebody works at the prompt; the update still ends, and is still given up
        loader.timer(watch.poll, _POLL_MS)


def _make_room():
    """The disk is full, of what lies staged: an update that fills it could not be installed."""
    for entry in os.ilistdir("ota"):
        if entry[1] == _FILE and entry[0] not in _KEPT:
            os.remove("ota/" + entry[0])


def _listing():
    """Names and sizes in the root and in ota: changes while an update is under way."""
    total = 0
    for folder in ("", "ota"):
        try:
            for entry in os.ilistdir(folder):
                total = hash((total, entry[0], entry[3] if len(entry) > 3 else 0))
        except OSError:
            pass
    return total


class Watch:
    """
    Answers requests, and restarts the board when an update ends (.if_mode becomes `micros`), or stands still for ten
    minutes. After a crash without an update the prompt is left to the user after about 15 s.
    """

    def __init__(self, loader, feed=None):
        self.loader = loader
        self.feed = feed
        self.updating = loader.mode() != "micros"
        self.ending = False
        self.quiet = 0
        self.polls = 0
        self.listing = _listing()
        self.changed = time.ticks_ms()

    def poll(self, _=None):
        """bool: there is nothing to wait for. Does not return when it restarts the board."""
        try:
            return self._poll()
        except OSError as e:
            self.loader.log("[ERR][micrOSloader] update mode: %s" % e)
            _make_room()
        return False

    def _poll(self):
        if self.feed:
            self.feed()
        asked = self.loader.exists("ota/request")
        still = time.ticks_diff(time.ticks_ms(), self.changed)
        if self.ending and (asked or still > _READ_MS):  # who asks again has read the last result
            self.loader.remove("ota/request")
            self.loader.reset()
        if asked:
            self.answer()
        self.polls += 1
        if self.polls % _LOOKS or self.ending:
            return False
        if self.loader.mode() == "micros":
            if self.updating:
                self.loader.reset()
            self.quiet += 1
            return self.quiet >= _PATIENCE
        self.updating = True
        now = _listing()
        if now != self.listing:
            self.listing = now
            self.changed = time.ticks_ms()
        elif still > _ABANDONED_MS:
            self.loader.set_mode("micros")
        return False

    def answer(self):
        """A request is one line `number word ...`; the reply gets its number."""
        try:
            with open("ota/request") as f:
                request = f.read()
        except UnicodeError:
            request = "?\n"
        if not request.endswith("\n"):
            return  # more of it is on its way
        number, _, words = request.strip().partition(" ")
        try:
            reply = __import__("OtaFiles").answer(words.split())
        except Exception as e:
            reply = {"ok": False, "error": "failed", "text": str(e)}
        reply["n"] = int(number) if number.isdigit() else 0
        self.ending = reply.pop("reset", False)
        self.loader.remove("ota/request")
        self.loader.write("ota/result", json.dumps(reply) + "\n")
        self.listing = _listing()
        self.changed = time.ticks_ms()
