"""`time` of the virtual board: a settable UTC clock, ESP32 epoch 2000-01-01, sleeps that serve the hook."""

import time as _time
from time import sleep_us as _sleep_us
from time import ticks_add, ticks_cpu, ticks_diff, ticks_ms, ticks_us  # noqa: F401 - told by this module, too

import simcore
import simlink

EPOCH_2000 = 946684800  # seconds from 1970 to 2000

_offset_us = 0  # board clock minus host clock


def board_us():
    """Microseconds since 1970 on the board's clock."""
    return _time.time_ns() // 1000 + _offset_us


def set_board_us(us):
    global _offset_us
    _offset_us = us - _time.time_ns() // 1000
    simlink.send({"ev": "clock", "offset_ms": _offset_us // 1000})


def host_us():
    return _time.time_ns() // 1000


def start(offset_ms):
    """Clock at boot: `offset_ms` from the host's, or (None) 2000-01-01 as after power on."""
    global _offset_us
    _offset_us = EPOCH_2000 * 1000000 - host_us() if offset_ms is None else int(offset_ms) * 1000


def days(year, month, day):
    """Days since 1970-01-01 (civil calendar; month may run over)."""
    year += (month - 1) // 12
    month = (month - 1) % 12 + 1
    y = year - (month <= 2)
    era = y // 400
    yoe = y - era * 400
    doy = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468


def time():
    return board_us() // 1000000 - EPOCH_2000


def time_ns():
    return board_us() * 1000 - EPOCH_2000 * 1000000000


def gmtime(secs=None):
    return _time.gmtime(int(time() if secs is None else secs) + EPOCH_2000)[:8]


localtime = gmtime


def mktime(t):
    return days(t[0], t[1], t[2]) * 86400 + t[3] * 3600 + t[4] * 60 + t[5] - EPOCH_2000


def sleep_ms(ms):
    if ms > 0:
        simcore.sleep_ms(int(ms))
    else:
        simcore.hook()


def sleep(seconds):
    sleep_ms(int(seconds * 1000))


def sleep_us(us):
    if us >= 2000:
        sleep_ms(us // 1000)
        us %= 1000
    _sleep_us(us)


def _op_clock(message):
    """{"op":"clock","offset_ms":n} against the host's clock, or {"op":"clock","unix":seconds}."""
    if "unix" in message:
        set_board_us(int(message["unix"]) * 1000000)
    else:
        set_board_us(host_us() + int(message["offset_ms"]) * 1000)


def _op_leap(message):
    """{"op":"leap","ms":n}: so many milliseconds pass at once, for the clock and for everything that waits."""
    global ticks_ms
    simcore.leap(int(message["ms"]))
    ticks_ms = simcore.ticks_ms
    set_board_us(board_us() + int(message["ms"]) * 1000)


simlink.ops["clock"] = _op_clock
simlink.ops["leap"] = _op_leap
simlink.views["clock"] = lambda: {"unix": board_us() // 1000000, "offset_ms": _offset_us // 1000}
