"""The Configuration panel: editors for times and pins, search, undo, versions, files, many nodes."""

import json
from pathlib import Path
from typing import Any

import pytest
from fake_services import DOOR, LAMP, FakeServices
from hypothesis import given, settings
from hypothesis import strategies as st
from window_driver import Driver, until

from devtoolkit.gui.panels._config_cron import CronEditor, joined, words
from devtoolkit.gui.panels._config_irq import pin_in, with_pin
from devtoolkit.gui.qt import QApplication, QLineEdit, QScrollArea, QToolButton
from devtoolkit.model.node_config import coerce
from devtoolkit.model.node_config_rules import cron_tasks

TIMES = ("*:8:0:0", "0-4:6:45:0", "sunset-30", "sunrise", "*:*:0,30:0")


def asked(services: FakeServices, word: str) -> list[tuple[object, ...]]:
    return [call[1:] for call in services.calls if call[0] == word]


@pytest.fixture
def panel(driver: Driver, services: FakeServices) -> Any:
    driver.select("Lamp")
    found = driver.panel("config")
    until(lambda: found.fields["devfid"].isEnabled(), "the settings")
    return found


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(TIMES), st.sampled_from(("rgb toggle", "rgb on; cct off")))))
def test_tasks_become_a_value_that_the_scheduler_reads_as_the_same_tasks(tasks: list[tuple[str, str]]) -> None:
    text = joined(tasks)
    assert coerce("crontasks", text) == text
    read = [tuple(part.strip() for part in task.split("!", 1)) for task in cron_tasks(text)]
    assert [(when, command.replace("; ", ";")) for when, command in read] == [
        (when, command.replace("; ", ";")) for when, command in tasks
    ]


@pytest.mark.parametrize(
    ("when", "meaning"),
    [
        ("*:8:0:0", "every day at 08:00:00"),
        ("0-4:6:45:0", "Mon-Fri at 06:45:00"),
        ("sunset-30", "every day, 30 min before sunset"),
        ("sunrise", "every day at sunrise"),
        ("6:*:0,30:0", "Sun, hours any, minutes 0,30, seconds 0"),
    ],
)
def test_a_time_is_told_in_words(when: str, meaning: str) -> None:
    assert words(when) == meaning


def test_a_value_that_is_only_looked_at_stays_as_the_node_has_it(qtbot: Any) -> None:
    editor = CronEditor()
    qtbot.addWidget(editor)
    given_ = "*:8:0:0 ! rgb toggle ;; sunset!cct toggle"
    editor.setText(given_)
    assert editor.text() == given_
    assert editor.tasks() == [("*:8:0:0", "rgb toggle"), ("sunset", "cct toggle")]
    editor.rows[0].command.setText("rgb on")
    assert editor.text() == "*:8:0:0!rgb on;sunset!cct toggle"


def test_a_task_is_added_checked_and_removed_in_the_form(panel: Any) -> None:
    editor = panel.fields["crontasks"]
    editor.add.click()
    assert panel.changes() == {}
    row = editor.rows[0]
    row.when.setText("*:25:0:0")
    row.command.setText("rgb toggle")
    assert "25" in row.told.text()
    assert row.told.objectName() == "bad"
    assert not panel.save.isEnabled()
    row.when.setText("*:7:30:0")
    assert row.told.text() == "every day at 07:30:00"
    assert panel.changes() == {"crontasks": "*:7:30:0!rgb toggle"}
    assert panel.save.isEnabled()
    row.gone.emit()
    assert panel.changes() == {}


def test_the_pin_of_an_interrupt_is_written_into_the_pin_map(panel: Any) -> None:
    row = panel.form.irqs[1]
    row.pin.setValue(34)
    assert panel.changes() == {"cstmpmap": "irq2:34"}
    panel.fields["cstmpmap"].setText("esp32; irq2:12; led:2")
    assert row.pin.value() == 12
    row.pin.setValue(-1)
    assert panel.fields["cstmpmap"].text() == "esp32; led:2"
    panel.fields["irq2_cbf"].setText("nonsense")
    assert row.told["irq2_cbf"].isVisibleTo(panel)
    assert not panel.save.isEnabled()


def test_pins_in_a_pin_map_are_found_and_replaced() -> None:
    assert pin_in("n/a", "irq1") is None
    assert pin_in("esp32; irq1: 5", "irq1") == 5
    assert with_pin("n/a", "irq1", 5) == "irq1:5"
    assert with_pin("esp32; irq1:5", "irq1", 6) == "esp32; irq1:6"
    assert with_pin("irq1:5", "irq1", None) == "n/a"


def test_search_shows_what_matches_and_a_change_shows_what_the_node_has(panel: Any) -> None:
    panel.search.setText("time zone")
    shown = {name for name, field in panel.fields.items() if field.isVisible()}
    assert shown == {"cron"}
    panel.search.setText("no such thing")
    assert "No setting matches" in panel.state.text()
    panel.search.clear()
    panel.fields["utc"].setValue(120)
    assert "on the node: 60" in panel.form.told["utc"].text()
    panel.only_changed.setChecked(True)
    assert {name for name, field in panel.fields.items() if field.isVisible()} == {"utc"}


