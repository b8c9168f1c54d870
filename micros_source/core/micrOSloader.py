"""
What runs before the system, and instead of it when it cannot run: the update and recovery mode.

Needs nothing but MicroPython's own modules, so it works when every other file of the node is damaged.
"""

import gc
import json
import os
import sys
import time

from micropython import const

_MODE_FILE = const(".if_mode")
_POLL_MS = const(1000)
_PATIENCE = const(15)  # polls without an update before the prompt is left to the user
_ABANDONED_MS = const(600_000)  # an update that stands still for ten minutes is over
_JOIN_MS = const(30_000)  # for each network
_JOIN_POLL_MS = const(100)
_LOG_LINES = const(5)


def _mode():
    """Text of .if_mode; `micros` when it cannot be read."""
    try:
        with open(_MODE_FILE) as f:
            return f.read().strip().lower()
    except OSError:
        return "micros"


def _set_mode(mode):
    with open(_MODE_FILE + ".tmp", "w") as f:
        f.write(mode)
    os.rename(_MODE_FILE + ".tmp", _MODE_FILE)


def main():
    """True: start the system. False: leave the prompt to the user, or the recovery mode has ended."""
    gc.enable()
    try:
        import esp

        esp.osdebug(None)
    except ImportError:
        pass
    mode = _mode()
    if mode == "micros":
        return True
    if mode != "off":
        _recover()
    return False


def recovery(reason):
    """The system stopped: log why, free its memory, then recovery mode."""
    _log("[ERR][micrOSloader] micrOS start failed: %s" % reason)
    _unload()
    _recover()


def _log(text):
    t = time.localtime()
    line = "%d.%d.%d-%d:%d:%d %s\n" % (t[0], t[1], t[2], t[3], t[4], t[5], text)
    print(line)
    try:
        try:
            with open("err.log") as f:
                lines = f.read().split("\n")[:-1]
        except OSError:
            lines = []
        with open("err.log.tmp", "w") as f:
            for old in lines[1 - _LOG_LINES :]:
                f.write(old + "\n")
            f.write(line)
        os.rename("err.log.tmp", "err.log")
    except OSError as e:
        print(e)


def _unload():
    for name in os.listdir():
        module = name.rsplit(".", 1)[0]
        if name.endswith((".py", ".mpy")) and module not in ("main", "boot", "micrOSloader"):
            sys.modules.pop(module, None)
    gc.collect()


def _settings():
    """Stored settings that recovery needs; {} when none can be read."""
    for name in ("node_config.json", "node_config.last"):
        try:
            with open(name) as f:
                settings = json.load(f)
            if isinstance(settings, dict):
                return settings
        except (OSError, ValueError):
            pass
    return {}


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
    if len(password) >= 8:  # what WPA2 asks for
        ap.config(essid=name, password=password, authmode=3)
    else:
        ap.config(essid=name)


def _recover():
    """Network and WebREPL, then the wait for the end of an update."""
    settings = _settings()
    password = str(settings.get("appwd", "ADmin123"))
    for step in (lambda: _network(settings, password), lambda: _webrepl(password)):
        try:
            step()
        except Exception as e:
            _log("[ERR][micrOSloader] recovery: %s" % e)
    _watch()


def _webrepl(password):
    import webrepl

    webrepl.start(password=password[:9])  # WebREPL takes no more


def _listing():
    """Names and sizes in the root: changes while an update is under way."""
    return hash(tuple((entry[0], entry[3] if len(entry) > 3 else 0) for entry in os.ilistdir()))


class _Watch:
    """
    Restarts the board when an update ends (.if_mode becomes `micros`), or stands still for ten minutes. After a crash
    without an update the prompt is left to the user after about 15 s.
    """

    def __init__(self):
        self.updating = False
        self.quiet = 0
        self.listing = _listing()
        self.changed = time.ticks_ms()

    def poll(self, _=None):
        """bool: there is nothing to wait for. Does not return when it restarts the board."""
        if _mode() == "micros":
            if self.updating:
                import machine

                machine.reset()
            self.quiet += 1
            return self.quiet >= _PATIENCE
        self.updating = True
        now = _listing()
        if now != self.listing:
            self.listing = now
            self.changed = time.ticks_ms()
        elif time.ticks_diff(time.ticks_ms(), self.changed) > _ABANDONED_MS:
            _set_mode("micros")
        return False


def _watch():
    watch = _Watch()
    try:
        while not watch.poll():
            time.sleep_ms(_POLL_MS)
    except KeyboardInterrupt:
        # somebody works at the prompt; the update still ends, and is still given up
        from machine import Timer

        timer = Timer(-1 if sys.platform == "rp2" else 0)
        timer.init(period=_POLL_MS, mode=Timer.PERIODIC, callback=watch.poll)
