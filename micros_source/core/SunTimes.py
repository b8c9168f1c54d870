"""Sunrise and sunset at the node's place (api.sunrise-sunset.org), kept in `sun.pds` for times without a network."""

import sys
import time

import asyncio
from Config import cfgget
from Debug import errlog_add, write_file
from micropython import const
from Time import Sun, set_time

_URL = const("http://api.sunrise-sunset.org/json?lat=%s&lng=%s&date=today&formatted=0")
_LIMIT = const(2048)
_FILE = const("sun.pds")
_DAY_S = const(86400)
_PAUSES_S = (60, 300, 1800, 3600)  # between tries while the network or a service is away; the last one for ever
_NAMES = ("sunrise", "sunset")


def restore():
    """Takes the kept times: `sunrise:h-m-s;sunset:h-m-s`. A damaged file is not taken."""
    try:
        with open(_FILE) as f:
            parts = dict(part.split(":") for part in f.readline(80).strip().split(";"))
        times = {name: tuple(int(n) for n in parts[name].split("-")) for name in _NAMES}
        if all(len(t) == 3 and 0 <= t[0] < 24 and 0 <= t[1] < 60 and 0 <= t[2] < 60 for t in times.values()):
            Sun.TIME = times
    except (OSError, ValueError, KeyError):
        pass


def _keep(times):
    if times != Sun.TIME:
        Sun.TIME = times
        try:
            write_file(_FILE, (";".join("%s:%d-%d-%d" % ((name,) + times[name]) for name in _NAMES),))
        except OSError as e:
            errlog_add("[ERR][sun] %s" % e)


def shift(moment, minutes):
    """(h, m, s) some minutes later, round the clock."""
    seconds = (moment[0] * 3600 + moment[1] * 60 + moment[2] + minutes * 60) % _DAY_S
    return seconds // 3600, seconds // 60 % 60, seconds % 60


def move(before, after):
    """The offset of the local time (minutes) has changed: clock and known times move with it."""
    minutes = after - before
    Sun.UTC = after
    set_time(*time.localtime(int(time.time()) + minutes * 60)[:6])
    if Sun.TIME["sunrise"] != Sun.TIME["sunset"]:
        _keep({name: shift(Sun.TIME[name], minutes) for name in _NAMES})


def _local(text):
    """(h, m, s) local time of `2015-05-21T05:05:35+00:00`; None for a day without this event. Raises ValueError."""
    if text[10:11] != "T" or text[19:] not in ("+00:00", "Z"):
        raise ValueError("no time in the answer")
    if int(text[:4]) < 2000:
        return None  # the service's word for it is 1970
    moment = int(text[11:13]), int(text[14:16]), int(text[17:19])
    if not (moment[0] < 24 and moment[1] < 60 and moment[2] < 61):
        raise ValueError("no time in the answer")
    return shift(moment, cfgget("utc"))


async def _ask(place):
    """The times of a place. Raises OSError, ValueError."""
    from urequests import fetch

    status, found = await fetch("GET", _URL % place, jsonify=True, limit=_LIMIT)
    try:
        if status != 200 or found["status"] != "OK":
            raise OSError("HTTP %d" % status)
        return {name: _local(found["results"][name]) or Sun.TIME[name] for name in _NAMES}
    except (KeyError, TypeError, AttributeError):
        raise ValueError("no time in the answer")


async def _once():
    """One round of questions; what failed as text, '' for nothing."""
    import Location

    problem = ""
    try:
        place = await Location.lookup()
    except (OSError, ValueError) as e:
        problem = "location: %s" % e
        place = Location.known()
    if place:
        try:
            _keep(await _ask(place))
        except (OSError, ValueError) as e:
            problem = problem or "sun: %s" % e
    return problem


async def _refresh():
    """Asks until it has an answer; the first failure is logged. What it imported leaves the memory at each pause."""
    tries = 0
    while True:
        before = set(sys.modules)
        problem = await _once()
        for name in set(sys.modules) - before:
            if name in ("Location", "urequests", "Resolver"):
                sys.modules.pop(name)
        if not problem:
            sys.modules.pop("SunTimes", None)
            break
        if not tries:
            errlog_add("[ERR][sun] %s; the known times stay" % problem)
        await asyncio.sleep(_PAUSES_S[min(tries, len(_PAUSES_S) - 1)])
        tries += 1


def refresh():
    """The known times at once; new ones come in the background: task `suntime`."""
    from Network import ifconfig
    from Tasks import Manager

    if Sun.TIME["sunrise"] == Sun.TIME["sunset"]:
        restore()
    if ifconfig()[0] == "STA":
        Manager.create_task(_refresh(), tag="suntime")
    return Sun.TIME