def test_before_a_change_is_sent_the_old_settings_are_kept(driver: Driver, panel: Any, services: FakeServices) -> None:
    panel.fields["utc"].setValue(120)
    panel.save.click()
    driver.yes()
    driver.ended("Configure Lamp")
    kept = [call[0] for call in services.calls if call[0] in ("keep_config", "set_config")]
    assert kept == ["keep_config", "set_config"]
    driver.dialog().reject()


def test_the_last_change_is_taken_back_after_a_question(driver: Driver, panel: Any, services: FakeServices) -> None:
    assert not panel.undo.isEnabled()
    services.takes_back = "utc set on Lamp"
    panel.read.click()
    until(lambda: panel.undo.isEnabled(), "there is something to take back")
    assert panel.undo.toolTip() == "utc set on Lamp"
    panel.undo.click()
    assert not asked(services, "undo")
    services.takes_back = ""
    driver.yes()
    driver.ended("Undo on Lamp")
    assert asked(services, "undo") == [(LAMP.uid,)]
    until(lambda: not panel.undo.isEnabled() and not driver.hub.jobs.running, "nothing is left")


def test_kept_versions_are_listed_compared_and_restored(driver: Driver, panel: Any, services: FakeServices) -> None:
    panel.versions.click()
    card = panel.versions_card
    until(lambda: card.list.count() == 2, "the versions")
    assert card.list.item(0).text().startswith("2026-03-01 12:00:00")
    assert "newest" in card.list.item(0).text()
    card.list.setCurrentRow(1)
    card.compare.click()
    driver.ended("Compare Lamp")
    assert "utc: 60  \u2192  120" in card.diff.toPlainText()
    card.restore.click()
    assert not asked(services, "restore_config")
    driver.yes()
    driver.ended("Restore the settings of Lamp")
    assert asked(services, "restore_config") == [(LAMP.uid, "older.json")]


def test_settings_go_into_a_file_without_secrets_and_come_back_into_the_form(
    driver: Driver, panel: Any, tmp_path: Path
) -> None:
    file = tmp_path / "lamp.json"
    panel.export_to(file)
    driver.ended("Export settings")
    table = json.loads(file.read_text())
    assert table["devfid"] == "Lamp"
    assert not {"appwd", "stapwd"} & set(table)
    assert "appwd" in panel.state.text()
    file.write_text(json.dumps({**table, "utc": 90, "webui": True, "strange": 1, "hwuid": "x"}))
    panel.import_from(file)
    job = driver.ended("Import settings")
    assert job.state == "done", job.report()
    assert panel.changes() == {"utc": "90", "webui": "True"}
    assert "strange" in panel.state.text()
    file.write_text(json.dumps({"utc": "much"}))
    panel.import_from(file)
    assert driver.ended("Import settings").state == "failed"
    assert "utc" in driver.dialog().heading.text()
    driver.dialog().close()
    assert panel.changes() == {"utc": "90", "webui": "True"}


def test_one_setting_is_set_on_all_selected_nodes_and_each_outcome_is_told(
    driver: Driver, panel: Any, services: FakeServices
) -> None:
    driver.window.devices.list.selectAll()
    until(lambda: len(driver.hub.nodes()) > 1, "several nodes")
    panel = driver.panel("config")
    bulk = panel.bulk
    assert bulk.isVisible()
    assert not panel.form.isVisible()
    bulk.key.setCurrentText("soctout")
    bulk.field.setValue(45)
    uids = tuple(row.uid for row in driver.hub.nodes())
    assert {LAMP.uid, DOOR.uid} <= set(uids)
    bulk.go.click()
    driver.yes()
    driver.ended("Set soctout")
    assert asked(services, "set_configs") == [(uids, {"soctout": "45"})]
    told = [bulk.results.item(at).text() for at in range(bulk.results.count())]
    assert "does not answer" in told[-1]
    assert all("\u2713" in line for line in told[:-1])
    assert "devfid" not in [bulk.key.itemText(at) for at in range(bulk.key.count())]


def test_with_everything_open_the_form_fits_the_smallest_window_and_has_names(driver: Driver, panel: Any) -> None:
    panel.fields["crontasks"].setText("0-4:6:45:0!buzzer load_n_init; buzzer play;;sunset!cct toggle True")
    panel.versions.click()
    until(lambda: panel.versions_card.list.count() == 2, "the versions")
    driver.window.resize(driver.window.minimumSize())
    QApplication.processEvents()
    assert panel.findChild(QScrollArea).widget().minimumSizeHint().width() <= driver.window.stack.width()
    rows = panel.fields["crontasks"].rows
    parts = [one for row in rows for kind in (QLineEdit, QToolButton) for one in row.findChildren(kind)]
    assert not [one for one in parts if not (one.accessibleName() or isinstance(one.parent(), QLineEdit))]
