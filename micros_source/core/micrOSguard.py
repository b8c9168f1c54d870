"""
Watches an update on trial, from the timer: feeds the watchdog while the system is alive, confirms the update when it
has been well for its time, records a failure. Part of the loader; see there.
"""

import gc
import os
import sys
import time

from micropython import const

_STARTS = const("ota/starts")
_REASON = const("ota/reason")
_TICK_MS = const(1000)
_BOOT_MS = const(120_000)  # until then the watchdog is fed whatever happens
_STILL_MS = const(30_000)  # longer than anything that blocks the event loop on purpose
_SLOW_MS = const(5000)  # an event loop that is well moves more often
_ILL_MS = const(60_000)  # so long without a shell is a failure
_JOINING_MS = const(900_000)  # the longest first search for a network
_SPARE = const(4096)  # bytes that a session needs
_CLEAN = const(4)  # old files removed per tick
_REASON_SIZE = const(200)
_WDT_HOURS_MS = const(0x1000000)  # 4.6 h

_feed_watchdog = None


def guard(loader, journal):
    """What main keeps while the system runs: its `recovery` says where a failure goes."""
    return _Guard(loader, journal).kept


def _feed(_):
    _feed_watchdog()


class _Kept:
    guard = None

    def recovery(self, reason):
        if self.guard:
            self.guard.fail(reason)
        __import__("micrOSloader").recovery(reason)


class _Guard:
    def __init__(self, loader, journal):
        self.loader = loader
        self.journal = journal
        self.kept = _Kept()
        self.kept.guard = self
        self.port = loader.settings().get("socport", 9008)
        self.record = open(_REASON, "w")  # opened now: later there may be no memory for it
        self.feed = loader.feeder()
        self.why = ""
        self.beats = None
        self.start = self.moved = self.well = self.ill = time.ticks_ms()
        loader.timer(self.tick, _TICK_MS)

    def tick(self, _):
        now = time.ticks_ms()
        beats = getattr(sys.modules.get("Tasks"), "beats", None)
        if beats != self.beats:
            self.beats = beats
            self.moved = now
        confirmed = self.journal is None
        booting = time.ticks_diff(now, self.start) < _BOOT_MS
        if confirmed or booting or time.ticks_diff(now, self.moved) < _STILL_MS:
            self.feed()
        if confirmed:
            self.clean()
        else:
            self.look(now)

    def look(self, now):
        """Well for its time: confirmed. Ill for too long: failed."""
        hooks = sys.modules.get("Hooks")
        if hooks:
            hooks.watchdog = self
        state = self.state()
        if state == "confirmed":  # by the toolkit
            self.confirmed()
        elif state == "rollback":
            pass  # by the toolkit too: the restart is near
        elif self.is_well(now):
            self.ill = now
            if self.left_ms() <= 0 and self.can_update():
                self.loader.note(self.journal, state="confirmed")
                self.confirmed()
        else:
            self.well = now
            searching = getattr(getattr(sys.modules.get("Network"), "_State", None), "busy", False)
            limit = _JOINING_MS if searching else _BOOT_MS
            still = time.ticks_diff(now, self.moved) >= _STILL_MS  # the watchdog's part
            if not still and time.ticks_diff(now, self.start) > limit and time.ticks_diff(now, self.ill) > _ILL_MS:
                self.fail(self.why)

    def state(self):
        """What the journal says now: `ota confirm` and `ota abort` write it too."""
        return self.loader.read_json("ota/journal").get("state")

    def left_ms(self):
        """Until it is confirmed, if nothing happens."""
        return self.journal["trial_s"] * 1000 - time.ticks_diff(time.ticks_ms(), self.well)

    def is_well(self, now):
        """The event loop moves, an interface is up, somebody listens at the shell's port, and there is memory left."""
        import network
        import socket

        self.why = "event loop stands still"
        if time.ticks_diff(now, self.moved) > _SLOW_MS:
            return False
        self.why = "no network interface is up"
        if not (network.WLAN(network.STA_IF).active() or network.WLAN(network.AP_IF).active()):
            return False
        self.why = "shell does not listen"
        probe = socket.socket()
        try:
            probe.bind(socket.getaddrinfo("0.0.0.0", self.port)[0][-1])
            return False
        except OSError:
            pass  # taken, as it should be
        finally:
            probe.close()
        self.why = "memory is full"
        try:
            return bool(bytearray(_SPARE))
        except MemoryError:
            return False

    def can_update(self):
        """bool: the new version can be updated itself."""
        try:
            for name in ("OtaFiles", "OtaCommit", "micrOSrecovery"):
                __import__(name)
            for name in ("OtaFiles", "OtaCommit", "micrOSrecovery"):
                sys.modules.pop(name)
            return True
        except Exception as e:
            self.fail(e)
        return False

    def announce(self):
        """A restart of the system's own is no failure."""
        if self.journal and self.state() == "trial":
            self.loader.note(self.journal, expected=True)
            if self.loader.exists(_STARTS):
                open(_STARTS, "w").close()

    def confirmed(self):
        self.record.close()
        for path in (_STARTS, _REASON, "ota/manifest"):
            self.loader.remove(path)
        self.journal = None
        self.kept.guard = None

    def clean(self):
        """Removes the old files, some at a time, then everything that is not needed for feeding the watchdog."""
        global _feed_watchdog
        old = os.listdir("ota/old")
        for name in old[:_CLEAN]:
            self.loader.remove("ota/old/" + name)
        if old:
            return
        hooks = sys.modules.get("Hooks")
        if hooks:
            hooks.watchdog = True
        if sys.platform != "rp2":
            import machine

            machine.WDT(timeout=_WDT_HOURS_MS)  # a soft reset by hand stops the timer, but not the watchdog
        _feed_watchdog = self.feed
        self.loader.timer(_feed, _TICK_MS)
        for name in list(globals()):
            if name not in ("_feed", "_feed_watchdog", "__name__"):
                del globals()[name]

    def fail(self, reason):
        """Records the reason and restarts; the rollback runs in a fresh interpreter, never in a full heap."""
        gc.collect()
        try:
            if isinstance(reason, Exception):
                reason = "%s: %s" % (type(reason).__name__, reason)
            self.record.write(reason[:_REASON_SIZE])
        except MemoryError:
            self.record.write("MemoryError")
        self.record.close()
        self.loader.reset()
