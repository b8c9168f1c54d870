"""The update panel: whom, what, how; each node's outcome stays; a stopped rollout is gone on with."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from fake_services import AWAY, DOOR, LAMP, FakeServices
from window_driver import Driver, opened, until

from devtoolkit.errors import NodeUnreachableError
from devtoolkit.gui.device_model import NETWORK
from devtoolkit.gui.dialogs import AskDialog
from devtoolkit.gui.job import Handle, Job
from devtoolkit.gui.panels._ota_form import ALL, FILES, OUTDATED
from devtoolkit.gui.seam.updates import _Overall
from devtoolkit.pipelines.base import Cancel, Event, Progress, Runner
from devtoolkit.services.ota import fleet, records
from devtoolkit.services.ota.request import NodeUpdate, UpdateRequest


def asked(services: FakeServices) -> list[tuple[Any, ...]]:
    return [call[1:] for call in services.calls if call[0] == "ota"]


def several(driver: Driver) -> Any:
    """The panel, with all three nodes selected."""
    driver.window.devices.show_only(NETWORK)
    until(lambda: driver.window.devices.filter.rowCount() == 3, "the nodes")
    driver.window.devices.list.selectAll()
    return driver.panel("ota")


def chosen(box: Any, value: str) -> None:
    box.setCurrentIndex(box.findData(value))


def test_what_is_chosen_is_what_the_services_are_asked_for(driver: Driver, services: FakeServices) -> None:
    panel = several(driver)
    assert panel.form.fleet.isVisible()
    chosen(panel.mode, "modules")
    chosen(panel.form.confirm, "toolkit")
    panel.form.canary.setChecked(True)
    panel.form.parallel.setValue(3)
    panel.form.abort.setValue(50)
    panel.go.click()
    driver.yes()
    driver.ended("Update (OTA)")
    ((uids, options),) = asked(services)
    assert set(uids) == {LAMP.uid, DOOR.uid, AWAY.uid}
    assert options["rollout"] == {"parallel": 3, "canary": True, "abort_share": 0.5}
    assert (options["mode"], options["confirm"], options["force"]) == ("modules", "toolkit", False)


def test_the_loader_is_overwritten_only_after_a_warning_whose_answer_is_no_by_default(
    driver: Driver, services: FakeServices
) -> None:
    driver.select("Lamp")
    panel = driver.panel("ota")
    assert not panel.form.fleet.isVisible()
    panel.loader.setChecked(True)
    panel.go.click()
    dialog = driver.dialog(AskDialog)
    assert dialog.no.isDefault()
    assert any("loader is overwritten" in one.text() for one in dialog.findChildren(type(dialog.heading)))
    driver.yes()
    driver.ended("Update (OTA)")
    assert asked(services)[0][1]["force"] is True


@pytest.mark.parametrize("word", [OUTDATED, ALL])
def test_a_whole_fleet_needs_no_selection(driver: Driver, services: FakeServices, word: str) -> None:
    until(lambda: driver.hub.model.rowCount() == 4, "rows")
    panel = driver.panel("ota")
    assert not panel.go.isEnabled()
    chosen(panel.target, word)
    assert panel.go.isEnabled()
    panel.go.click()
    driver.yes()
    driver.ended("Update (OTA)")
    assert asked(services)[0][0] == (word,)
    assert panel.results.rowCount() == 3


def test_own_files_are_sent_only_when_some_are_chosen(driver: Driver, services: FakeServices, tmp_path: Path) -> None:
    driver.select("Lamp")
    panel = driver.panel("ota")
    chosen(panel.mode, FILES)
    assert panel.form.chosen_files.isVisible()
    assert not panel.go.isEnabled()
    panel.form.add([tmp_path / "page.html", tmp_path / "page.html"])
    assert panel.go.isEnabled()
    panel.go.click()
    driver.yes()
    driver.ended("Update (OTA)")
    assert asked(services)[0][1]["files"] == (tmp_path / "page.html",)


def test_a_dry_run_asks_nothing_and_tells_the_plan_of_each_node(driver: Driver, services: FakeServices) -> None:
    panel = several(driver)
    panel.plan.click()
    driver.ended("Dry run")
    assert asked(services)[0][1]["dry_run"] is True
    for row in range(3):
        told = panel.results.row_text(row)
        assert "would be updated" in told
        assert "2 files, 12 KiB" in told
        assert "core/Shell.mpy" in told
    assert not panel.resume.isVisible()


def test_each_nodes_outcome_and_reason_stay_also_when_the_job_fails(driver: Driver, services: FakeServices) -> None:
    services.outcomes = {"Lamp": "rolled_back", "Garden": "failed"}
    panel = several(driver)
    panel.go.click()
    driver.yes()
    assert driver.ended("Update (OTA)").state == "failed"
    driver.dialog().accept()
    rows = {panel.results.item(row, 0).text(): panel.results.row_text(row) for row in range(3)}
    assert "1.9.0-1 \u2192 2.0.0-0" in rows["FrontDoor"]
    assert "1 min 4 s" in rows["FrontDoor"]
    assert "it restarted three times" in rows["Lamp"]
    assert "does not answer" in rows["Garden"]
    assert "1 well, 2 not" in panel.outcomes.summary.text()
    driver.panel("log")
    driver.panel("ota")
    assert panel.outcomes.isVisible()


def test_a_node_that_nothing_was_said_about_is_not_left_waiting(driver: Driver, services: FakeServices) -> None:
    services.fails = NodeUnreachableError("Lamp does not answer at 10.0.0.2:9008.")
    driver.select("Lamp")
    panel = driver.panel("ota")
    panel.go.click()
    driver.yes()
    assert driver.ended("Update (OTA)").state == "failed"
    driver.dialog().accept()
    until(lambda: "not finished" in panel.outcomes.table.text(), "the row says so")
    assert "does not answer" in panel.outcomes.table.text()
    assert "0 well, 1 not" in panel.outcomes.summary.text()


def test_a_stopped_rollout_is_gone_on_with_also_by_the_next_window(qapp: object, services: FakeServices) -> None:
    services.outcomes = {"Garden": "failed"}
    with opened(services) as driver:
        panel = several(driver)
        assert not panel.resume.isVisible()
        panel.form.canary.setChecked(True)
        panel.go.click()
        driver.yes()
        driver.ended("Update (OTA)")
        driver.dialog().accept()
        assert panel.resume.isVisible()
        first = asked(services)[0]
    again = FakeServices()
    with opened(again) as driver:
        until(lambda: driver.hub.model.rowCount() == 4, "rows")
        panel = driver.panel("ota")
        assert panel.resume.isVisible()
        panel.resume.click()
        driver.ended("Update (OTA)")
        ((uids, options),) = asked(again)
        assert uids == first[0]
        assert options == {**first[1], "rollout": {**first[1]["rollout"], "resume": True}}
        assert not panel.resume.isVisible()


def test_the_last_change_at_one_node_is_taken_back(driver: Driver, services: FakeServices) -> None:
    driver.select("Lamp")
    panel = driver.panel("ota")
    panel.undo.click()
    driver.yes()
    driver.ended("Undo on Lamp")
    assert ("undo", LAMP.uid) in services.calls
    assert "LM_rgb.mpy deleted" in panel.note.text()
    several(driver)
    assert not panel.undo.isEnabled()


def test_the_job_of_a_rollout_counts_nodes_while_each_tells_its_own_steps() -> None:
    overall: list[tuple[int, int]] = []
    own: list[str] = []
    log: list[str] = []
    handle = Handle(lambda event: overall.append((event.done, event.total)), Cancel(), log.append, lambda _name: None)
    tell = _Overall(handle, 2, lambda event: own.append(event.step))
    tell(Event("start", "a", "A"))
    tell(Event("progress", "a", "A", 5, 10))
    tell(Event("done", "a", "A"))
    tell(Event("failed", "b", "B"))
    assert overall == [(0, 2), (0, 2), (1, 2), (2, 2)]
    assert own == ["a", "a", "a", "b"]


def test_a_dry_run_does_not_hide_a_rollout_that_can_be_resumed() -> None:
    records.remember_rollout("2.0.0", {LAMP.uid: "updated"})

    async def planned(request: UpdateRequest, _listener: object, _cancel: object) -> NodeUpdate:
        return NodeUpdate(request.device, "planned")

    def roll_out(*, dry_run: bool) -> None:
        requests = [UpdateRequest(DOOR, dry_run=dry_run)]
        asyncio.run(fleet.update_fleet_async(requests, "2.0.0", execute=planned))

    roll_out(dry_run=True)
    assert records.rollout() == ("2.0.0", {LAMP.uid: "updated"})
    roll_out(dry_run=False)
    assert records.rollout() == ("2.0.0", {DOOR.uid: "planned"})


def test_a_job_says_which_step_of_how_many_it_is_at(driver: Driver) -> None:
    class Copy:
        def __init__(self, name: str) -> None:
            self.name, self.title = name, f"Copy {name}"

        def run(self, _context: object) -> Any:
            yield Progress(1, 2)

    lines: list[str] = []

    def work(handle: Handle) -> None:
        Runner((Copy("one"), Copy("two"), Copy("three")), handle.listener).run(None)

    job = Job("three steps", work)
    job.event.connect(lambda _event: lines.append(job.line()))
    driver.hub.jobs.start(job)
    driver.ended("three steps")
    told = [line.split("  \u00b7  ")[0] for line in lines]
    assert list(dict.fromkeys(told)) == ["Step 1 of 3: Copy one", "Step 2 of 3: Copy two", "Step 3 of 3: Copy three"]
