"""The shell's `cron`: what runs by itself, and when next. Imported while it is asked for."""

import json
import sys
import time

from Config import cfgget
from micropython import const

_DAY_S = const(86400)
_LOOK_S = const(5)  # of the scheduler
_WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _first(times, now):
    """The first moment after `now` that fits the fields; None: there is none."""
    kind, days, hours, minutes, seconds = times
    first_weekday = time.gmtime(0)[6]
    for day in range(now // _DAY_S, now // _DAY_S + 8):
        if days is not None and (day + first_weekday) % 7 not in days:
            continue
        for hour in range(24) if hours is None else hours:
            begin = day * _DAY_S + hour * 3600
            if begin + 3599 <= now:
                continue
            for minute in range(60) if minutes is None else minutes:
                if begin + minute * 60 + 59 <= now:
                    continue
                for second in range(60) if seconds is None else seconds:
                    moment = begin + minute * 60 + second
                    if moment > now:
                        return moment if kind else moment + -moment % _LOOK_S
    return None


def _next(times, now):
    if len(times) == 5:
        return _first(times, now)
    from Scheduler import sun_second

    second = sun_second(times)
    if second is None:
        return None
    moment = now - now % _DAY_S + second
    return moment if moment > now else moment + _DAY_S


def _shown(moment):
    t = time.gmtime(moment)
    return "%s %d.%02d.%02d %02d:%02d:%02d" % ((_WEEK[t[6]],) + t[:6])


def _tasks(now):
    """(moment or None, when, commands, what is wrong with it) of each task, the next one first."""
    import CronGrammar as grammar

    found = []
    for when, commands in grammar.deserialize_raw_input(cfgget("crontasks")):
        try:
            grammar.commands_of(commands)
            entry = _next(grammar.time_of(when), now), when, commands, ""
        except ValueError as e:
            entry = None, when, commands or "", str(e)
        found.append(entry)
    sys.modules.pop("CronGrammar")
    found.sort(key=lambda entry: entry[0] or now + 8 * _DAY_S)
    return found


def _events():
    """(name, its edge, its commands) of each pin in use."""
    for number in range(1, 5):
        name = "irq%d" % number
        if cfgget(name) and cfgget(name + "_cbf") != "n/a":
            trigger = cfgget(name + "_trig")
            yield name, "up" if trigger == "n/a" else trigger, cfgget(name + "_cbf")


def _lines(now, tasks):
    yield "cron %s, %s" % ("on" if cfgget("cron") else "off", _shown(now))
    for moment, when, commands, problem in tasks:
        at = _shown(moment) if moment else "refused" if problem else "no sun times"
        yield " %s  %s!%s%s" % ("{:<23}".format(at), when, commands, "  (%s)" % problem if problem else "")
    if cfgget("timirq"):
        yield "timirq every %d ms: %s" % (cfgget("timirqseq"), cfgget("timirqcbf"))
    for event in _events():
        yield "%s %s: %s" % event


def _as_json(now, tasks):
    names = ("next", "when", "command", "problem")
    found = {"cron": cfgget("cron"), "clock": _shown(now)}
    found["tasks"] = [dict(zip(names, (t[0] and _shown(t[0]),) + t[1:])) for t in tasks]
    if cfgget("timirq"):
        found["timirq"] = {"ms": cfgget("timirqseq"), "command": cfgget("timirqcbf")}
    for name, edge, commands in _events():
        found[name] = {"edge": edge, "command": commands}
    return json.dumps(found)


def listing(as_json):
    """The reply text."""
    now = int(time.time())
    tasks = _tasks(now) if cfgget("cron") else []
    return _as_json(now, tasks) if as_json else "\n".join(_lines(now, tasks))
