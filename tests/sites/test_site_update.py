"""Virtual nodes behind two sites are updated as one fleet, also when a worker dies in the middle."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway_programs import needs, wait
from site_updates import SitedNodes, kill_while_applying, kill_while_sending, sited_nodes, update_all
from update_nodes import changed_build, own_pid_name

from devtoolkit.services.ota.fleet import Rollout
from devtoolkit.services.ota.request import UpdateReport
from devtoolkit.services.sites import broker
from devtoolkit.services.sites.operations import connect
from devtoolkit.tools import mpy_cross

pytestmark = [needs("redis-server", "redis-server"), pytest.mark.vm]
BREAKS = b"import os\nraise ValueError('broken on purpose')\n"


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SitedNodes]:
    folder = tmp_path_factory.mktemp("updates")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MICROS_USER_DATA", str(folder / "unused"))
        patch.setenv("MICROS_INTERFACES", "127.0.0.1")
        with sited_nodes(folder, ("east", "west"), 2, own_pid_name("su")) as made:
            yield made


def version(folder: Path, number: int) -> Path:
    module = mpy_cross.compile_source(b"def what():\n    return %d\n" % number, "LM_extra.py")
    return changed_build(folder, {"LM_extra.mpy": module}, f"2.4.{number}-0")


def check(there: SitedNodes, report: UpdateReport, before: list[int], number: int) -> None:
    """All nodes are reported as updated, have the new files, and were restarted as often as one update takes."""
    told = [(node.device.label, node.outcome, node.failure) for node in report.nodes]
    assert [node.outcome for node in report.nodes] == ["updated"] * 4, told
    assert all(node.confirmed and node.device.site for node in report.nodes)
    assert {(state["to"], state["state"]) for state in there.states()} == {(f"2.4.{number}-0", "confirmed")}
    assert {answer.strip() for answer in there.ask("extra what")} == {str(number)}
    assert [now - then for now, then in zip(there.restarts(), before, strict=True)] == [2, 2, 2, 2]


def test_a_worker_that_is_killed_while_it_sends_is_followed_by_one_that_goes_on(
    there: SitedNodes, tmp_path: Path
) -> None:
    before = there.restarts()
    report = update_all(
        there, tmp_path, version(tmp_path / "new", 1), lambda: kill_while_sending(there, there.sites[0]), mode="full"
    )
    check(there, report, before, 1)


def test_nothing_is_installed_twice_when_the_worker_dies_after_the_commit(there: SitedNodes, tmp_path: Path) -> None:
    before = there.restarts()
    report = update_all(
        there, tmp_path, version(tmp_path / "new", 2), lambda: kill_while_applying(there, there.sites[1])
    )
    check(there, report, before, 2)


def test_an_update_outlives_a_broker_that_is_killed_and_started_again(there: SitedNodes, tmp_path: Path) -> None:
    before = there.restarts()

    def restart() -> None:
        wait(lambda: there.installing(there.sites[0]), "files are sent")
        there.redis.kill()
        wait(lambda: not there.installing(there.sites[0]), "the site ends its updates without a broker")
        there.redis.start()

    check(there, update_all(there, tmp_path, version(tmp_path / "new", 3), restart), before, 3)


def test_a_canary_that_fails_stops_the_fleet_at_all_sites(there: SitedNodes, tmp_path: Path) -> None:
    broken = mpy_cross.compile_source(BREAKS, "Hooks.py")
    source = changed_build(tmp_path / "bad", {"Hooks.mpy": broken}, "2.4.4-0")
    before = there.restarts()
    with connect(broker.load(there.redis.url), deadline_s=120) as fleet:
        report = fleet.update("all", rollout=Rollout(canary=True), source=source, trial_s=1)
    assert [node.outcome for node in report.nodes] == ["rolled_back", *["not_started"] * 3]
    assert "canary" in report.stopped
    assert [now - then for now, then in zip(there.restarts(), before, strict=True)][1:] == [0, 0, 0]
