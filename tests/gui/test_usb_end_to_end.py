"""The USB half of the window with the real services: a workshop of two virtual boards, and what comes after it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from window_driver import Driver, opened_for_real, until

from devtoolkit.gui.dialogs import AskDialog
from devtoolkit.gui.qt import QLabel
from devtoolkit.pipelines.base import Cancel
from devtoolkit.services.board_session import board_session
from devtoolkit.services.class_list import Seat
from devtoolkit.services.deploy import DeployRequest
from devtoolkit.services.node_setup import VIRTUAL_WIFI
from devtoolkit.services.secrets import password_of
from devtoolkit.services.workshop import Workshop

pytestmark = pytest.mark.vm
REQUEST = DeployRequest("esp32", "")
PORTS, NAMES = ("virtual:seat01", "virtual:seat02"), ("gws-ada", "gws-alan")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, qapp: object) -> Iterator[Driver]:
    with opened_for_real(tmp_path_factory.mktemp("workshop")) as driver:
        yield driver


def config_on(port: str) -> dict[str, Any]:
    """The configuration as the board has it."""
    with board_session(port) as session:
        value: dict[str, Any] = json.loads(session.files.read("node_config.json"))
        return value


def on_port(driver: Driver, name: str) -> Any:
    panel = driver.panel(name)
    until(lambda: panel.port.findData(PORTS[0]) >= 0, "the board")
    panel.port.choose(PORTS[0])
    return panel


def test_1_a_workshop_of_two_boards_gives_each_its_name_and_a_label(world: Driver) -> None:
    panel = world.panel("workshop")
    until(lambda: panel.board.count() > 0, "the boards' types")
    for port in PORTS:
        panel.more.click()
        assert panel.table.rows[port].check.isChecked()
    for row in panel.table.rows.values():  # a real board that may be plugged in here is left alone
        row.check.setChecked(row.port in PORTS)
    for port, name in zip(PORTS, NAMES, strict=True):
        panel.table.rows[port].name.setText(name)
        panel.table.rows[port].name.setModified(True)
    panel.go.click()
    world.yes()
    moved: set[int] = set()
    panel.table.rows[PORTS[0]].bar.valueChanged.connect(moved.add)
    job = world.ended("Workshop", 110)
    assert job.state == "done", job.report()
    assert len(moved) > 3, "the bar follows the bytes"
    assert [panel.table.rows[port].state for port in PORTS] == ["done", "done"]
    report: Any = job.result
    sheet = Path(report.labels).read_text(encoding="utf-8")
    for one, name in zip(report.boards, NAMES, strict=True):
        assert one.report.name == name
        secret = password_of(one.report.uid)
        assert secret in sheet
        assert secret not in job.report()
    again = Workshop(
        replace(REQUEST, port=PORTS[0]), (Seat(PORTS[0], NAMES[0], "Ada"),), lambda _port, _event: None, Cancel(),
        ("127.0.0.1",), earlier=report.boards[1:],
    ).make()  # fmt: skip
    assert [one.name for one in again.boards] == [NAMES[1], NAMES[0]]
    assert all(name in Path(again.labels).read_text(encoding="utf-8") for name in NAMES), "one sheet for all"


def test_2_a_configuration_is_saved_and_put_back_after_it_was_changed(world: Driver) -> None:
    panel = on_port(world, "backup")
    panel.what.setCurrentIndex(panel.what.findData(False))
    panel.save.click()
    assert world.ended("Back up", 110).state == "done", world.job("Back up").report()
    with board_session(PORTS[0]) as session:
        before = json.loads(session.files.read("node_config.json"))
        session.files.write("node_config.json", json.dumps({**before, "utc": before.get("utc", 60) + 60}).encode())
    until(lambda: panel.list.count() > 0 and "configuration" in panel.list.item(0).text(), "it is in the list")
    panel.list.setCurrentRow(0)
    assert not panel.restore.isEnabled()
    panel.restore_config.click()
    world.yes()
    assert world.ended("Restore", 110).state == "done", world.job("Restore").report()
    now = config_on(PORTS[0])
    assert {key: now[key] for key in ("devfid", "utc", "appwd") if key in before} == {
        key: before[key] for key in ("devfid", "utc", "appwd") if key in before
    }


def test_3_an_update_shows_what_it_would_do_and_does_that(world: Driver) -> None:
    with board_session(PORTS[0]) as session:
        session.files.write("LM_mine.py", b"def hi():\n    return 1\n")
        session.files.write("LM_rgb.mpy", b"damaged")
    panel = on_port(world, "usb_update")
    panel.go.click()
    words = "\n".join(label.text() for label in world.dialog(AskDialog).findChildren(QLabel))
    assert "Sent: 1 files" in words
    assert "LM_mine.py" in words
    world.yes()
    job = world.ended("Update (USB)", 110)
    assert job.state == "done", job.report()
    assert "gws-ada runs" in panel.told.text()
    panel.go.click()
    world.ended("Look at", 110)
    until(lambda: "already" in panel.told.text(), "a second one has nothing to do")


def test_4_a_board_looks_for_networks_and_joins_the_chosen_one(world: Driver) -> None:
    panel = on_port(world, "deploy")
    panel.join_button.click()
    world.ended("Networks around", 110)
    join = panel.join
    until(lambda: join.list.count() > 0, "the networks")
    names = [join.list.item(at).text().split("  \u00b7  ")[0] for at in range(join.list.count())]
    join.list.setCurrentRow(names.index(VIRTUAL_WIFI[0]))
    join.password.setText("not-the-password")
    join.go.click()
    assert world.ended("Join Wi-Fi", 110).state == "failed"
    until(world.errors, "plain words")
    assert "refuses the password" in world.errors()[0].heading.text()
    world.errors()[0].accept()
    join.password.setText(VIRTUAL_WIFI[1])
    join.go.click()
    job = world.ended("Join Wi-Fi", 110)
    assert job.state == "done", job.report()
    assert "gws-ada is in" in join.told.text()
    assert VIRTUAL_WIFI[1] not in job.report()
