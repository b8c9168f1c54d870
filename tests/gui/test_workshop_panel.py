"""Workshop: many boards with a name each, one row of progress per board, the failed ones again, labels at the end."""

from pathlib import Path
from typing import Any

import pytest
from fake_services import USB, FakeServices
from window_driver import Driver, until

from devtoolkit.gui.qt import QDesktopServices, QLabel
from devtoolkit.services.port_list import PortEntry

PORTS = tuple(f"/dev/ttyUSB{number}" for number in range(3))


@pytest.fixture
def services() -> FakeServices:
    """Three boards on a hub."""
    return FakeServices((), tuple(PortEntry(port, USB.description, USB.usb_id, boards=USB.boards) for port in PORTS))


def asked(services: FakeServices, word: str) -> list[tuple[Any, ...]]:
    return [call[1:] for call in services.calls if call[0] == word]


def ready(driver: Driver, boards: int = 3) -> Any:
    panel = driver.panel("workshop")
    until(lambda: len(panel.table.rows) == boards and panel.board.count() > 0, "the boards")
    return panel


def names(panel: Any) -> list[str]:
    return [row.name.text() for row in panel.table.rows.values()]


def test_plugged_boards_are_ticked_and_numbered_and_a_typed_name_stays(driver: Driver) -> None:
    panel = ready(driver)
    assert names(panel) == ["node01", "node02", "node03"]
    panel.base.setText("lamp")
    panel.base.textEdited.emit("lamp")
    first, second, third = panel.table.rows.values()
    second.name.setText("teacher")
    second.name.setModified(True)
    first.check.setChecked(False)
    assert second.name.text() == "teacher"
    assert third.name.text() == "lamp-01"
    assert panel.go.text() == "Deploy to 2 boards"
    third.check.setChecked(False)
    second.check.setChecked(False)
    assert not panel.go.isEnabled()


def test_names_of_a_class_list_are_given_and_those_left_over_are_named(
    driver: Driver, services: FakeServices, tmp_path: Path
) -> None:
    panel = ready(driver)
    file = tmp_path / "class.csv"
    file.write_text("name\nAda L.\nAlan T.\nGrace H.\nKatherine J.\n", encoding="utf-8")
    panel.use_list(file)
    until(lambda: names(panel) == ["ada-l", "alan-t", "grace-h"], "the names")
    assert "Katherine J." in panel.note.text()
    panel.go.click()
    driver.yes()
    driver.ended("Workshop")
    ((_template, seats, _earlier),) = asked(services, "workshop")
    assert [seat.title for seat in seats] == ["Ada L.", "Alan T.", "Grace H."]


def test_a_class_list_that_is_too_short_says_so_and_a_board_without_a_name_is_refused(
    driver: Driver, tmp_path: Path
) -> None:
    panel = ready(driver)
    file = tmp_path / "class.csv"
    file.write_text("Ada\nAlan\n", encoding="utf-8")
    panel.use_list(file)
    until(lambda: "names for 2 of them" in panel.note.text(), "the words")
    panel.go.click()
    until(driver.errors, "it is refused")
    driver.errors()[0].accept()


def test_two_boards_of_one_name_are_refused(driver: Driver, services: FakeServices) -> None:
    panel = ready(driver)
    for row in panel.table.rows.values():
        row.name.setText("same")
        row.name.setModified(True)
    panel.go.click()
    until(driver.errors, "it is refused")
    assert "same" in driver.errors()[0].heading.text()
    assert not asked(services, "workshop")


def test_a_board_that_fails_stops_no_other_and_is_tried_again_alone(driver: Driver, services: FakeServices) -> None:
    services.board_fails = frozenset({PORTS[1]})
    panel = ready(driver)
    panel.go.click()
    driver.yes()
    assert driver.ended("Workshop").state == "failed"
    assert not driver.errors(), "what failed on a board stands in its row"
    states = [row.state for row in panel.table.rows.values()]
    assert states == ["done", "failed", "done"]
    assert "does not answer" in panel.table.rows[PORTS[1]].words.text()
    assert panel.done.head.text() == "2 of 3 boards are ready"
    assert "Hold BOOT" in panel.done.words.text()
    services.board_fails = frozenset()
    panel.done.retry.click()
    assert driver.ended("Workshop").state == "done"
    _first, (_template, seats, earlier) = asked(services, "workshop")
    assert [seat.port for seat in seats] == [PORTS[1]]
    assert earlier == (PORTS[0], PORTS[2])
    assert panel.done.head.text() == "All 3 boards are ready"
    assert [row.state for row in panel.table.rows.values()] == ["done"] * 3


