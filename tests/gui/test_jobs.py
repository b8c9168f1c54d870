"""Jobs: real progress, stop, results that stay, failures in plain words, nothing secret in what is told."""

import pytest
from fake_services import FLASH, PARTS, SECRET, FakeServices, device
from window_driver import Driver, until

from devtoolkit.errors import NodeUnreachableError, PortMissingError
from devtoolkit.gui.dialogs import AskDialog, ErrorDialog, PasswordDialog
from devtoolkit.gui.job import Handle, Job
from devtoolkit.pipelines.base import Event


def bar_steps(driver: Driver, job: Job) -> list[int]:
    """What the bar of this job shows, each time something is told."""
    seen: list[int] = []
    row = next(row for row in driver.window.jobs_bar.rows if row.job is job)
    job.event.connect(lambda _event: (row.refresh(), seen.append(row.bar.value())))
    return seen


def deploy(driver: Driver) -> None:
    panel = driver.panel("deploy")
    until(lambda: panel.go.isEnabled() and panel.port.currentData() == "/dev/ttyUSB0", "boards and ports are there")
    panel.go.click()
    driver.yes()


def test_the_bar_follows_the_bytes(driver: Driver, services: FakeServices) -> None:
    services.gate.clear()
    deploy(driver)
    job = driver.job("Deploy")
    seen = bar_steps(driver, job)
    services.gate.set()
    driver.ended("Deploy")
    expected = [1000 * (FLASH * part // PARTS) // FLASH for part in range(PARTS + 1)]
    moving = [value for value in seen if value]
    assert [value for value in expected if value] == list(dict.fromkeys(moving))
    assert job.line().startswith("Done in")
    assert any("Write the flash" in line for line in job.log)


def test_an_answer_of_no_starts_nothing(driver: Driver, services: FakeServices) -> None:
    panel = driver.panel("deploy")
    until(lambda: panel.go.isEnabled(), "the boards are loaded")
    panel.go.click()
    dialog = driver.dialog(AskDialog)
    assert dialog.no.isDefault()  # Enter does not erase a board
    dialog.no.click()
    assert not services.calls
    assert not driver.window.jobs_bar.rows


def test_a_stopped_job_looks_different_and_shows_no_error(driver: Driver, services: FakeServices) -> None:
    services.gate.clear()
    deploy(driver)
    row = driver.window.jobs_bar.rows[0]
    row.stop.click()
    assert row.job.stopping
    assert not row.stop.isEnabled()
    services.gate.set()
    assert driver.ended("Deploy").state == "cancelled"
    assert row.bar.property("state") == "cancelled"
    assert not driver.errors()
    row.close_.click()
    assert not driver.window.jobs_bar.rows


def test_the_same_board_is_not_worked_on_twice(driver: Driver, services: FakeServices) -> None:
    services.gate.clear()
    deploy(driver)
    assert driver.job("Deploy").key == "port:/dev/ttyUSB0"
    assert driver.hub.run("again", lambda _handle: None, key="port:/dev/ttyUSB0") is None
    assert "already works on this" in driver.dialog(ErrorDialog).heading.text()
    services.gate.set()
    driver.ended("Deploy")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PortMissingError("There is no port /dev/ttyUSB0 any more.", hint="Plug it in again."), "no port"),
        (NodeUnreachableError("Lamp does not answer.", hint="Is it on?"), "does not answer"),
        (ZeroDivisionError("division by zero"), "nobody foresaw"),
    ],
)
def test_a_failure_is_one_dialog_in_plain_words_and_a_job_with_its_log(
    driver: Driver, services: FakeServices, error: Exception, words: str
) -> None:
    services.fails = error
    deploy(driver)
    job = driver.ended("Deploy")
    dialog = driver.dialog(ErrorDialog)
    assert job.state == "failed"
    assert words in dialog.heading.text()
    assert "Traceback" not in dialog.heading.text()
    assert not dialog.details.isVisible()
    dialog.fold.click()
    assert dialog.details.isVisible()
    assert words in dialog.details.toPlainText()
    dialog.close()
    deploy(driver)  # the window lives
    assert driver.ended("Deploy").state == "done"
    driver.panel("log")
    assert words in driver.window.panels["log"].box.toPlainText()


def test_several_failures_open_one_dialog(driver: Driver) -> None:
    def work(handle: Handle) -> None:
        raise NodeUnreachableError("Gone.", hint="Look.")

    for number in range(4):
        driver.hub.run(f"job {number}", work)
    until(lambda: not driver.hub.jobs.running, "all have failed")
    assert len(driver.errors()) == 1
    assert [row.job.state for row in driver.window.jobs_bar.rows] == ["failed"] * 4


def test_secrets_of_a_job_are_masked_in_its_log_and_report(driver: Driver) -> None:
    def work(handle: Handle) -> None:
        handle.say(f"joining with {SECRET}")
        handle.listener(Event("start", "join", "Join"))
        handle.listener(Event("failed", "join", "Join", note=f"refused {SECRET}"))
        raise NodeUnreachableError(f"no network takes {SECRET}", hint="")

    job = driver.hub.run("join", work, failed=lambda _error: None, secrets=(SECRET,))
    assert job is not None
    driver.ended("join")
    assert SECRET not in "".join(job.log)
    assert SECRET not in job.report()
    assert "refused" in job.report()


def test_a_job_that_needs_a_password_asks_with_dots_and_goes_on(driver: Driver) -> None:
    job = driver.hub.run("locked", lambda handle: handle.ask("FrontDoor"))
    assert job is not None
    dialog = driver.dialog(PasswordDialog)
    assert "FrontDoor" in dialog.heading.text()
    dialog.field.setText(SECRET)
    assert SECRET not in dialog.field.displayText()
    dialog.accept()
    assert driver.ended("locked").result == SECRET


def test_stopping_a_job_that_waits_for_a_password_ends_it(driver: Driver) -> None:
    driver.hub.run("locked", lambda handle: handle.ask("FrontDoor"))
    driver.dialog(PasswordDialog)
    driver.window.jobs_bar.rows[0].stop.click()
    assert driver.ended("locked").result is None


def test_a_node_that_vanishes_is_away_at_once_and_its_panel_stays(driver: Driver, services: FakeServices) -> None:
    driver.select("Lamp")
    driver.panel("shell")
    services.appear(device("Lamp", 1, status="OFFLINE"))
    until(lambda: "Away" in driver.window.subject_line.text(), "the header says so")
    assert driver.window.current == "shell"
    assert driver.hub.selection[0].name == "Lamp"
