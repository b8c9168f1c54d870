"""
The device system in the real VM with a simulated clock: hours pass in milliseconds, every wait in its order.

`VIRTUAL_TIME` is code for the VM: afterwards the event loop never waits, it lets the time until the next wait's end
pass at once (clock, ticks and timers alike). Servers' sockets are looked at now and then, others before each leap.

`run_stories` runs the scheduler's own task through stories, each on a system that has just started. A story has

    start    clock at the start, "2026-03-02 07:59:50" (local time; the board's clock is local time)
    tasks    crontasks
    steps    [["run", seconds]]           the system runs
             ["clock", "2026-..."]        somebody sets the clock
             ["block", seconds]           a module does not let go: nothing runs, then everything is late
             ["restart", seconds, wanted] off for so long; a wanted restart tells everybody before
             ["sun", sunrise, sunset]     new sun times, [h, m, s] each
             ["tasks", text]              another crontasks in the configuration
             ["ntp", seconds, minutes]    network time (since 1970, UTC) in a zone of so many minutes
    sun      (optional) [sunrise, sunset] from the start

and gives back what ran: (clock, name) of each `rec ran name='...'`, and the lines of the error log.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from device_node import install_source, run_vm

VIRTUAL_TIME = """
import simcore, simlink
from asyncio import core

def _virtual_time():
    wait = core.IOQueue.wait_io_event
    leap = simlink.ops["leap"]
    state = [1000, 0]  # the fewest streams that were waited for, and leaps since the last look at them
    def wait_io_event(self, dt):
        streams = len(self.map)
        state[0] = min(state[0], streams)
        state[1] += 1
        if dt < 0:
            return wait(self, dt)
        if streams > state[0] or state[1] > 20:
            state[1] = 0
            wait(self, 0)
            simcore.hook()  # something inside the VM may have to answer
            wait(self, 0)
        step = simcore.next_due(dt)
        task = core._task_queue.peek()
        if step > 0 and not (task and simcore.ticks_diff(task.ph_key, core.ticks()) <= 0):
            leap({"ms": step})
        if simcore._jobs and simcore.next_due(1) == 0:
            simcore.hook()
    core.IOQueue.wait_io_event = wait_io_event

_virtual_time()
"""

_RECORDER = """
import time

RUNS = []
BAD = [False]


def ran(name=""):
    RUNS.append(("%d-%02d-%02d %02d:%02d:%02d" % time.gmtime()[:6], name))
    return name


def fail(name=""):
    ran(name)
    raise ValueError("broken")


def sometimes(name=""):
    ran(name)
    BAD[0] = not BAD[0]
    if BAD[0]:
        raise ValueError("broken")


def dies(name=""):
    ran(name)
    raise MemoryError("none left")
"""

_STORIES = """
import asyncio, json, os, sys, time
import sim_network, sim_ntptime
import Hooks, Time
from Config import Data
from Tasks import TaskBase
import LM_rec

def _clock(unix):
    simlink.ops["clock"]({"op": "clock", "unix": unix})

def _start():
    for name in ("Scheduler", "Trigger"):
        sys.modules.pop(name, None)
    TaskBase.TASKS.clear()
    Hooks.BEFORE_RESET.clear()
    __import__("Scheduler").start()

def _gone(name):
    try:
        os.remove(name)
    except OSError:
        pass

async def _tell(step):
    what = step[0]
    if what == "run":
        await asyncio.sleep_ms(int(step[1] * 1000))
    elif what == "clock":
        _clock(step[1])
    elif what == "block":
        simlink.ops["leap"]({"ms": int(step[1] * 1000)})
    elif what == "restart":
        if step[2]:
            for callback in Hooks.BEFORE_RESET:
                callback()
        TaskBase.TASKS["cron"].cancel()
        await asyncio.sleep_ms(0)
        simlink.ops["leap"]({"ms": int(step[1] * 1000)})
        _start()
    elif what == "sun":
        Time.Sun.TIME = {"sunrise": tuple(step[1]), "sunset": tuple(step[2])}
    elif what == "tasks":
        Data.CONFIG["crontasks"] = step[1]
    elif what == "ntp":
        Data.CONFIG["utc"] = step[2]
        sim_network.join_now()
        simlink.ops["ntp"]({"offset_ms": step[1] * 1000 - sim_ntptime.sim_time.host_us() // 1000})
        assert Time.ntp_time(1)
        sim_network.WLAN(0).disconnect()

async def _story(story):
    del LM_rec.RUNS[:]
    LM_rec.BAD[0] = False
    _gone("err.log")
    _gone("cron.pds")
    _clock(story["start"])
    await _tell(["sun"] + (story.get("sun") or [(0, 0, 0), (0, 0, 0)]))
    Data.CONFIG["crontasks"] = story["tasks"]
    _start()
    for step in story["steps"]:
        await _tell(step)
    TaskBase.TASKS["cron"].cancel()
    log = []
    try:
        with open("err.log") as f:
            log = f.read().splitlines()
    except OSError:
        pass
    return {"runs": LM_rec.RUNS, "log": log}

def _all():
    with open("stories.json") as f:
        stories = json.load(f)
    for story in stories:
        asyncio.new_event_loop()
        print("STORY=" + json.dumps(asyncio.run(_story(story))))

_all()
"""


def unix(text: str) -> int:
    """Seconds since 1970 of "2026-03-02 07:59:50", read as UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@dataclass(frozen=True)
class Told:
    """What a story gave back."""

    runs: list[tuple[str, str]]
    log: list[str]

    @property
    def times(self) -> list[str]:
        """`07:59:55 name` of each run."""
        return [f"{clock[11:]} {name}" for clock, name in self.runs]


def _step(step: list[Any]) -> list[Any]:
    return ["clock", unix(step[1])] if step[0] == "clock" else step


def run_stories(folder: Path, stories: list[dict[str, Any]], **settings: object) -> list[Told]:
    """All stories, one after the other, in one VM."""
    install_source(folder)
    (folder / "LM_rec.py").write_text(_RECORDER)
    (folder / "node_config.json").write_text(json.dumps({"cron": True, "dbg": False, **settings}))
    told = [
        {**story, "start": unix(story["start"]), "steps": [_step(step) for step in story["steps"]]} for story in stories
    ]
    (folder / "stories.json").write_text(json.dumps(told))
    output = run_vm(folder, VIRTUAL_TIME + _STORIES)
    found = [json.loads(line[6:]) for line in output.splitlines() if line.startswith("STORY=")]
    assert len(found) == len(stories)
    return [Told([(clock, name) for clock, name in entry["runs"]], entry["log"]) for entry in found]
