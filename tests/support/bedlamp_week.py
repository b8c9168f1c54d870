"""A week of the mission's lamp: the whole device system in the VM, its clock simulated, summer time ending on the way.

`run_week(folder, settings)` boots the node as after a power cut (clock unset) on a Thursday evening in Budapest, with
network time and a stand-in for the web services, and gives back what the lamp's commands did, by local time.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from device_clock import VIRTUAL_TIME
from device_node import free_address, install_source, run_vm

START = datetime(2026, 10, 22, 15, 30, 7, tzinfo=UTC)
DAYS = 7
LIMIT_S = 240  # of real time; about 8 s of a processor
WINTER = datetime(2026, 10, 25, 1, 0, 0, tzinfo=UTC)  # from here the zone is one hour from UTC, before it two
_FIRST_SUNSET = datetime(2026, 10, 22, 15, 41, 12, tzinfo=UTC)
_EARLIER = timedelta(minutes=1, seconds=47)  # from day to day


def sunset(day: int) -> datetime:
    """UTC of the sunset of the n-th day."""
    return _FIRST_SUNSET + day * (timedelta(days=1) - _EARLIER)


def offset_minutes(moment: datetime) -> int:
    """Of the local time."""
    return 60 if moment >= WINTER else 120


# The web services of place and sun, in the place of the node's web client: they know the true time.
_SERVICES = """
import sys
import time

WINTER, FIRST, EARLIER = %d, %d, %d
EPOCH = 946684800


async def fetch(method, url, **options):
    now = sys.modules["ntptime"].time() + EPOCH
    if "ip-api.com" in url:
        offset = 3600 if now >= WINTER else 7200
        return 200, {"lat": 47.49, "lon": 19.04, "timezone": "Europe/Budapest", "offset": offset}
    midnight = now // 86400 * 86400
    sunset = midnight + FIRST %% 86400 - EARLIER * ((midnight - FIRST // 86400 * 86400) // 86400)
    sun = {"sunrise": midnight + 5 * 3600, "sunset": sunset}
    form = "%%04d-%%02d-%%02dT%%02d:%%02d:%%02d+00:00"
    return 200, {"status": "OK", "results": {name: form %% time.gmtime(sun[name] - EPOCH)[:6] for name in sun}}
"""

_WEEK = """
import asyncio, json, sys, time
import sim_ntptime
from Tasks import Manager, TaskBase

sim_ntptime._server["offset_ms"] += %(start)d * 1000 - sim_ntptime.sim_time.host_us() // 1000
leap_clock = simlink.ops["leap"]

def leap(message):
    leap_clock(message)
    sim_ntptime._server["offset_ms"] += message["ms"]

simlink.ops["leap"] = leap
_virtual_time()
runs = open("week.txt", "w")

def recorded(module, function):
    inner = module.__dict__[function]
    def run(*args, **kwargs):
        now = "%%d-%%02d-%%02d %%02d:%%02d:%%02d" %% time.gmtime()[:6]
        runs.write(json.dumps((now, function, args)) + "\\n")
        return inner(*args, **kwargs)
    setattr(module, function, run)

async def idle():
    while True:
        await asyncio.sleep(600)  # its beat of 0.3 s is no part of this

Manager.idle_task = staticmethod(idle)

async def week():
    import LM_cct, LM_system, micrOS
    recorded(LM_cct, "toggle")
    recorded(LM_system, "ha_sta")
    await micrOS._start()
    for _ in range(%(days)d):
        await asyncio.sleep(86400)
    runs.close()
    print("TASKS=" + json.dumps([tag for tag, task in TaskBase.TASKS.items() if not task.done]))

asyncio.run(week())
"""


@dataclass(frozen=True)
class Week:
    """`runs`: (local clock, function, arguments). `log`: lines of the error log. `tasks`: what runs at the end."""

    runs: list[tuple[str, str, list[object]]]
    log: list[str]
    tasks: list[str]

    def times(self, function: str) -> list[tuple[str, list[object]]]:
        return [(clock, args) for clock, name, args in self.runs if name == function]


def run_week(folder: Path, settings: dict[str, object]) -> Week:
    """The node of these settings over the week."""
    install_source(folder)
    numbers = int(WINTER.timestamp()), int(_FIRST_SUNSET.timestamp()), int(_EARLIER.total_seconds())
    (folder / "urequests.py").write_text(_SERVICES % numbers)
    (folder / "node_config.json").write_text(json.dumps(settings))
    virtual, started, _ = VIRTUAL_TIME.rpartition("_virtual_time()")
    assert started
    code = virtual + _WEEK % {"start": int(START.timestamp()), "days": DAYS}
    output = run_vm(folder, code, LIMIT_S, ip=free_address(), join_ms=5, hosts={})
    log = folder / "err.log"
    return Week(
        [tuple(json.loads(line)) for line in (folder / "week.txt").read_text().splitlines()],
        log.read_text().splitlines() if log.exists() else [],
        json.loads(output.split("TASKS=")[1]),
    )
