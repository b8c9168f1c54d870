"""One table for both sides: the times of `crontasks` as people mean them, and what neither side takes.

Weekdays are 0 (Monday) to 6. A sampled time fires at every look, each 5 s; any other at the look that its second
belongs to, at most 4 s later.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

DAYS, HOURS, SIXTY = frozenset(range(7)), frozenset(range(24)), frozenset(range(60))
LOOK_S = 5


@dataclass(frozen=True)
class Times:
    """A `when` and the values it stands for, written down by hand."""

    when: str
    days: frozenset[int] = DAYS
    hours: frozenset[int] = HOURS
    minutes: frozenset[int] = SIXTY
    seconds: frozenset[int] = SIXTY

    def fires(self, look: datetime) -> bool:
        """Whether a task of these times runs at a look."""
        return any(self._fits(look - timedelta(seconds=back)) for back in range(LOOK_S))

    def _fits(self, moment: datetime) -> bool:
        return (
            moment.weekday() in self.days
            and moment.hour in self.hours
            and moment.minute in self.minutes
            and moment.second in self.seconds
        )


def _of(*values: int) -> frozenset[int]:
    return frozenset(values)


_ZERO = _of(0)
_MIDNIGHT = {"hours": _ZERO, "minutes": _ZERO, "seconds": _ZERO}
_EIGHT = {"hours": _of(8), "minutes": _ZERO, "seconds": _ZERO}

TIMES = (
    Times("*:*:*:*"),
    Times("0-6:0-23:0-59:0-59"),
    Times("*:8:0:0", **_EIGHT),
    Times("*:0:0:0", **_MIDNIGHT),
    Times("*:23:59:59", DAYS, _of(23), _of(59), _of(59)),
    Times("*:0:30:0", DAYS, _ZERO, _of(30), _ZERO),
    Times("*:8:0:*", DAYS, _of(8), _ZERO),
    Times("*:*:0:0", DAYS, HOURS, _ZERO, _ZERO),
    Times("*:*:*:0", DAYS, HOURS, SIXTY, _ZERO),
    Times("*:*:*:30,45", DAYS, HOURS, SIXTY, _of(30, 45)),
    Times("*:*:*:58-2", DAYS, HOURS, SIXTY, _of(58, 59, 0, 1, 2)),
    Times("*:22-6:0:0", DAYS, _of(22, 23, 0, 1, 2, 3, 4, 5, 6), _ZERO, _ZERO),
    Times("*:8,12,0:0,30:0", DAYS, _of(8, 12, 0), _of(0, 30), _ZERO),
    Times("*:7-9:15-45:10", DAYS, _of(7, 8, 9), frozenset(range(15, 46)), _of(10)),
    Times("*:08:00:00", **_EIGHT),
    Times(" * : 8 : 0 : 0 ", **_EIGHT),
    Times("*,3:8:0:0", **_EIGHT),
    Times("0-2:8:0:0", _of(0, 1, 2), **_EIGHT),
    Times("5-1:8:0:0", _of(5, 6, 0, 1), **_EIGHT),
    Times("5-1:0:0:0", _of(5, 6, 0, 1), **_MIDNIGHT),
    Times("0,2,4:0:0:0", _of(0, 2, 4), **_MIDNIGHT),
    Times("0-1, 6:8:0:0", _of(0, 1, 6), **_EIGHT),
    *(Times(f"{day}:0:0:0", _of(day), **_MIDNIGHT) for day in range(7)),
    *(Times(f"{day}:23:59:55", _of(day), _of(23), _of(59), _of(55)) for day in range(7)),
    *(Times(f"{day}:*:*:*", _of(day)) for day in range(7)),
)

# Looks: every day boundary of a week, and of months, years and leap years; hours and minutes before, at, after.
_MIDNIGHTS = (
    *(f"2026-03-{day:02} 00:00:00" for day in range(2, 10)),  # the 2nd is a Monday
    "2026-04-01 00:00:00",
    "2027-01-01 00:00:00",
    "2027-03-01 00:00:00",
    "2028-02-29 00:00:00",
    "2028-03-01 00:00:00",
)
LOOKS = (
    *(
        datetime.fromisoformat(text) + timedelta(seconds=second)
        for text in _MIDNIGHTS
        for second in (-LOOK_S, 0, LOOK_S)
    ),
    *(
        datetime.fromisoformat(f"2026-03-{day:02} {time}")
        for day in (2, 4, 8)
        for time in ("00:30:00", "07:59:55", "08:00:00", "08:00:05", "08:00:30", "08:15:10", "12:30:00", "20:00:00")
    ),
)

SUN_TIMES = ("sunrise", "sunset", "sunrise+0", "sunset-30", "sunrise+90", "sunset+1439", "sunrise-0005")

# crontasks of several tasks: each as (when, its commands)
SPLIT = {
    "n/a": [],
    "": [],
    " ; ;": [],
    "*:8:0:0!rgb toggle": [("*:8:0:0", ["rgb toggle"])],
    "*:8:0:0!rgb toggle;sunset!cct toggle True;": [("*:8:0:0", ["rgb toggle"]), ("sunset", ["cct toggle True"])],
    " sunset-30 ! rgb toggle ": [("sunset-30", ["rgb toggle"])],
    "*:8:0:0!rgb toggle; cct toggle;;*:9:0:0!system heartbeat": [
        ("*:8:0:0", ["rgb toggle", "cct toggle"]),
        ("*:9:0:0", ["system heartbeat"]),
    ],
    "*:8:0:0!rgb toggle;cct toggle;;": [("*:8:0:0", ["rgb toggle", "cct toggle"])],
    "*:8:0:0!oled text 'a;b';*:9:0:0!rgb toggle": [("*:8:0:0", ["oled text 'a;b'"]), ("*:9:0:0", ["rgb toggle"])],
    "*:8:0:0!oled text ';;';*:9:0:0!rgb toggle": [("*:8:0:0", ["oled text ';;'"]), ("*:9:0:0", ["rgb toggle"])],
    '*:8:0:0!oled text "it\'s; ok";*:9:0:0!rgb toggle': [
        ("*:8:0:0", ['oled text "it\'s; ok"']),
        ("*:9:0:0", ["rgb toggle"]),
    ],
    "*:8:0:0!oled text 'a\\';b';*:9:0:0!rgb toggle": [
        ("*:8:0:0", ["oled text 'a\\';b'"]),
        ("*:9:0:0", ["rgb toggle"]),
    ],
    "*:8:0:0!intercon sendcmd 'lamp.local' 'rgb toggle!'": [
        ("*:8:0:0", ["intercon sendcmd 'lamp.local' 'rgb toggle!'"])
    ],
    "*:8:0:0!neopixel text it's;*:9:0:0!rgb toggle": [
        ("*:8:0:0", ["neopixel text it's"]),
        ("*:9:0:0", ["rgb toggle"]),
    ],
    "*:8:0:0!task kill rgb.toggle;sunset!rgb toggle &&1000": [
        ("*:8:0:0", ["task kill rgb.toggle"]),
        ("sunset", ["rgb toggle &&1000"]),
    ],
}

# crontasks with exactly one task that nobody takes; the others of the text stay good.
REFUSED = (
    "8:0:0!rgb toggle",
    "*:8:0:0:0!rgb toggle",
    "!rgb toggle",
    "daily!rgb toggle",
    "7:8:0:0!rgb toggle",
    "-1:8:0:0!rgb toggle",
    "*:24:0:0!rgb toggle",
    "*:8:60:0!rgb toggle",
    "*:8:0:60!rgb toggle",
    "*:8:0:!rgb toggle",
    "*:8::0!rgb toggle",
    "*:8:0:1.5!rgb toggle",
    "*:8:0:+5!rgb toggle",
    "*:8:0:1-2-3!rgb toggle",
    "*:8:0:1-!rgb toggle",
    "*:8:0:0,!rgb toggle",
    "*:8:0:*/5!rgb toggle",
    "*:8:0:²!rgb toggle",
    "*:8:0:٣!rgb toggle",
    "Mon:8:0:0!rgb toggle",
    "*:8:0:0",
    "*:8:0:0!",
    "*:8:0:0! ;",
    "*:8:0:0!rgb",
    "*:8:0:0!rgb-x toggle",
    "*:8:0:0!rgb toggle;etc.",
    "*:8:0:0!rgb toggle;cct toggle",
    "*:8:0:0!rgb toggle; cct;;*:9:0:0!system heartbeat",
    "sunset*2!rgb toggle",
    "sunset - 30!rgb toggle",
    "sunset-!rgb toggle",
    "sunset+10000!rgb toggle",
    "sunset+-5!rgb toggle",
    "sunset+5+5!rgb toggle",
    "sundown!rgb toggle",
    "Sunset!rgb toggle",
    "sunrise30!rgb toggle",
    "sun!rgb toggle",
)
