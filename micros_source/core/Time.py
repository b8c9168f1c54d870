"""Uptime, clock and network time. Sun times come from `SunTimes`, imported when asked for."""

import time

from Config import cfgget
from Debug import errlog_add


class Sun:
    """Clock state: sun times as (h, m, s), offset in minutes, the moment of boot on the present clock."""

    TIME = {"sunrise": (0, 0, 0), "sunset": (0, 0, 0)}
    UTC = cfgget("utc")
    BOOTIME = int(time.time())


def set_time(year, month, mday, hour, min, sec):
    """Sets the clock to a local time. Uptime does not jump with it. Returns True."""
    from machine import RTC

    before = int(time.time())
    weekday = time.localtime(time.mktime((year, month, mday, hour, min, sec, 0, 0)))[6]
    RTC().datetime((year, month, mday, weekday, hour, min, sec, 0))
    Sun.BOOTIME += int(time.time()) - before
    return True


def _tries(tries):
    Sun.UTC = cfgget("utc")
    return range(tries or (4 if cfgget("cron") else 2))


def ntp_time(tries=None):
    """
    Sets the clock from pool.ntp.org (2 s a try, 2 tries, 4 with cron). bool; the reason of a failure is logged. Waits:
    the system itself uses `start_ntp`.
    """
    reason = ""
    for _ in _tries(tries):
        try:
            import NetTime

            return set_time(*NetTime.local(NetTime.fetch(), Sun.UTC))
        except Exception as e:
            reason = e
    errlog_add("[ERR][ntp] %s" % reason)
    return False


async def _sync():
    """The same while everything else goes on; its code leaves the memory afterwards."""
    import sys

    reason = ""
    for _ in _tries(None):
        try:
            import NetTime

            return set_time(*NetTime.local(await NetTime.fetch_meanwhile(), Sun.UTC))
        except Exception as e:
            reason = repr(e)
        finally:
            sys.modules.pop("NetTime", None)
    errlog_add("[ERR][ntp] %s" % reason)


def start_ntp():
    """Sets the clock from the network in the background: task `ntp`. Runs at boot and when the address has changed."""
    from Network import ifconfig
    from Tasks import Manager

    if ifconfig()[0] == "STA":
        Manager.create_task(_sync(), tag="ntp")


def suntime():
    """{'sunrise': (h, m, s), 'sunset': (h, m, s)} from the network; a text when cron is off."""
    if not cfgget("cron"):
        return "sun times are off: cron is off"
    from SunTimes import refresh

    return refresh()


def uptime(update=False):
    """'<days> h:m:s' since boot; update=True restarts the count."""
    now = int(time.time())
    if update:
        Sun.BOOTIME = now
    minutes, seconds = divmod(max(0, now - Sun.BOOTIME), 60)
    hours, minutes = divmod(minutes, 60)
    return "%d %d:%d:%d" % (hours // 24, hours % 24, minutes, seconds)
