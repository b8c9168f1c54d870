"""Finding nodes: 50 real VMs and 200 announced services by mDNS, and a /24 whose hosts drop packets.

The /24 lies in a network namespace of its own where root allows; else 254 loopback addresses with a full backlog are
scanned. Then 100 discovery rounds: what grows per round. Repeat with `python3 dev.py bench discovery`.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from run import Figure

from devtoolkit.model.device import Device
from devtoolkit.services import discovery
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.hunt import Hunt
from devtoolkit.simulator.synthetic_process import numbered, running

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from leak_watch import slopes
from quiet_network import filled_backlogs, namespaces_allowed, quiet_network

ROOT = Path(__file__).resolve().parents[1]
LOOPBACK = ("127.0.0.1",)
VMS, SERVICES, ROUNDS = 50, 200, 100


def timed_search(wanted: int) -> tuple[float, float, int]:
    """Seconds until the `wanted`-th node was found, until the search ended, and how many were found."""
    times: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        discovery.search(
            DeviceCache(Path(folder) / "device_conn_cache.json"),
            seconds=20,
            interfaces=LOOPBACK,
            on_found=lambda _device: times.append(time.perf_counter() - started),
        )
        ended = time.perf_counter() - started
    return times[wanted - 1] if len(times) >= wanted else float("nan"), ended, len(times)


@contextmanager
def simulated(count: int) -> Iterator[None]:
    command = [sys.executable, str(ROOT / "devToolKit.py"), "--simulate", str(count)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as fleet:
        assert fleet.stderr is not None
        try:
            said = []
            while "Ctrl-C" not in (line := fleet.stderr.readline()):
                assert line, f"--simulate ended: {''.join(said)}"
                said.append(line)
            yield
        finally:
            fleet.send_signal(signal.SIGINT)
            fleet.communicate(timeout=60)


@contextmanager
def announced_services(count: int) -> Iterator[None]:
    child_file = str(Path(__file__).with_name("announced_services.py"))
    with (
        running(numbered(count, subnet="127.91")) as nodes,
        subprocess.Popen(
            [sys.executable, child_file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as child,
    ):
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps([[node.name, node.uid, node.ip, node.port] for node in nodes]) + "\n")
        child.stdin.flush()
        assert child.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            child.stdin.close()


def found_figures(what: str, count: int, goal: float) -> list[Figure]:
    last, ended, found = timed_search(count)
    return [
        Figure(f"{what}: last one found", last, "s", last / goal, f"goal {goal:g} s"),
        Figure(f"{what}: whole search", ended, "s"),
        Figure(f"{what}: found", found, "", found / count, "all"),
    ]


def scan_figures() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        with quiet_network() as network:
            empty = network.search(Path(folder)).seconds
        with quiet_network(50) as network, network.nodes(50, 0.03):
            some = network.search(Path(folder) / "some")
    last = max(some.found.values())
    return [
        Figure("/24 that drops packets (namespace): search", empty, "s", empty / 2, "goal 2 s"),
        Figure("same with 50 nodes of 30 ms: last found", last, "s", last / 3, "goal 3 s"),
        Figure("same: whole search", some.seconds, "s", some.seconds / 3, "goal 3 s"),
        Figure("same: found", len(some.found), "", len(some.found) / 50, "all"),
    ]


async def scan_addresses(addresses: tuple[str, ...], on_found: Callable[[Device], None]) -> None:
    async with Hunt(LOOPBACK, on_found) as hunt:
        hunt.scan(addresses)
        await hunt.run(20, 0.1)


def backlog_figures() -> list[Figure]:
    with filled_backlogs(254, 9008) as addresses:
        started = time.perf_counter()
        asyncio.run(scan_addresses(addresses, lambda _device: None))
    took = time.perf_counter() - started
    return [Figure("254 full backlogs (no namespace allowed): scan", took, "s", took / 2, "goal 2 s")]


async def rounds(cache: DeviceCache, count: int) -> list[Figure]:
    async def one() -> None:
        await discovery.search_async(cache, seconds=5, interfaces=LOOPBACK, quiet_s=0.05)

    grown = await slopes(one, count)
    return [Figure(f"{count} discovery rounds: {name} per round", value, unit) for name, value, unit in grown]


def run() -> list[Figure]:
    # A fleet of this bench only: what else runs on the machine would be counted too.
    with simulated(VMS):
        figures = found_figures(f"{VMS} VMs by mDNS", VMS, 2.0)
    with announced_services(SERVICES):
        figures += found_figures(f"{SERVICES} announced services", SERVICES, 1.0)
    figures += scan_figures() if namespaces_allowed() else backlog_figures()
    nodes = numbered(5)
    with running(nodes):
        cache = DeviceCache(Path(os.environ["MICROS_USER_DATA"]) / "device_conn_cache.json")
        cache.put(*(Device(node.uid, node.name, node.ip, node.port) for node in nodes))
        figures += asyncio.run(rounds(cache, ROUNDS))
    return figures
