"""Several nodes at once: a broken one is rolled back and named, a canary stops the rollout, a stop is resumed."""

import json
import os
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from update_nodes import LIMITS, OtaNode, changed_build, nodes, own_pid_name, source_build

from devtoolkit import paths
from devtoolkit.launcher import main
from devtoolkit.model.device import Device
from devtoolkit.pipelines.base import Cancel, Event, Listener
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.ota import jobs
from devtoolkit.services.ota.fleet import Rollout, update_fleet_async, waves
from devtoolkit.services.ota.request import NodeUpdate, UpdateRequest
from devtoolkit.tools import mpy_cross

pytestmark = pytest.mark.vm

BREAKS = b"import os\nif 'break.dat' in os.listdir():\n    raise ValueError('broken on purpose')\n"


@pytest.fixture(scope="module")
def boards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[OtaNode]]:
    """Three nodes; the last of them has what makes the new version fail."""
    root = tmp_path_factory.mktemp("boards")
    with nodes(root, 2, own_pid_name("fl")) as good:
        bad = OtaNode(root, own_pid_name("flbad"), files={"break.dat": b"x"})
        try:
            yield [*good, bad.wait()]
        finally:
            bad.close()


@pytest.fixture
def fleet(boards: list[OtaNode]) -> list[OtaNode]:
    return [node.wait() for node in boards]


def breaking(folder: Path, number: int) -> Path:
    """A version that fails where `break.dat` is, else works."""
    source = (paths.micros_source() / "core" / "Hooks.py").read_bytes()
    broken = mpy_cross.compile_source(source + BREAKS + b"NUMBER = %d\n" % number, "Hooks.py")
    return changed_build(folder, {"Hooks.mpy": broken}, f"2.2.{number}-0")


def options(source: Path) -> dict[str, object]:
    return {"source": source, "limits": LIMITS, "trial_s": 1, "interfaces": ("127.0.0.1",)}


def run(source: Path, selector: str = "all", **rollout: object) -> tuple[dict[str, str], jobs.UpdateReport]:
    report = jobs.run(
        selector,
        DeviceCache(paths.device_cache()),
        rollout=Rollout(**rollout),
        **options(source),
    )
    return {node.device.fuid: node.outcome for node in report.nodes}, report


def test_the_broken_one_is_rolled_back_and_named_and_the_others_are_updated(
    fleet: list[OtaNode], tmp_path: Path
) -> None:
    outcomes, report = run(breaking(tmp_path / "new", 1), parallel=3)
    assert outcomes == {fleet[0].name: "updated", fleet[1].name: "updated", fleet[2].name: "rolled_back"}
    assert report.error is not None
    assert report.error.exit_code != 0
    assert f"1 of 3 nodes were not updated: {fleet[2].name} (rolled back: ValueError: broken on purpose)" in str(
        report.error
    )
    again, _ = run(breaking(tmp_path / "again", 1), "outdated")
    assert again[fleet[2].name] == "rolled_back", "not tried twice"


def test_a_canary_that_fails_stops_the_rollout(fleet: list[OtaNode], tmp_path: Path) -> None:
    order = ",".join(node.name for node in reversed(fleet))
    outcomes, report = run(breaking(tmp_path / "new", 2), order, canary=True)
    assert list(outcomes.values()) == ["rolled_back", "not_started", "not_started"]
    assert "canary" in report.stopped
    assert "canary" in str(report.error)
    for node in fleet[:2]:
        assert json.loads(node.ask("ota state")[0])["staged"] == 0


def test_the_command_says_so_with_its_exit_code(
    fleet: list[OtaNode], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "precompiled", source_build)
    gone = Device("micrdeadbeef00OS", "gone", "127.99.99.99", 9008)
    DeviceCache(paths.device_cache()).put(gone)
    code = main(["-o", "--dev", f"gone,{fleet[0].name}", "--dry-run", "--json"])
    value = json.loads(capsys.readouterr().out)
    assert code == value["error"]["facts"].get("code", 21) == 21
    outcomes = {node["device"]["fuid"]: node["outcome"] for node in value["result"]["nodes"]}
    assert outcomes["gone"] == "failed"
    assert outcomes[fleet[0].name] in ("planned", "unchanged")


