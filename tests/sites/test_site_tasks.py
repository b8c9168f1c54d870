"""A site's task: what is tried once more and when, and what is answered when it cannot be done."""

import time
from pathlib import Path
from typing import Any

import pytest
from synthetic_sites import devices_of

from devtoolkit.errors import NodeLockedError, NodeUnreachableError, ToolkitError, UpdateError
from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.ota.request import NodeUpdate
from devtoolkit.services.sites import perform, tasks
from devtoolkit.services.sites.broker import load
from devtoolkit.services.sites.celery_app import TASKS, make
from devtoolkit.services.sites.jobs import Outcome
from devtoolkit.services.sites.journal import Journal
from devtoolkit.services.sites.tasks import RETRIES, Again, SiteTasks
from devtoolkit.simulator.synthetic import SyntheticNode

JOB = {"uid": "micr1OS", "set": "0" * 64}


@pytest.fixture
def site(tmp_path: Path) -> SiteTasks:
    return SiteTasks("north", DeviceCache(tmp_path / "device_conn_cache.json"), Journal(tmp_path / "journal"))


def order(kind: str = "update", job: dict[str, Any] = JOB, **changes: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return ({"id": "7", "site": "north", "kind": kind, "expires": time.time() + 60, "job": job, **changes},), {}


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    async def perform_(*_: object) -> None:
        raise error

    monkeypatch.setattr(tasks, "perform", perform_)


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (NodeUnreachableError("away"), True),
        (UpdateError("busy", code="busy"), True),
        (NodeLockedError("locked"), False),
        (UpdateError("does not fit"), False),
    ],
)
def test_an_update_is_tried_again_only_when_the_node_decided_nothing(
    site: SiteTasks, monkeypatch: pytest.MonkeyPatch, error: ToolkitError, again: bool
) -> None:
    failing(monkeypatch, error)
    done = site.run("update", "7", order(), retries=0)
    assert isinstance(done, Again) == again
    last = site.run("update", "7", order(), retries=RETRIES)
    assert isinstance(last, Outcome)
    assert last.failure is not None
    assert (last.failure.type, last.failure.message) == (error.type, error.message)


def test_nothing_else_is_tried_again(site: SiteTasks, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, NodeUnreachableError("away"))
    assert isinstance(site.run("status", "7", order("status", {"uids": ["a"]}), retries=0), Outcome)


def test_the_pause_before_the_next_try_doubles(site: SiteTasks, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, NodeUnreachableError("away"))
    pauses: list[float] = []

    class Once(Exception):
        pass

    class Task:
        def __init__(self, retries: int) -> None:
            self.request = type("Request", (), {"id": "7", "retries": retries})

        def retry(self, *, countdown: float) -> Once:
            pauses.append(countdown)
            return Once()

    for retries in range(RETRIES):
        with pytest.raises(Once):
            site._body("update")(Task(retries), *order()[0])
    assert pauses == [2.0, 4.0, 8.0]


def test_a_fault_of_the_toolkit_is_an_answer_and_stands_in_the_log(
    site: SiteTasks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failing(monkeypatch, ZeroDivisionError("oops"))
    done = site.run("update", "7", order(), retries=0)
    assert "internal error at the site: ZeroDivisionError" in done.failure.message
    assert "Traceback" in caplog.text


def test_a_job_that_was_called_off_is_not_begun(site: SiteTasks) -> None:
    site.called_off = lambda number: number == "7"
    assert site.run("update", "7", order(), retries=0).failure.type == "SiteAwayError"


def test_a_worker_knows_its_own_tasks_and_not_even_celerys(site: SiteTasks) -> None:
    app = make(load("redis://127.0.0.1/0"), "north")
    site.add_to(app)
    assert set(app.tasks) == set(TASKS.values())
    assert app.conf.accept_content == app.conf.result_accept_content == ["json"]
    assert app.conf.worker_enable_remote_control is False


def test_a_job_cannot_send_a_site_to_a_node_it_does_not_know(site: SiteTasks) -> None:
    site.cache.put(*devices_of([SyntheticNode("known", "micr9OS", ip="127.0.0.1", port=1)]))
    done = site.run("command", "7", order("command", {"uids": ["micr8OS"], "commands": ["version"]}), retries=0)
    assert [answer.failure.type for answer in done.answers] == ["NodeUnknownError"]


def test_an_update_that_a_killed_worker_had_done_is_reported_as_it_was(
    site: SiteTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = Device("micr1OS", "lamp", "127.0.0.1", 1)
    site.cache.put(device)
    calls: list[object] = []

    async def update(request: Any, *, listener: Any, **_: Any) -> NodeUpdate:
        calls.append(request)
        return NodeUpdate(device, "updated", True, version="2.0.1-0")

    monkeypatch.setattr(perform, "update_node_async", update)
    monkeypatch.setattr(perform.filesets, "folder_of", lambda _digest: None)
    first = site.run("update", "7", order(), retries=0)
    second = site.run("update", "7", order(), retries=0)
    assert len(calls) == 1
    assert first == second
