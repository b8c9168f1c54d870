"""
Commands at times of the day (`crontasks`, see CronGrammar): the task `cron`.

At the seconds 0, 5, 10 ... of the clock it looks for tasks whose time has come since the last look; each runs at most
once a look. Their kinds differ when the clock leaps or the node was busy:

    SAMPLED  any second, or a range of them: runs at every look that fits; what was missed is gone
    HOURLY   any hour: up to a minute is made up, and does not run twice
    DAILY    an hour, or the sun: an hour is made up, and does not run twice: the two days on which summer time changes

What was due in the 5 s before the start, or before the moment that the clock leapt to, still runs; after a wanted
restart all that was due meanwhile. Daily tasks wait until the clock has been set.
"""

import os
import sys
import time

import asyncio
from Config import cfgget
from Debug import errlog_add, write_file
from Hooks import BEFORE_RESET
from micropython import const
from Tasks import Manager
from Time import Sun, start_ntp, suntime
from Trigger import Trigger

_PERIOD_S = const(5)
_DAY_S = const(86400)
_DAILY = const(2)
_MADE_UP_S = (_PERIOD_S, 60, 3900)  # by kind; an hour of summer time, and what else the clock was off by
_RESTART_S = const(120)
_NO_SUN_LOOKS = const(60)  # 5 min for the network to tell the sun times
_FIRST_REAL_YEAR = const(2022)  # boards wake up in 2000 or 2021
_FIRST_WEEKDAY = time.gmtime(0)[6]
_STATE = "cron.pds"


class _Cron:
    text = None  # the crontasks that `tasks` were made of
    tasks = []
    last = 0  # clock of the last look
    clock_set = False
    looks = 0


class _Task:
    """`times` as CronGrammar gives them, and what runs: anything with run()."""

    def __init__(self, times, trigger):
        self.times = times
        self.sun = len(times) == 2
        self.kind = _DAILY if self.sun else times[0]
        self.trigger = trigger
        self.ran = None  # the moment that it ran for

    def due(self, start, now):
        """The moment after `start`, up to `now`, for which it has to run; None: there is none."""
        limit = _MADE_UP_S[self.kind]
        if self.ran is not None and self.ran - now > limit:
            self.ran = None  # the clock was put back by more than that
        moment = _sun_moment(self, now) if self.sun else _latest(self.times, start, now)
        if moment is None or moment <= start:
            return None
        if self.ran is not None and self.kind:
            later = self.ran - moment  # sun times move by some minutes: this sunset may have been already
            if 0 <= (abs(later) if self.sun else later) <= limit:
                return None
        self.ran = moment
        return moment


def _latest(times, start, now):
    """The last moment after `start`, up to `now`, that fits; None: there is none."""
    _, days, hours, minutes, seconds = times
    minute = now // 60
    second = now % 60
    while minute * 60 + 59 > start:
        if (
            (hours is None or minute // 60 % 24 in hours)
            and (minutes is None or minute % 60 in minutes)
            and (days is None or (minute // 1440 + _FIRST_WEEKDAY) % 7 in days)
        ):
            for s in range(second, max(-1, start - minute * 60), -1):
                if seconds is None or s in seconds:
                    return minute * 60 + s
        minute -= 1
        second = 59
    return None


def sun_second(times):
    """Second of the day of ("sunset", minutes); None: not known."""
    known = Sun.TIME.get(times[0])
    if not known or Sun.TIME.get("sunrise") == Sun.TIME.get("sunset"):
        return None
    return (known[0] * 3600 + known[1] * 60 + known[2] + times[1] * 60) % _DAY_S


def _sun_moment(task, now):
    """The last time that this was, up to `now`."""
    second = sun_second(task.times)
    if second is None:
        if _Cron.looks == _NO_SUN_LOOKS:
            _Cron.looks += 1
            errlog_add("[cron][ERR] no sun times are known: %s does not run" % task.times[0])
        return None
    moment = now - now % _DAY_S + second
    return moment if moment <= now else moment - _DAY_S


class _Call:
    """A function in the place of a Trigger."""

    def __init__(self, function):
        self.run = function


def _made(text):
    """The tasks of a crontasks text and the two built-in ones. A bad one is logged and left out."""
    import CronGrammar as grammar

    tasks = []
    for when, commands in grammar.deserialize_raw_input(text):
        try:
            tasks.append(_Task(grammar.time_of(when), Trigger("cron", grammar.commands_of(commands))))
        except ValueError as e:
            errlog_add("[cron][ERR] %s!%s: %s" % (when, commands or "", e))
    tasks.append(_Task(grammar.time_of("*:3:0:0"), _Call(suntime)))  # brings the change of zone as well
    tasks.append(_Task(grammar.time_of("*:3:5:0"), _Call(start_ntp)))
    sys.modules.pop("CronGrammar")
    return tasks


def _starts(now, period):
    """From where on this look has to look, by kind: from the last one, or after a leap of the clock from just now."""
    step = now - _Cron.last
    just_now = now - period, now - 2 * period, now - 2 * period
    return [_Cron.last if 0 < step <= _MADE_UP_S[kind] else just_now[kind] for kind in range(3)]


def _due(text, period):
    """What has to run now, in the order of its moments."""
    if text != _Cron.text:
        _Cron.tasks = _made(text)
        _Cron.text = text
    now = int(time.time())
    _Cron.looks += 1
    _Cron.clock_set = _Cron.clock_set or time.localtime()[0] >= _FIRST_REAL_YEAR
    found = []
    starts = _starts(now, period)
    for task in _Cron.tasks:
        if task.kind == _DAILY and not _Cron.clock_set:
            continue
        moment = task.due(starts[task.kind], now)
        if moment is not None:
            found.append((moment, len(found), task.trigger))
    _Cron.last = now
    found.sort()
    return [entry[2] for entry in found]


def scheduler(cron_data, irqperiod=_PERIOD_S):
    """One look at the tasks of a crontasks text, back to the last one or by irqperiod seconds. bool: one ran."""
    due = _due(cron_data, irqperiod)
    for trigger in due:
        trigger.run()
    return bool(due)


async def _look():
    for trigger in _due(cfgget("crontasks"), _PERIOD_S):
        trigger.run()
        await asyncio.sleep_ms(0)


async def _run():
    reason = ""
    while True:
        try:
            await _look()
        except Exception as e:
            if repr(e) != reason:
                reason = repr(e)
                errlog_add("[cron][ERR] %s" % reason)
        await asyncio.sleep_ms(1000 * (_PERIOD_S - int(time.time()) % _PERIOD_S))


def _keep():
    """Notes before a wanted restart how far it came."""
    try:
        write_file(_STATE, (str(_Cron.last),))
    except OSError as e:
        errlog_add("[cron][ERR] %s: %s" % (_STATE, e))


def _restored():
    """Clock of the last look before a restart just now; 0: there was none."""
    try:
        with open(_STATE) as f:
            last = int(f.read())
        os.remove(_STATE)
    except (OSError, ValueError):
        return 0
    return last if 0 <= int(time.time()) - last <= _RESTART_S else 0


def start():
    """Starts the task `cron`."""
    _Cron.last = _restored() or int(time.time()) - _PERIOD_S
    if Manager.create_task(_run(), tag="cron"):
        BEFORE_RESET.append(_keep)
