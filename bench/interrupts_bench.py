"""What runs by itself, on the virtual node: edges at 1 000 a second beside a client, bouncing presses, its costs.

`hello` on one connection while a pin rings; how many of 20 bouncing presses count; how long an edge takes to become a
command (the simulated pins' own trace); heap of a node with scheduler, periodic commands and one pin against one
without; a look of the scheduler.
"""

import statistics
import tempfile
import time
from pathlib import Path

import unix_memory  # noqa: F401 - puts the device tests' helpers on the path
from device_heap import running_compiled
from device_node import install_source, run_vm
from module_bench import Bench, bench
from run import Figure

_SECONDS = 4.0
_PRESSES = 20
_IRQ1, _OUT = 4, 27  # of the ESP32's pin map; a free output
_PAUSE_MS = 60
_BOUNCES = [[0, 1], [1, 0], [2, 1], [5, 0], [9, 1]]
_LOOKS = 2000

_MODULE = """
COUNT = {"n": 0}


def press():
    COUNT["n"] += 1


def count():
    return COUNT
"""
_SETTINGS: dict[str, object] = {
    "irq1": True,
    "irq1_cbf": f"presses press; genIO set_out {_OUT}",
    "irq_prell_ms": _PAUSE_MS,
}
_ON: dict[str, object] = {
    "cron": True,
    "crontasks": "sunset!cct toggle True;*:0:30:0!cct toggle False;*:5:0:0!cct toggle False",
    "timirq": True,
    "timirqcbf": "system ha_sta",
    "timirqseq": 60000,
    "irq1": True,
    "irq1_cbf": "cct toggle",
}
_LOOK = """
import time
import Scheduler
tasks = ";".join("%d:%d-%d:0,30:0!x y" % (n % 7, n, n + 9) for n in range(10))
Scheduler.scheduler(tasks)
begin = time.ticks_us()
for _ in range({looks}):
    Scheduler.scheduler(tasks)
print("look", time.ticks_diff(time.ticks_us(), begin) / {looks})
"""


def _answers(b: Bench, seconds: float) -> list[float]:
    """Milliseconds of each `hello`, sorted."""
    times = []
    with b.node.connect() as client:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            start = time.perf_counter()
            client.ask("hello")
            times.append((time.perf_counter() - start) * 1000)
    return sorted(times)


def _counted(b: Bench) -> int:
    count: int = b.json("presses count")["n"]
    return count


def _presses(b: Bench) -> tuple[int, list[float]]:
    """(presses that counted, milliseconds from each first edge to its command)."""
    before = _counted(b)
    b.set("trace", on=True)
    for _ in range(_PRESSES):
        b.set("pin", pin=_IRQ1, bounce=[*_BOUNCES, *([120 + ms, 1 - level] for ms, level in _BOUNCES)])
        time.sleep(0.4)
    edges = [row[0] for row in b.trace("pin", _IRQ1) if row[1] == 1]
    commands = [row[0] for row in b.trace("pin", _OUT)]
    b.set("trace", on=False)
    return _counted(b) - before, [at - max(edge for edge in edges if edge <= at) for at in commands]


def _heap(settings: dict[str, object]) -> int:
    """Bytes used on the unix port."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_compiled(Path(folder) / "node", **settings) as node,
        node.connect() as client,
    ):
        client.ask("cct toggle True")
        return int(client.ask("system memory_usage").split("mem_used:")[1])


def _look_ms() -> float:
    with tempfile.TemporaryDirectory() as folder:
        install_source(Path(folder))
        return float(run_vm(Path(folder), _LOOK.format(looks=_LOOKS)).split("look ")[1]) / 1000


def run() -> list[Figure]:
    with (
        tempfile.TemporaryDirectory() as folder,
        bench(Path(folder) / "node", settings=_SETTINGS, files={"LM_presses.py": _MODULE}) as b,
    ):
        counted, delays = _presses(b)
        quiet = _answers(b, _SECONDS / 2)
        b.set("pin", pin=_IRQ1, bounce=[[ms, ms % 2] for ms in range(int(_SECONDS * 1000))])
        ringing = _answers(b, _SECONDS * 0.95)
    p99 = ringing[len(ringing) * 99 // 100]
    return [
        Figure("bouncing presses that count", counted, "", counted / _PRESSES, "presses"),
        Figure("edge to command, median", statistics.median(delays), "ms"),
        Figure("hello, quiet pins: 99th percentile", quiet[len(quiet) * 99 // 100], "ms"),
        Figure("hello, 1 000 edges a second: 99th percentile", p99, "ms", p99 / 50, "goal of 50 ms"),
        Figure("hello, 1 000 edges a second: longest", ringing[-1], "ms"),
        Figure("heap with cron, timirq, irq1 (unix port)", _heap(_ON) - _heap({}), "B"),
        Figure("a look at 10 tasks, every 5 s", _look_ms(), "ms"),
    ]
