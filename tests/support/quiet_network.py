"""Networks whose hosts drop packets, on this machine only: a namespace where root allows, else filled backlogs."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from devtoolkit.simulator.synthetic import SyntheticNode
from devtoolkit.simulator.synthetic_process import running

ROOT = Path(__file__).resolve().parents[2]
SUBNET = "10.231.77"  # seen inside the namespaces only
OWN = f"{SUBNET}.1"
_SEARCH = """
import json, sys, time
from pathlib import Path
from devtoolkit.services import discovery
from devtoolkit.services.cache import DeviceCache
began, found = time.monotonic(), []
discovery.search(DeviceCache(Path(sys.argv[1])), seconds=20.0, interfaces=(sys.argv[2],),
                 on_found=lambda device: found.append((device.fuid, time.monotonic() - began)))
print(json.dumps({"seconds": time.monotonic() - began, "found": found}))
"""


@dataclass(frozen=True)
class Searched:
    """How long the whole search took, and when each node was found (seconds after its beginning)."""

    seconds: float
    found: dict[str, float]


def namespaces_allowed() -> bool:
    """Whether this process may make network namespaces, and start programs in them (in a chroot it may not)."""
    if os.name != "posix" or not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"mtry{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        return False
    up = ["ip", "netns", "exec", name, "ip", "link", "set", "lo", "up"]
    works = subprocess.run(up, capture_output=True, check=False).returncode == 0
    return subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False).returncode == 0 and works


@dataclass(frozen=True)
class QuietNetwork:
    """A /24 of its own: `near` is where the searcher sits (at OWN), `far` where nodes may be started."""

    near: str
    far: str

    def search(self, folder: Path) -> Searched:
        """A search by a fresh process inside, with an empty cache, and the usual 1 024 files."""
        command = ["prlimit", "--nofile=1024:1024"] if shutil.which("prlimit") else []
        command += [sys.executable, "-c", _SEARCH, str(folder / "device_conn_cache.json"), OWN]
        done = subprocess.run(
            ["ip", "netns", "exec", self.near, *command],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            cwd=ROOT,
        )
        value = json.loads(done.stdout)
        return Searched(value["seconds"], dict(value["found"]))

    @contextmanager
    def nodes(self, count: int, latency_s: float) -> Iterator[tuple[SyntheticNode, ...]]:
        """Nodes at the addresses .100 and up."""
        made = [
            SyntheticNode(f"far{number}", f"micrfa{number:02x}OS", f"{SUBNET}.{100 + number}", 9008, latency_s)
            for number in range(count)
        ]
        with running(made, prefix=("ip", "netns", "exec", self.far)) as up:
            yield up


@contextmanager
def quiet_network(nodes: int = 0) -> Iterator[QuietNetwork]:
    """The addresses .2 to .254 swallow every packet, except .100 and up for `nodes`, which the far side has."""
    near, far = f"mnear{os.getpid()}", f"mfar{os.getpid()}"
    with ExitStack() as stack:
        for name in (near, far):
            _ip("netns", "add", name)
            stack.callback(_ip, "netns", "del", name)
        _ip("-n", near, "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", far)
        alive = {100 + number for number in range(nodes)}
        _batch(far, ["link set lo up", "link set v1 up", *(f"addr add {SUBNET}.{n}/24 dev v1" for n in sorted(alive))])
        # A permanent neighbour with a foreign hardware address: what is sent there, nobody takes.
        silent = (n for n in range(2, 255) if n not in alive)
        neighbours = [f"neigh add {SUBNET}.{n} lladdr 02:00:00:00:00:{n:02x} dev v0 nud permanent" for n in silent]
        _batch(near, ["link set lo up", "link set v0 up", f"addr add {OWN}/24 brd + dev v0", *neighbours])
        yield QuietNetwork(near, far)


@contextmanager
def filled_backlogs(count: int, port: int) -> Iterator[tuple[str, ...]]:
    """Loopback addresses that listen and accept nobody: their queue is full, so further packets are dropped."""
    with ExitStack() as stack:
        addresses = [f"127.231.{number // 250}.{number % 250 + 1}" for number in range(count)]
        for ip in addresses:
            door = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind((ip, port))
            door.listen(0)
            filler = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            filler.connect((ip, port))
        yield tuple(addresses)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _batch(namespace: str, lines: list[str]) -> None:
    subprocess.run(["ip", "-n", namespace, "-batch", "-"], input="\n".join(lines), text=True, check=True)
