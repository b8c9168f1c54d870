"""3 000 synthetic nodes of 30 ms over three sites: three worker processes and a real Redis, beside one machine alone.

Then what one broker carries: jobs without any node behind them, through Redis and one worker. SITES_BENCH_ONLY=status
or broker runs one half. Needs redis-server (Debian package redis-server); without it nothing is measured.
"""

import contextlib
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import status_bench
from run import Figure

from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache
from devtoolkit.simulator.synthetic import SyntheticNode
from devtoolkit.simulator.synthetic_process import numbered
from devtoolkit.simulator.synthetic_process import running as synthetic

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from gateway_programs import LOOPBACK, ROOT, program, wait
from site_processes import Redis, SiteProcess, sites

NAMES = ("north", "south", "east")
PER_SITE, LATENCY_S, GOAL_S = 1000, 0.03, 4.0
ROUNDS = 3
TASKS = 1000
IDLE_S = 20.0
_QUEUE = "micros.site.north"
_LISTED = "micros:site:north:nodes"
_OWN = ("info", "llen", "hlen", "dbsize")  # commands
_KB = 1000
_LIMIT_S = 300.0


def run() -> list[Figure]:
    if not program("redis-server"):
        print("sites: needs redis-server (Debian package redis-server); not measured", file=sys.stderr)
        return []
    folder, only = Path(os.environ["MICROS_USER_DATA"]), os.environ.get("SITES_BENCH_ONLY", "")
    figures = [] if only == "broker" else over_sites(folder / "over")
    return figures if only == "status" else [*figures, *of_one_broker(folder / "broker")]


# --- status over three sites


def over_sites(folder: Path) -> list[Figure]:
    with contextlib.ExitStack() as stack:
        nodes = {name: stack.enter_context(synthetic(_nodes(name))) for name in NAMES}
        status_bench.filled([one for theirs in nodes.values() for one in theirs])
        alone = float(str(status_bench.in_child()["seconds"]))
        figures = [Figure(f"{len(NAMES) * PER_SITE} nodes of 30 ms: one machine alone", alone, "s")]
        for kind in ("", ", signed"):
            redis = stack.enter_context(Redis(folder / f"redis{len(kind)}"))
            broker = str(_signed(folder / "keys", redis.url)) if kind else redis.url
            with _app(redis.url) as (_celery, client):
                cpu, traffic = _cpu_s(client), _traffic_kb(client)
                figures += _three(folder / f"data{len(kind)}", broker, nodes, kind, alone)
                asked = ROUNDS * len(NAMES) * PER_SITE
                each = _KB * (_traffic_kb(client) - traffic) / asked
                spent = 1e6 * (_cpu_s(client) - cpu) / asked
            figures.append(Figure("same: Redis: bytes in and out for one node", each, "B"))
            figures.append(Figure("same: Redis: processor time for one node", spent, "us"))
    return figures


def _nodes(name: str) -> list[SyntheticNode]:
    place = NAMES.index(name)
    nodes = numbered(PER_SITE, latency_s=LATENCY_S, subnet=f"127.{64 + place}")
    for number, node in enumerate(nodes):
        node.name, node.uid = f"{name}{number:04d}", f"micr{place:x}{number:09x}OS"
    return nodes


def _three(
    folder: Path, broker: str, nodes: dict[str, tuple[SyntheticNode, ...]], kind: str, alone: float
) -> list[Figure]:
    workers = [SiteProcess(name, folder / name, broker).knows(_devices(nodes[name])) for name in NAMES]
    with sites(*workers):
        before = max(_resident_mb(worker) for worker in workers)
        spent = time.process_time()
        took, online = min((_status(folder, broker) for _ in range(ROUNDS)), key=lambda one: (-one[1], one[0]))
        spent = 1e6 * (time.process_time() - spent) / (ROUNDS * len(NAMES) * PER_SITE)
        after = max(_resident_mb(worker) for worker in workers)
    return [
        Figure(
            f"over three sites{kind}: whole call, best of {ROUNDS}", took, "s", took / GOAL_S, f"goal {GOAL_S:.0f} s"
        ),
        Figure("same: beside one machine", took / alone, "", took / alone, "alone"),
        Figure("same: online", online, "", online / (len(NAMES) * PER_SITE), "all"),
        Figure("same: processor time of the centre for one node", spent, "us"),
        Figure("same: memory of a worker before", before, "MB"),
        Figure("same: memory of a worker after", after, "MB", after / before, "before"),
    ]


def _status(folder: Path, broker: str) -> tuple[float, int]:
    """Seconds and online nodes of one status over all sites."""
    from devtoolkit.services.sites import broker as brokers
    from devtoolkit.services.sites import operations

    cache = DeviceCache(folder / "centre_cache.json")
    with operations.connect(brokers.load(broker), cache=cache) as fleet:
        began = time.perf_counter()
        found = fleet.status("all")
        return time.perf_counter() - began, sum(one.status == "ONLINE" for one in found)


def _signed(folder: Path, url: str) -> Path:
    """A broker file with which all, in this bench, sign with the centre's key."""
    script = ROOT / "env" / "sites" / "make_place.sh"
    subprocess.run(["/bin/sh", str(script), str(folder), "centre", LOOPBACK], check=True, capture_output=True)
    file = folder / "centre" / "broker.toml"
    lines = [line for line in file.read_text().splitlines() if not line.startswith(("broker", "tls"))]
    file.write_text("\n".join([f'broker = "{url}"', *lines]) + "\n")
    return file


def _devices(nodes: Sequence[SyntheticNode]) -> list[Device]:
    return [Device(node.uid, node.name, node.ip, node.port) for node in nodes]


