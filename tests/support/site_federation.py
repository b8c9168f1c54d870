"""Two sites and their centre as env/docker sets them up, on loopback: gateways, worker metrics, three Prometheuses."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from gateway_programs import DOCKER, LOOPBACK, ROOT, Prometheus, free_port, gateway, prometheus

from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.sites.worker_metrics import WorkerMetrics, serve
from devtoolkit.simulator.synthetic_process import numbered
from devtoolkit.simulator.synthetic_process import running as synthetic

MAKE_PLACE = ROOT / "env" / "sites" / "make_place.sh"
USER, PASSWORD = "gateway", "a-secret-of-the-tests"
NODES = {"north": 4, "south": 2}
SUBNETS = {"north": "127.61", "south": "127.62"}
AWAY = "east"


@dataclass(frozen=True)
class Site:
    """One site's processes: addresses of its gateway and Prometheus, and the numbers of its worker."""

    name: str
    gateway: str
    prometheus: Prometheus
    worker: WorkerMetrics
    worker_url: str


@dataclass(frozen=True)
class Federation:
    """Everything that runs."""

    centre: Prometheus
    sites: dict[str, Site]
    keys: Path


def make_places(folder: Path, *places: tuple[str, ...]) -> Path:
    """The shipped script makes what each place needs: its name and its hosts. The first one is the centre."""
    for place in places:
        command = ["/bin/sh", str(MAKE_PLACE), str(folder), *place]
        environment = {**os.environ, "KEY_BITS": "2048"}  # made faster
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return folder


def redis_of_the_centre(folder: Path, place: Path, port: int) -> list[str]:
    """The shipped files for the centre's Redis, with the places of this run; the command that starts it."""
    changes = {
        "redis.conf": {"6379": f"{port}\nbind {LOOPBACK}", "dir /data": f"dir {folder}", "/run/secrets": str(place)},
        "start.sh": {"/tmp/redis.conf": f"{folder}/made", "/etc/micros": str(folder), "/run/secrets": str(place)},
        "health.sh": {"6379": str(port), "/run/secrets": str(place)},
    }
    for name, places in changes.items():
        placed(DOCKER / "centre" / "redis" / name, folder / name, places)
    return ["/bin/sh", str(folder / "start.sh")]


def broker_file(place: Path, host: str, port: int) -> Path:
    """The broker file of a place, for a broker on another port of this machine."""
    return placed(place / "broker.toml", place / "moved.toml", {f"{host}:6379": f"localhost:{port}"})


def placed(source: Path, target: Path, changes: dict[str, str]) -> Path:
    """A shipped file with the places of this run; each of them must stand in it."""
    text = source.read_text()
    for old, new in changes.items():
        assert old in text, (source, old)
        text = text.replace(old, new)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    return target


@contextlib.contextmanager
def site(folder: Path, keys: Path, name: str, *, called: str = "") -> Iterator[Site]:
    """A site whose gateway knows synthetic nodes; the north's also one that is gone. `called`: what it says it is."""
    folder.mkdir()
    shipped, secret = DOCKER / "site" / "prometheus", folder / "gateway_password"
    secret.write_text(PASSWORD)
    worker = WorkerMetrics(name, lambda: 2)
    with contextlib.ExitStack() as stack:
        wanted = numbered(NODES[name] - (name == "north"), subnet=SUBNETS[name])
        for number, node in enumerate(wanted):
            node.name, node.uid = f"{name}-{number}", f"micr{name}{number:07x}OS"
        nodes = stack.enter_context(synthetic(wanted))
        devices = [Device(one.uid, one.name, one.ip, one.port) for one in nodes]
        gone = [Device("micr00000000eeeeOS", "north-gone", LOOPBACK, 9)] if name == "north" else []
        DeviceCache(folder / "device_conn_cache.json").put(*devices, *gone)
        url = stack.enter_context(
            gateway(folder, "--no-watch", "--site-name", called or name, API_AUTH=f"{USER}:{PASSWORD}")
        )
        worker_url, stop = serve(worker, 0)
        stack.callback(stop)
        web = placed(shipped / "web.yml", folder / "web.yml", {"/run/secrets": f"{keys}/{name}"})
        places = {
            "127.0.0.1:5005": url.removeprefix("http://"),
            "127.0.0.1:5006": worker_url.split("/")[2],
            "/run/secrets/gateway_password": str(secret),
            "60s": "1s",
            "15s": "1s",
        }
        config = placed(shipped / "prometheus.yml", folder / "prometheus.yml", places)
        server = stack.enter_context(prometheus(folder, config, f"--web.config.file={web}"))
        yield Site(name, url, server, worker, worker_url)


@contextlib.contextmanager
def centre(folder: Path, keys: Path, ports: dict[str, int]) -> Iterator[Prometheus]:
    """The centre's Prometheus, with a file for each site."""
    shipped = DOCKER / "centre" / "prometheus"
    places = {"/run/secrets": f"{keys}/centre", "60s": "1s", "15s": "1s"}
    config = placed(shipped / "prometheus.yml", folder / "prometheus.yml", places)
    placed(shipped / "rules" / "sites.yml", folder / "rules" / "sites.yml", {})
    guide = (shipped / "sites" / "README.md").read_text().split("```yaml\n")[1].split("```")[0]
    (folder / "sites").mkdir()
    for name, port in ports.items():
        text = guide.replace("north.example:9090", f"localhost:{port}").replace("site: north", f"site: {name}")
        (folder / "sites" / f"{name}.yml").write_text(text)
    with prometheus(folder, config) as server:
        yield server


@contextlib.contextmanager
def federation(folder: Path) -> Iterator[Federation]:
    """North and south, which calls itself otherwise, are there; a third site is away."""
    keys = make_places(folder / "keys", ("centre", LOOPBACK), ("north", LOOPBACK), ("south",))
    with contextlib.ExitStack() as stack:
        with ThreadPoolExecutor() as pool:  # both begin at the same time
            wanted = (site(folder / "north", keys, "north"), site(folder / "south", keys, "south", called="pretender"))
            found = {one.name: one for one in pool.map(stack.enter_context, wanted)}
        ports = {name: one.prometheus.port for name, one in found.items()} | {AWAY: free_port()}
        server = stack.enter_context(centre(folder / "centre", keys, ports))
        yield Federation(server, found, keys)
