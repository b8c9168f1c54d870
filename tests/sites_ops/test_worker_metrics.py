"""The numbers of a real site worker, and what it refuses, as Prometheus reads them."""

import json
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from gateway_programs import LOOPBACK, free_port, get, needs, wait
from site_federation import make_places
from site_processes import Redis, SiteProcess, sites
from synthetic_fleet import node

from devtoolkit.cli._app import main
from devtoolkit.errors import UsageError
from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.sites import broker, celery_app, operations, worker_metrics
from devtoolkit.services.sites.worker_metrics import WorkerMetrics, read, serve
from devtoolkit.simulator.synthetic_process import running as synthetic

real = [needs("redis-server", "redis-server"), needs("openssl", "openssl")]


@dataclass(frozen=True)
class Worker:
    """A worker that signs, its numbers, and the broker file of the centre."""

    url: str
    centre: Path
    places: Path
    redis: Redis
    process: SiteProcess

    def value(self, name: str, **labels: str) -> float:
        """A sample now; -1 when it is not there."""
        return value(get(self.url), name, **labels)


def value(text: str, name: str, **labels: str) -> float:
    for line in text.splitlines():
        match = re.fullmatch(r"(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)", line)
        if match and match["name"] == name and all(f'{k}="{v}"' in (match["labels"] or "") for k, v in labels.items()):
            return float(match["value"])
    return -1


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    folder, port = tmp_path_factory.mktemp("worker"), free_port()
    places = make_places(folder / "places", ("centre", LOOPBACK), ("north",), ("stranger",))
    (places / "centre" / "stranger.pem").unlink()
    here, gone = node(1), Device("micr00000000eeeeOS", "gone", LOOPBACK, 9)
    with Redis(folder / "redis") as redis, synthetic([here]) as started:
        for name in ("centre", "north", "stranger"):
            file = places / name / "broker.toml"
            lines = [line for line in file.read_text().splitlines() if not line.startswith(("broker", "tls"))]
            file.write_text("\n".join([f'broker = "{redis.url}"', *lines]) + "\n")
        process = SiteProcess(
            "north", folder / "north", str(places / "north" / "broker.toml"), ("--metrics", str(port))
        )
        process.knows([gone, *(Device(one.uid, one.name, one.ip, one.port) for one in started)])
        with sites(process):
            yield Worker(f"http://{LOOPBACK}:{port}/metrics", places / "centre" / "broker.toml", places, redis, process)


def fleet_status(worker: Worker, folder: Path) -> dict[str, str]:
    with operations.connect(broker.load(str(worker.centre)), cache=DeviceCache(folder / "cache.json")) as fleet:
        return {one.fuid: one.status for one in fleet.status("all")}


@pytest.mark.usefixtures("worker")
class TestRealWorker:
    pytestmark = real

    def test_jobs_and_their_nodes_are_counted_under_the_sites_name(self, worker: Worker, tmp_path: Path) -> None:
        before = worker.value("micros_site_tasks_total", operation="status", outcome="done")
        assert before >= 0, "a series is there before its first event"
        assert fleet_status(worker, tmp_path) == {"s1": "ONLINE", "gone": "OFFLINE"}
        labels = {"site": "north", "operation": "status"}
        wait(lambda: worker.value("micros_site_tasks_total", **labels, outcome="done") == before + 1, "the job")
        assert worker.value("micros_site_nodes_total", **labels, outcome="done") >= 1
        assert worker.value("micros_site_nodes_total", **labels, outcome="failed") >= 1
        assert worker.value("micros_site_task_duration_seconds_count", **labels) >= 1
        assert worker.value("micros_site_broker_up", site="north") == 1
        assert worker.value("micros_site_tasks_running", site="north") == 0
        assert worker.value("micros_site_queue_length", site="north") == 0

    @pytest.mark.parametrize(
        ("key", "task", "arguments", "operation"),
        [
            ("", "micros.status", [{}], "status"),
            ("stranger", "micros.status", [{}], "status"),
            ("centre", "os.system", ["id"], "unknown"),
            ("centre", "micros.update", [{"uid": "../etc"}], "update"),
        ],
        ids=["unsigned", "signed by a stranger", "unknown name", "bad arguments"],
    )
    def test_a_forged_message_is_counted_as_refused(
        self, worker: Worker, key: str, task: str, arguments: list[Any], operation: str
    ) -> None:
        def refused() -> float:
            return worker.value("micros_site_tasks_total", site="north", operation=operation, outcome="refused")

        before = refused()
        file = str(worker.places / key / "broker.toml") if key else worker.redis.url
        app = celery_app.make(broker.load(file))
        try:
            number = uuid.uuid4().hex
            app.send_task(task, args=arguments, task_id=number, queue=celery_app.queue_of("north"))
        finally:
            app.close()
        wait(lambda: refused() == before + 1, f"it is refused: {worker.process.log}")


