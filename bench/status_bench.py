"""Status of 1 000 synthetic nodes that take 30 ms for each answer, with 1 024 files; the nodes run in another process.

Then three of them are bad: one that accepts and never answers, one that refuses, one that sends junk for ever. Last,
how much 1 000 rounds over 5 nodes leave behind. Repeat with `python3 dev.py bench status`.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from run import Figure

from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.status import STATUS_LIMITS, status, status_async
from devtoolkit.simulator.synthetic import Fault
from devtoolkit.simulator.synthetic_process import numbered, running

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from leak_watch import slopes

COUNT, LATENCY_S, ROUNDS, FILES = 1000, 0.03, 1000, 1024
BAD: tuple[Fault, ...] = ("deaf", "refuses", "junk")


def measure() -> None:
    """The child: one status of all cached nodes; prints what it found."""
    cache = DeviceCache(Path(os.environ["MICROS_USER_DATA"]) / "device_conn_cache.json")
    when: dict[str, float] = {}
    started = time.perf_counter()
    found = status(cache, on_answer=lambda one: when.setdefault(one.uid, time.perf_counter() - started))
    good = [when[one.uid] for one in found if one.status == "ONLINE"]
    value = {
        "seconds": time.perf_counter() - started,
        "online": len(good),
        "last_online": max(good),
        "memory": peak_memory(),
        "others": {one.fuid: [one.status, when[one.uid]] for one in found if one.status != "ONLINE"},
    }
    print(json.dumps(value))


def peak_memory() -> int:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def in_child() -> dict[str, object]:
    """A fresh process with the usual soft and hard limit of open files."""
    lines = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({FILES}, {FILES}))"
    bench = Path(__file__).resolve().parent
    code = f"{lines}; import sys; sys.path.insert(0, {str(bench)!r}); import status_bench; status_bench.measure()"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    value: dict[str, object] = json.loads(done.stdout)
    return value


def filled(nodes: object) -> DeviceCache:
    cache = DeviceCache(Path(os.environ["MICROS_USER_DATA"]) / "device_conn_cache.json")
    cache.clean()
    cache.put(*(Device(node.uid, node.name, node.ip, node.port) for node in nodes))  # type: ignore[attr-defined]
    return cache


def leak_figures() -> list[Figure]:
    with running(numbered(5)) as nodes:
        cache = filled(nodes)
        grown = asyncio.run(slopes(lambda: status_async(cache, interfaces=("127.0.0.1",)), ROUNDS))
    return [Figure(f"{ROUNDS} status rounds: {name} per round", value, unit) for name, value, unit in grown]


def run() -> list[Figure]:
    with running(numbered(COUNT, latency_s=LATENCY_S)) as nodes:
        filled(nodes)
        value = in_child()
    seconds, memory = float(str(value["last_online"])), int(str(value["memory"])) / 2**20
    figures = [
        Figure(f"{COUNT} nodes of 30 ms: last answer", seconds, "s", seconds / 2, "goal 2 s"),
        Figure("same: whole call, with the cache written", float(str(value["seconds"])), "s"),
        Figure("same: online", int(str(value["online"])), "", int(str(value["online"])) / COUNT, "all"),
        Figure("same: peak memory of the process", memory, "MB", memory / 150, "goal 150 MB"),
    ]
    bad = numbered(COUNT, latency_s=LATENCY_S)
    for node, fault in zip(bad, BAD, strict=False):
        node.name, node.fault = fault, fault
    with running(bad) as nodes:
        filled(nodes)
        value = in_child()
    seconds = float(str(value["last_online"]))
    figures.append(Figure("with 3 bad ones: last good answer", seconds, "s", seconds / 2, "goal 2 s"))
    others = value["others"]
    assert isinstance(others, dict)
    for fault in BAD:
        state, when = others[fault]
        figures.append(
            Figure(f"  {fault}: said to be {state} after", when, "s", when / STATUS_LIMITS.greeting_s, "its limit")
        )
    return figures + leak_figures()
