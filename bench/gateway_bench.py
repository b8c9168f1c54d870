"""The gateway under load: 200 requests/s of `sendcmd` to 50 synthetic nodes of 30 ms for 60 s, one of them dead.

Requests begin at their times whether or not earlier ones have ended, and a latency counts from then, so that a gateway
that stalls cannot hide it. Gateway, nodes and client (aiohttp) are processes of their own. Callers of the dead node are
counted apart. Then schemathesis over all routes, with a virtual node behind them.

GATEWAY_BENCH_S changes the 60 s; GATEWAY_BENCH_ONLY=load or schemathesis runs one half.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
from run import Figure

from devtoolkit.model.device import Device
from devtoolkit.services import simulation
from devtoolkit.services.cache import DeviceCache
from devtoolkit.simulator.synthetic_process import numbered, running

ROOT = Path(__file__).resolve().parents[1]
PER_S = 200
NODES = 50
LATENCY_S = 0.03
SECONDS = float(os.environ.get("GATEWAY_BENCH_S", "60"))
_EXAMPLES = 60


@contextmanager
def gateway(data: Path) -> Iterator[tuple[str, int]]:
    """`devToolKit.py -gw` as a user starts it: address and process id."""
    command = [sys.executable, "-m", "devToolKit", "-gw", "--port", "0", "--no-watch", "--user-data", str(data)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr
        try:
            said = child.stderr.readline()
            url = next((word for word in said.split() if word.startswith("http://")), "")
            assert url, said + child.stderr.read()
            yield url.rstrip("/"), child.pid
        finally:
            child.terminate()
            child.communicate(timeout=30)


def rss_mb(pid: int) -> float:
    """Resident memory of a process, from Linux's /proc."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def cpu_s(pid: int) -> float:
    """Processor time that a process has taken, from Linux's /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Load:
    """Requests at their times; latencies in seconds, and what went wrong."""

    def __init__(self, url: str, names: list[str], dead: str) -> None:
        self.url, self.names, self.dead = url, names, dead
        self.latencies: list[float] = []
        self.errors: list[str] = []
        self.dead_waits: list[float] = []
        self.behind = 0.0  # how late the client itself was at most

    async def run(self, seconds: float) -> None:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
            began = time.monotonic()
            for number in range(int(seconds * PER_S)):
                at = began + number / PER_S
                await asyncio.sleep(max(0.0, at - time.monotonic()))
                self.behind = max(self.behind, time.monotonic() - at)
                group.create_task(self.one(session, self.names[number % len(self.names)], at))

    async def one(self, session: aiohttp.ClientSession, name: str, at: float) -> None:
        try:
            async with session.get(f"{self.url}/sendcmd/{name}/system+info") as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            self.errors.append(f"{name}: {error!r}")
            return
        if name == self.dead:
            self.dead_waits.append(time.monotonic() - at)
            if answer.status not in (504, 429):
                self.errors.append(f"{name}: {answer.status}")
        elif answer.status == 200 and b"Mem usage" in body:
            self.latencies.append(time.monotonic() - at)
        else:
            self.errors.append(f"{name}: {answer.status} {body[:100]!r}")


def under_load(data: Path) -> list[Figure]:
    nodes = numbered(NODES, latency_s=LATENCY_S, subnet="127.94")
    nodes[-1].fault = "deaf"
    with running(nodes) as started:
        cache = DeviceCache(data / "device_conn_cache.json")
        cache.put(*(Device(one.uid, one.name, one.ip, one.port) for one in started))
        with gateway(data) as (url, pid):
            names = [one.name for one in started]
            warm = Load(url, names, names[-1])
            asyncio.run(warm.run(min(10.0, SECONDS)))
            before, cpu = rss_mb(pid), cpu_s(pid)
            load = Load(url, names, names[-1])
            asyncio.run(load.run(SECONDS))
            after, cpu = rss_mb(pid), cpu_s(pid) - cpu
    for error in load.errors[:5]:
        print(f"  error: {error}", file=sys.stderr)
    cuts = statistics.quantiles(load.latencies, n=100)
    return [
        Figure("requests answered by living nodes", len(load.latencies), ""),
        Figure("errors", len(load.errors), ""),
        Figure("median", 1000 * statistics.median(load.latencies), "ms", cuts[49] / LATENCY_S, "the nodes' latency"),
        Figure("99th percentile", 1000 * cuts[98], "ms", cuts[98] / 0.25, "the limit of 250 ms"),
        Figure("slowest", 1000 * max(load.latencies), "ms"),
        Figure("the client was late by at most", 1000 * load.behind, "ms"),
        Figure("the gateway's processor time", 100 * cpu / SECONDS, "%"),
        Figure("other load of the machine", os.getloadavg()[0], ""),
        Figure("callers of the dead node wait at most", max(load.dead_waits, default=0.0), "s"),
        Figure("memory after 10 s of load", before, "MB"),
        Figure("memory at the end", after, "MB", after / before, "after 10 s"),
    ]


def schemathesis(data: Path) -> list[Figure]:
    """The whole run over all routes, with a virtual node behind them; the exit code 0 means that all checks hold."""
    with simulation.power_on(("gwbench",)) as (node,), gateway(data) as (url, _pid):
        config = data / "schemathesis.toml"
        config.write_text(
            f'[parameters]\ndevice = "{node.device.uid}"\n'
            '[checks.not_a_server_error]\nexpected-statuses = ["2xx", "3xx", "4xx", "504"]\n'
        )
        checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
        command = [
            str(Path(sys.executable).with_name("st")),
            "--config-file",
            str(config),
            "run",
            f"{url}/openapi.json",
            f"--max-examples={_EXAMPLES}",
            "--phases=examples,coverage,fuzzing",
            f"--checks={checks}",
            "--request-timeout=60",
            "--generation-allow-x00=true",
            "--continue-on-failure",
        ]
        began = time.monotonic()
        done = subprocess.run(command, cwd=data, capture_output=True, text=True, check=False)
        took = time.monotonic() - began
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-2000:], file=sys.stderr)
    return [
        Figure("schemathesis: exit code (0: all checks hold)", done.returncode, ""),
        Figure("schemathesis: time", took, "s"),
    ]


def run() -> list[Figure]:
    data = Path(os.environ["MICROS_USER_DATA"])
    (data / "load").mkdir(parents=True, exist_ok=True)
    only = os.environ.get("GATEWAY_BENCH_ONLY", "")
    figures = [] if only == "schemathesis" else under_load(data / "load")
    return figures if only == "load" else [*figures, *schemathesis(data)]