def test_a_broker_that_is_away_is_told_and_its_queue_has_no_length() -> None:
    metrics = WorkerMetrics("north", lambda: None)
    url, stop = serve(metrics, 0)
    try:
        text = get(url)
    finally:
        stop()
    assert value(text, "micros_site_broker_up", site="north") == 0
    assert "micros_site_queue_length{" not in text


def test_a_job_in_hand_is_counted_as_running_and_its_time_is_taken() -> None:
    metrics = WorkerMetrics("north", lambda: 7)
    metrics.began("1")
    assert metrics.state() == ("north", 1, 7)
    began = time.monotonic()
    metrics.ended("1", "micros.update", "done", 1)
    assert metrics.state() == ("north", 0, 7)
    total = metrics.registry.get_sample_value(
        "micros_site_task_duration_seconds_sum", {"site": "north", "operation": "update"}
    )
    assert total is not None
    assert 0 < total < time.monotonic() - began + 60


def test_names_of_strangers_cannot_fill_the_table() -> None:
    metrics = WorkerMetrics("north", lambda: 0)
    for number in range(50):
        metrics.refused(f"micros.name{number}")
    labels = {"site": "north", "operation": "unknown", "outcome": "refused"}
    assert metrics.registry.get_sample_value("micros_site_tasks_total", labels) == 50


ORDER = [{"job": {"uids": ["a", "b"]}}]


@pytest.mark.parametrize(
    ("state", "result", "arguments", "expected"),
    [
        ("SUCCESS", {"answers": [{"status": "ONLINE"}, {"status": "OFFLINE"}], "failure": None}, ORDER, ("done", 1, 1)),
        ("SUCCESS", {"answers": [{"outcome": "rolled_back"}], "failure": None}, ORDER, ("done", 0, 1)),
        ("SUCCESS", {"answers": [{"failure": {"type": "NodeError"}}, {}], "failure": None}, ORDER, ("done", 1, 1)),
        ("SUCCESS", {"answers": [], "failure": {"type": "UpdateError"}}, [{"job": {"uid": "a"}}], ("failed", 0, 1)),
        ("SUCCESS", {"answers": [], "failure": {"type": "SiteAwayError"}}, ORDER, ("failed", 0, 2)),
        ("SUCCESS", {"answers": [], "failure": {"type": "RefusedJob"}}, ["junk"], ("refused", 0, 0)),
        ("RETRY", None, ORDER, ("retried", 0, 0)),
        ("FAILURE", None, ORDER, ("failed", 0, 0)),
    ],
)
def test_a_result_says_how_many_nodes_did_it(
    state: str, result: object, arguments: object, expected: tuple[str, int, int]
) -> None:
    assert read(state, result, arguments) == expected


def test_a_taken_port_and_a_wrong_one_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    import socket

    with socket.create_server((LOOPBACK, 0)) as door, pytest.raises(UsageError, match="cannot be listened on"):
        serve(WorkerMetrics("north", lambda: 0), door.getsockname()[1])
    assert main(["--site", "north", "--broker", "redis://127.0.0.1:9/0", "--metrics", "any", "--json"]) == 2
    assert "TCP port" in json.loads(capsys.readouterr().out)["error"]["message"]
    assert worker_metrics.OUTCOMES[0] == "done"
