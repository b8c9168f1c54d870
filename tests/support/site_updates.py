"""Virtual nodes behind several sites, and an update of all of them during which a worker is killed."""

import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway_programs import wait
from site_processes import Redis, SiteProcess, sites
from update_nodes import PASSWORD, OtaNode, nodes

from devtoolkit.services import secrets, shell
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.ota.fleet import Rollout
from devtoolkit.services.ota.request import UpdateReport
from devtoolkit.services.sites import broker
from devtoolkit.services.sites.operations import connect

_LIMIT_S = 400.0


@dataclass
class SitedNodes:
    """A broker, sites, and for each site its virtual nodes; the centre knows none of them by itself."""

    redis: Redis
    sites: tuple[SiteProcess, ...]
    nodes: dict[str, list[OtaNode]]

    def all(self) -> list[OtaNode]:
        return [node for theirs in self.nodes.values() for node in theirs]

    def states(self) -> list[dict[str, object]]:
        """What each node says of its last update."""
        return [json.loads(text) for text in self.ask("ota state")]

    def ask(self, command: str) -> list[str]:
        """Every node's answer, asked by its address, past all sites."""
        cache = DeviceCache(self.redis.folder / "device_conn_cache.json")
        found = (
            shell.run([command], f"{node.device.ip}:{node.device.port}", cache, password=PASSWORD)
            for node in self.all()
        )
        return ["\n".join(lines) for result in found for _, lines in result.replies]

    def restarts(self) -> list[int]:
        return [node.board.console.count("rst:0x") for node in self.all()]

    def installing(self, site: SiteProcess) -> int:
        """How many updates this site has begun to install and not ended."""
        last = [file.read_text().splitlines() for file in (site.user_data / "sites" / "journal").glob("*.jsonl")]
        return sum(bool(lines) and '"installing"' in lines[-1] for lines in last)


@contextlib.contextmanager
def sited_nodes(folder: Path, names: tuple[str, ...], each: int, prefix: str) -> Iterator[SitedNodes]:
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(Redis(folder / "redis"))
        boards = stack.enter_context(nodes(folder / "boards", each * len(names), prefix))
        processes, by_site = [], {}
        for index, name in enumerate(names):
            theirs = boards[index * each : (index + 1) * each]
            site = SiteProcess(name, folder / name, redis.url).knows([node.device for node in theirs])
            with _user_data(site.user_data):
                for node in theirs:
                    secrets.remember(node.device.uid, PASSWORD)
            processes.append(site)
            by_site[name] = theirs
        yield SitedNodes(redis, stack.enter_context(sites(*processes)), by_site)


def update_all(
    there: SitedNodes, centre: Path, source: Path, meanwhile: Callable[[], object], **options: object
) -> UpdateReport:
    """The fleet's update; `meanwhile` runs beside it, in a thread whose error is raised here."""
    problems: list[BaseException] = []

    def beside() -> None:
        try:
            meanwhile()
        except BaseException as error:
            problems.append(error)

    thread = threading.Thread(target=beside)
    thread.start()
    cache = DeviceCache(centre / "device_conn_cache.json")
    with connect(broker.load(there.redis.url), cache=cache, deadline_s=_LIMIT_S) as fleet:
        report = fleet.update("all", rollout=Rollout(abort_share=1.0), source=source, trial_s=1, **options)
    thread.join(_LIMIT_S)
    if problems:
        raise problems[0]
    return report


def kill_while_sending(there: SitedNodes, site: SiteProcess) -> None:
    """The worker dies as its nodes are sent files, and is started again."""
    wait(lambda: there.installing(site), f"{site.name} sends files", _LIMIT_S)
    site.kill()
    site.start()


def kill_while_applying(there: SitedNodes, site: SiteProcess) -> None:
    """The worker dies when a node of its has restarted a second time: into update mode, then with the new files."""
    boards = [node.board for node in there.nodes[site.name]]
    before = [board.console.count("rst:0x") for board in boards]

    def applied() -> bool:
        return any(board.console.count("rst:0x") >= old + 2 for board, old in zip(boards, before, strict=True))

    wait(applied, f"a node of {site.name} has the new files", _LIMIT_S)
    site.kill()
    site.start()


@contextlib.contextmanager
def _user_data(folder: Path) -> Iterator[None]:
    before = os.environ.get("MICROS_USER_DATA")
    os.environ["MICROS_USER_DATA"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["MICROS_USER_DATA"]
        else:
            os.environ["MICROS_USER_DATA"] = before