def _resident_mb(worker: SiteProcess) -> float:
    assert worker.process is not None
    pages = int(Path(f"/proc/{worker.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


# --- what one broker carries


def of_one_broker(folder: Path) -> list[Figure]:
    """Jobs about one node that the site does not know: all the way there and back, and no node is asked."""
    with Redis(folder / "redis") as redis:
        place = redis.url
        worker = SiteProcess("north", folder / "north", place)
        with _app(place) as (app, client):
            return [*_queued(app, client, worker), *_idle(client, worker), *_raw(redis)]


@contextlib.contextmanager
def _app(url: str) -> Iterator[tuple[Any, Any]]:
    from devtoolkit.services.sites import broker, celery_app

    app = celery_app.make(broker.load(url))
    try:
        yield app, celery_app.client_of(app)
    finally:
        app.close()


def _queued(app: Any, client: Any, worker: SiteProcess) -> list[Figure]:
    """Post them while nobody takes them, then let one worker take them all."""
    empty = _used_kb(client)
    began = time.perf_counter()
    numbers = [_post(app) for _ in range(TASKS)]
    posted = time.perf_counter() - began
    waiting = _used_kb(client) - empty
    commands, cpu = _commands(client), _cpu_s(client)
    with sites(worker):
        memory, began, waiting_now = _resident_mb(worker), time.perf_counter(), client.llen(_QUEUE)
        wait(lambda: _done(client), "all results", _LIMIT_S)
        took = time.perf_counter() - began
        results = _used_kb(client) - empty
        commands, cpu = _commands(client) - commands, _cpu_s(client) - cpu
        grown = _resident_mb(worker) - memory
    client.delete(*(app.backend.get_key_for_task(number) for number in numbers))
    return [
        Figure("jobs posted to a site that is away", TASKS / posted, "1/s"),
        Figure(f"Redis: {TASKS} waiting jobs", waiting, "kB"),
        Figure(f"Redis: {TASKS} results not collected", results, "kB"),
        Figure("jobs that one worker does without any node", waiting_now / took, "1/s"),
        Figure(f"worker: memory grown by {TASKS} jobs", grown, "MB"),
        Figure("Redis: commands for one job", commands / TASKS, ""),
        Figure("Redis: processor time for one job", 1e6 * cpu / TASKS, "us"),
    ]


def _idle(client: Any, worker: SiteProcess) -> list[Figure]:
    """What a site costs the broker that has nothing to do."""
    devices = [Device(f"micr{number:010x}OS", f"node{number:04d}", LOOPBACK, 9) for number in range(PER_SITE)]
    client.delete(_LISTED)
    with sites(worker.knows(devices)):
        wait(lambda: client.exists(_LISTED), "the site is there")
        listed = int(client.memory_usage(_LISTED)) / _KB
        commands, cpu, sent = _commands(client), _cpu_s(client), _received_kb(client)
        time.sleep(IDLE_S)  # what is measured is the time
        commands, cpu, sent = _commands(client) - commands, _cpu_s(client) - cpu, _received_kb(client) - sent
        lines = int(client.info("clients")["connected_clients"])
    lines -= int(client.info("clients")["connected_clients"])
    return [
        Figure("Redis: connections of a site", lines, ""),
        Figure(f"Redis: list of the nodes of a site with {PER_SITE}", listed, "kB"),
        Figure("Redis: commands of an idle site", commands / IDLE_S, "1/s"),
        Figure("Redis: processor time of an idle site", 1e6 * cpu / IDLE_S, "us/s"),
        Figure("Redis: bytes from an idle site", _KB * sent / IDLE_S, "B/s"),
    ]


def _raw(redis: Redis) -> list[Figure]:
    """Redis alone, as its own benchmark sees it: one command at a time on each of 50 connections."""
    words = [
        program("redis-benchmark") or "",
        "-p",
        str(redis.port),
        "-n",
        "50000",
        "-q",
        "--csv",
        "-t",
        "set,get,lpush",
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    rates = {line.split('"')[1]: float(line.split('"')[3]) for line in done.stdout.splitlines()[1:]}
    return [Figure(f"redis-benchmark {name}", rate, "1/s") for name, rate in rates.items()]


def _post(app: Any) -> str:
    from devtoolkit.services.sites import celery_app, jobs

    number = uuid.uuid4().hex
    order = jobs.Order(number, "north", "status", time.time() + _LIMIT_S, jobs.StatusJob((f"micr{number[:10]}OS",)))
    app.send_task(celery_app.TASKS["status"], args=[order.plain()], task_id=number, queue=celery_app.queue_of("north"))
    return number


def _done(client: Any) -> bool:
    """Nothing waits, nothing is in hand, and each job has left a result."""
    return not client.llen(_QUEUE) and not client.hlen(f"{_QUEUE}.unacked") and client.dbsize() >= TASKS


def _used_kb(client: Any) -> float:
    return int(client.info("memory")["used_memory"]) / _KB


def _traffic_kb(client: Any) -> float:
    return _received_kb(client) + int(client.info("stats")["total_net_output_bytes"]) / _KB


def _received_kb(client: Any) -> float:
    return int(client.info("stats")["total_net_input_bytes"]) / _KB


def _commands(client: Any) -> int:
    """Without those that this benchmark asks itself."""
    found = client.info("commandstats")
    return sum(int(one["calls"]) for name, one in found.items() if name.removeprefix("cmdstat_") not in _OWN)


def _cpu_s(client: Any) -> float:
    found = client.info("cpu")
    return float(found["used_cpu_sys"]) + float(found["used_cpu_user"])