# --- the order of things, with work that is told what to give


def devices(count: int) -> list[UpdateRequest]:
    return [UpdateRequest(Device(f"micr{n:02x}OS", f"n{n}", f"127.0.9.{n}", 9008)) for n in range(1, count + 1)]


class Work:
    """Does the work of a node as `verdicts` say; remembers who was at work at the same time."""

    def __init__(self, bad: set[str]) -> None:
        self.bad = bad
        self.begun: list[str] = []
        self.now = 0
        self.most = 0

    async def __call__(self, request: UpdateRequest, _listener: Listener, _cancel: Cancel) -> NodeUpdate:
        import asyncio

        request = pickle.loads(pickle.dumps(request))
        self.begun.append(request.device.fuid)
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.001)
        self.now -= 1
        bad = request.device.fuid in self.bad
        result = NodeUpdate(request.device, "rolled_back" if bad else "updated", seconds={"plan": 0.1})
        loaded: NodeUpdate = pickle.loads(pickle.dumps(result))
        return loaded


def rolled(count: int, bad: set[str], rollout: Rollout) -> tuple[Work, jobs.UpdateReport]:
    import asyncio

    work = Work(bad)
    report = asyncio.run(update_fleet_async(devices(count), "2.0.1-0", rollout, execute=work))
    return work, report


def test_no_more_than_the_limit_work_at_the_same_time() -> None:
    work, report = rolled(30, set(), Rollout(parallel=4))
    assert (work.most, report.counted("updated"), report.error) == (4, 30, None)


def test_a_canary_goes_first_then_ten_percent_then_all() -> None:
    assert [len(wave) for wave in waves(devices(50), canary=True)] == [1, 5, 44]
    assert [len(wave) for wave in waves(devices(1), canary=True)] == [1]
    work, report = rolled(50, set(), Rollout(canary=True, parallel=50))
    assert report.counted("updated") == 50
    assert set(work.begun[1:6]) == {f"n{n}" for n in range(2, 7)}


def test_too_many_failures_stop_it_and_the_rest_is_resumed() -> None:
    bad = {f"n{n}" for n in range(1, 10)}
    work, report = rolled(40, bad, Rollout(parallel=5, abort_share=0.5))
    assert 5 <= len(work.begun) < 40
    assert "no further node was begun" in report.stopped
    assert report.counted("not_started") == 40 - len(work.begun)
    done = report.counted("updated")
    more, second = rolled(40, set(), Rollout(parallel=5, resume=True))
    assert len(more.begun) == 40 - done
    assert second.error is None
    fresh, _ = rolled(40, set(), Rollout(parallel=5))
    assert len(fresh.begun) == 40


def test_events_name_the_nodes_and_a_stop_by_the_user_begins_no_more() -> None:
    import asyncio

    cancel, events, work = Cancel(), list[Event](), Work(set())

    async def stop_at_third(request: UpdateRequest, listener: Listener, flag: Cancel) -> NodeUpdate:
        listener(Event("progress", "stage", "Send files", 10, 20))
        if request.device.fuid == "n3":
            flag.set()
            from devtoolkit.errors import CancelledByUser

            raise CancelledByUser("Stopped by the user.")
        return await work(request, listener, flag)

    report = asyncio.run(
        update_fleet_async(
            devices(9), "2.0.1-0", Rollout(parallel=1), listener=events.append, cancel=cancel, execute=stop_at_third
        )
    )
    assert [node.outcome for node in report.nodes] == ["updated"] * 2 + ["failed"] + ["not_started"] * 6
    assert report.stopped == "Stopped by the user."
    progress = [event for event in events if event.kind == "progress"]
    assert [(event.step, event.title, event.note) for event in progress[:1]] == [("micr01OS", "n1", "Send files")]
    assert os.environ["MICROS_USER_DATA"]
    assert replace(report, stopped="").error is not None
