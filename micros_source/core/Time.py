"""Uptime, clock and network time. What asks the network is in NetTime and SunTimes, imported for the moment."""

import time

from Config import cfgget


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


def ntp_time(tries=None):
    """
    Sets the clock from pool.ntp.org (2 s a try, 2 tries, 4 with cron). bool; the reason of a failure is logged. Waits:
    the system itself uses `start_ntp`.
    """
    from NetTime import at_once

    return at_once(tries or (4 if cfgget("cron") else 2))


def start_ntp():
    """Sets the clock from the network in the background: task `ntp`. Runs at boot and when the address has changed."""
    from Network import ifconfig
    from Tasks import Manager

    if ifconfig()[0] == "STA":
        from NetTime import sync_until_set

        Manager.create_task(sync_until_set(), tag="ntp")


def suntime():
    """
    {'sunrise': (h, m, s), 'sunset': (h, m, s)} as known; new ones are asked for in the background. A text when cron is
    off.
    """
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
