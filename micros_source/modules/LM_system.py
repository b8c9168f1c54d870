"""System state and maintenance."""

import gc
import os
import sys
import time
from collections import OrderedDict


def memory_usage():
    """{'percent': used share of the heap, 1 decimal, 'mem_used': bytes}."""
    gc.collect()
    used = gc.mem_alloc()
    return {"percent": round(used * 100 / (used + gc.mem_free()), 1), "mem_used": used}


def disk_usage():
    """{'percent', 'fs_used': bytes} of the file system we are in."""
    block, fragment, total, free = os.statvfs(os.getcwd())[:4]
    size = fragment or block
    used = (total - free) * size
    return {"percent": round(used * 100 / (total * size), 1), "fs_used": used}


def top():
    """Use of memory, file system and CPU in percent."""
    from Tasks import Manager

    return OrderedDict(
        (
            ("Mem usage [%]", memory_usage()["percent"]),
            ("FS usage [%]", disk_usage()["percent"]),
            ("CPU load [%]", Manager.LOAD),
        )
    )


def info():
    """What the board is and how it is doing: top() with the clock before it and the CPU load at the end."""
    from machine import freq
    from Network import get_mac
    from Time import uptime

    clock = freq()
    board = os.uname()
    state = OrderedDict()
    state["CPU clock [MHz]"] = (clock if isinstance(clock, int) else clock[0]) // 1000000
    use = top()
    load = use.popitem()
    state.update(use)
    state["upython"] = board[3]
    state["board"] = board[4]
    state["mac"] = get_mac()
    state["uptime"] = uptime()
    state[load[0]] = load[1]
    return state


def gclean():
    """Collects garbage; the free bytes."""
    gc.collect()
    return {"GC MemFree[byte]": gc.mem_free()}


def heartbeat():
    """A sign of life, blinking the progress LED."""
    from Debug import console_write

    console_write("<3 heartbeat <3")
    return "<3 heartbeat <3"


def clock():
    """Date, time, day of the week (Monday 0), day of the year."""
    t = time.localtime()
    return "%d.%d.%d  %d:%d:%d\nWD: %d YD: %d" % (t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7])


async def ntp():
    """Sets the clock from the network now: (True, local time) or (False, text)."""
    from NetTime import sync

    reason = await sync(1)
    return (False, "ntp error: %s" % reason) if reason else (True, time.localtime())


def sun(refresh=False):
    """{'sunrise': (h, m, s), 'sunset': (h, m, s)}; refresh=True asks the network."""
    from Time import Sun, suntime

    return suntime() if refresh else Sun.TIME


def setclock(year, month, mday, hour, min, sec):
    """Sets the clock; the local time."""
    from Time import set_time

    set_time(year, month, mday, hour, min, sec)
    return time.localtime()


def rssi():
    """{grade: dBm} of the Wi-Fi signal."""
    from Network import rssi as signal

    dbm = signal()
    for limit, grade in ((-67, "Amazing"), (-70, "VeryGood"), (-80, "Okay"), (-90, "NotGood")):
        if dbm > limit:
            return {grade: dbm}
    return {"Unusable": dbm}


def pinmap(key="builtin"):
    """Name of the pin map, booked and custom pins, and the pin of `key`; 'callable' for one driven by code."""
    from microIO import get_pinmap, pinmap_dump

    pins = OrderedDict((name, get_pinmap()[name]) for name in ("map", "booked", "custom"))
    for name, pin in pinmap_dump(key).items():
        pins[name] = "callable" if callable(pin) else pin
    return pins


def alarms(clean=False, test=False, msgobj=None):
    """Streams the error log; {'OK alarm': 0} or {'NOK alarm': n}. clean deletes it first, test adds one error."""
    import LoadModule
    from Debug import errlog_add, errlog_clean, errlog_get

    msgobj = msgobj or LoadModule.msgobj()
    if clean:
        errlog_clean()
    if test:
        errlog_add("[ERR] test alarm")
    errors = errlog_get(msgobj)
    return {"NOK alarm" if errors else "OK alarm": errors}


def dat_dump():
    """{file: content} of all *.dat logs."""
    logs = {}
    for name in os.listdir():
        if name.endswith(".dat"):
            with open(name) as f:
                logs[name] = f.read()
    return logs


def ifconfig():
    """(mode, (ip, mask, gateway, dns))."""
    from Network import ifconfig as state

    return state()


def urequests_host_cache():
    """{host: address} that web requests have resolved; empty before the first request."""
    requests = sys.modules.get("urequests")
    return requests.host_cache() if requests else {}


def ha_sta():
    """Reconnects a lost Wi-Fi without a restart; the state as text."""
    from Network import sta_high_avail

    return sta_high_avail()


def help():
    """Usage lines."""
    return (
        "info",
        "top",
        "gclean",
        "heartbeat",
        "clock",
        "setclock year month mday hour min sec",
        "ntp",
        "sun refresh=False",
        "rssi",
        "pinmap key='dhtpin'",
        "alarms clean=False test=False",
        "memory_usage",
        "disk_usage",
        "dat_dump",
        "ifconfig",
        "urequests_host_cache",
        "ha_sta",
    )