def test_while_boards_are_written_nothing_is_chosen_and_stop_ends_them(driver: Driver, services: FakeServices) -> None:
    services.gate.clear()
    panel = ready(driver)
    panel.go.click()
    driver.yes()
    job = driver.job("Workshop")
    until(lambda: panel.table.rows[PORTS[0]].state == "running", "it runs")
    assert not panel.table.rows[PORTS[0]].check.isEnabled()
    assert not panel.go.isEnabled()
    driver.hub.watcher.tell(lambda roster: roster.plugged(()))
    until(lambda: not driver.hub.model.rows(), "the ports vanish while their boards restart")
    assert len(panel.table.rows) == 3
    job.stop()
    services.gate.set()
    assert driver.ended("Workshop").state == "cancelled"
    assert "0 of 3" in panel.done.head.text()
    assert panel.done.retry.isVisible()


def test_labels_are_opened_only_when_somebody_presses_print(
    driver: Driver, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: seen.append(url.toLocalFile()) or True)
    panel = ready(driver)
    panel.go.click()
    driver.yes()
    driver.ended("Workshop")
    assert not seen
    panel.done.labels.click()
    panel.done.table.click()
    assert [Path(path).name for path in seen] == ["labels.html", "report.csv"]
    assert any("passwords" in label.text() for label in panel.done.findChildren(QLabel))


def test_the_wifi_password_is_forgotten_when_all_went_well_and_when_the_panel_is_left(
    driver: Driver, services: FakeServices
) -> None:
    panel = ready(driver)
    panel.wifi.setText("Classroom")
    panel.wifi_password.setText("blackboard-chalk")
    driver.panel("log")
    assert panel.wifi_password.text() == ""
    ready(driver)
    panel.go.click()
    assert any("Classroom, without a password" in one.text() for one in driver.dialog().findChildren(QLabel))
    driver.dialog().reject()
    panel.wifi_password.setText("blackboard-chalk")
    panel.go.click()
    told = [one.text() for one in driver.dialog().findChildren(QLabel)]
    assert any("Classroom, with the password" in one for one in told)
    assert not [one for one in told if "blackboard-chalk" in one]
    driver.yes()
    job = driver.ended("Workshop")
    until(lambda: not panel._running, "the panel knows")
    assert panel.wifi_password.text() == ""
    assert panel._template is None
    assert "blackboard-chalk" not in job.report()
    assert "blackboard-chalk" not in driver.panel("log").box.toPlainText()


def test_a_retry_has_the_password_that_is_no_longer_in_the_field(driver: Driver, services: FakeServices) -> None:
    services.board_fails = frozenset({PORTS[1]})
    panel = ready(driver)
    panel.wifi.setText("Classroom")
    panel.wifi_password.setText("blackboard-chalk")
    panel.go.click()
    driver.yes()
    driver.ended("Workshop")
    until(lambda: panel.done.isVisible(), "the result")
    driver.panel("log")
    ready(driver)
    assert panel.wifi_password.text() == ""
    services.board_fails = frozenset()
    panel._retry()
    until(lambda: panel._template is None, "the second time all went well")
    assert all(template.wifi == ("Classroom", "blackboard-chalk") for template, *_ in asked(services, "workshop"))


def test_in_the_smallest_window_a_port_and_a_name_of_twelve_letters_can_be_read(
    driver: Driver, services: FakeServices
) -> None:
    driver.window.resize(driver.window.minimumSize())
    panel = ready(driver)
    services.entries = (PortEntry("virtual:Kitchen", "Virtual board", chip="ESP32", mac="02:00:00:00:00:09"),)
    until(lambda: "virtual:Kitchen" in panel.table.rows, "the board")
    row = panel.table.rows["virtual:Kitchen"]
    until(lambda: row.check.width() >= row.check.sizeHint().width(), "its port")
    assert row.name.width() >= row.name.fontMetrics().horizontalAdvance("n" * 10)
