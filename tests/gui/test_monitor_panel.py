"""The monitor: a session for each selected node while it is open, lines to choose, a lost node told in words."""

import csv
import itertools
import math
from pathlib import Path
from typing import Any

import pytest
from fake_services import AWAY, DOOR, LAMP, FakeServices
from window_driver import Driver, until

from devtoolkit.gui.panels._history import History
from devtoolkit.gui.qt import QTimer
from devtoolkit.services import monitor as service
from devtoolkit.services.monitor_types import LATENCY, MEMORY, Line

TEMPERATURE = "dht22 measure temp_c"


def watched(driver: Driver, *names: str) -> Any:
    """The panel with these nodes."""
    rows = tuple(row for name in names for row in driver.hub.model.rows() if row.name == name)
    assert len(rows) == len(names)
    driver.hub.select(rows)
    return driver.panel("monitor")


@pytest.fixture
def panel(driver: Driver) -> Any:
    until(lambda: driver.hub.model.rowCount() >= 4, "rows")
    return watched(driver, "Lamp")


def asked(services: FakeServices, what: str) -> list[Any]:
    return [call[1] for call in services.calls if call[0] == what]


def text(panel: Any, uid: str) -> str:
    return " ".join(label.text() for label in panel.watched.rows.get(uid, ()))


def test_lines_grow_in_plots_and_the_newest_values_stand_in_words(panel: Any) -> None:
    until(lambda: set(panel.area.plots) == {"latency", "memory", "cpu", TEMPERATURE}, "four plots")
    xs, ys = panel.area.plots["latency"].shown(0)
    assert len(xs) == len(ys) >= 60
    before = len(xs)
    until(lambda: len(panel.area.plots["latency"].shown(0)[0]) > before, "the next value")
    assert "\u25cf Lamp" in text(panel, LAMP.uid)
    assert "Live" in text(panel, LAMP.uid)
    assert "Free memory" in text(panel, LAMP.uid)
    assert not panel.empty.isVisible()
    assert all(plot.widget.accessibleName() for plot in panel.area.plots.values())


def test_several_nodes_share_a_plot_and_are_told_apart_by_name_and_sign(driver: Driver, panel: Any) -> None:
    watched(driver, "Lamp", "FrontDoor")
    until(lambda: "latency" in panel.area.plots, "the plot")
    until(lambda: panel.area.plots["latency"].shown(1)[0], "the second line")
    assert panel.area.plots["latency"].shown(0)[1] != panel.area.plots["latency"].shown(1)[1]
    heading = panel.area.plots["latency"].widget.getPlotItem().titleLabel.text
    assert "Lamp" in heading
    assert "\u25a0" in heading


def test_a_sensor_that_is_switched_off_is_no_longer_read(panel: Any) -> None:
    until(lambda: TEMPERATURE in panel.area.plots, "the sensor")
    panel.boxes["dht22 measure"].setChecked(False)
    assert TEMPERATURE not in panel.area.plots
    assert panel._unwanted >= {"dht22 measure"}
    panel.boxes["uptime"].setChecked(True)
    until(lambda: "uptime" in panel.area.plots, "another line")


def test_another_panel_gives_the_session_back_and_this_one_goes_on_where_it_was(
    driver: Driver, services: FakeServices, panel: Any
) -> None:
    until(lambda: panel.history.lines, "values")
    began = panel.history.began
    driver.panel("log")
    until(lambda: asked(services, "monitor ended") == [LAMP.uid], "the session is closed")
    driver.panel("monitor")
    until(lambda: asked(services, "monitor") == [LAMP.uid] * 2, "it is opened again")
    assert panel.history.began == began
    panel.keep.setChecked(True)
    driver.panel("log")
    values = len(panel.history.plot("cpu", panel.nodes).rows)
    until(lambda: len(panel.history.plot("cpu", panel.nodes).rows) > values, "it goes on")
    assert len(asked(services, "monitor ended")) == 1


def test_pause_closes_the_session_keeps_what_is_drawn_and_the_interval_is_the_chosen_one(
    services: FakeServices, panel: Any
) -> None:
    until(lambda: "latency" in panel.area.plots, "the plot")
    panel.every.setCurrentIndex(panel.every.findData(10))
    panel.pause_button.click()
    until(lambda: ("monitor ended", LAMP.uid, 10.0) in services.calls, "the session is closed")
    until(lambda: "Paused" in text(panel, LAMP.uid), "it says so")
    assert panel.pause_button.text() == panel.pause_button.accessibleName() == "Go on"
    assert "latency" in panel.area.plots
    panel.clear_button.click()
    assert not panel.area.plots
    assert panel.empty.text() == "Paused."
    panel.pause_button.click()
    until(lambda: "latency" in panel.area.plots, "it goes on")


def test_a_node_that_does_not_answer_is_told_in_words_and_tried_on(
    driver: Driver, services: FakeServices, panel: Any
) -> None:
    services.lost = (AWAY.uid,)
    watched(driver, "Garden", "Lamp")
    until(lambda: "tried again" in text(panel, AWAY.uid), "it is told")
    assert "\u00d7 Garden" in text(panel, AWAY.uid)
    until(lambda: "Live" in text(panel, LAMP.uid), "the other one is alive")
    assert not driver.errors()


def test_a_node_that_refuses_is_told_in_place_and_not_in_a_dialog(
    driver: Driver, services: FakeServices, panel: Any
) -> None:
    until(lambda: "Live" in text(panel, LAMP.uid), "the first node")
    services.locked = (DOOR.uid,)
    watched(driver, "FrontDoor")
    until(lambda: "Not watched: FrontDoor wants" in text(panel, DOOR.uid), "the reason")
    assert not driver.errors()


def test_without_pyqtgraph_the_panel_says_how_to_get_it_and_shows_the_values(
    driver: Driver, services: FakeServices
) -> None:
    services.lack = "python -m pip install pyqtgraph"
    until(lambda: driver.hub.model.rowCount() >= 4, "rows")
    panel = watched(driver, "Lamp")
    until(lambda: "Latency" in text(panel, LAMP.uid), "values")
    until(lambda: "pip install pyqtgraph" in panel.empty.text(), "the words")
    assert not panel.area.plots


def test_what_is_drawn_is_saved_and_the_files_are_named(
    driver: Driver, services: FakeServices, panel: Any, tmp_path: Path
) -> None:
    until(lambda: TEMPERATURE in panel.area.plots, "plots")
    panel.boxes["cpu"].setChecked(False)
    panel.save_into(tmp_path)
    driver.ended("Save")
    saved = next(call for call in services.calls if call[0] == "save_monitor")
    assert saved[1:3] == (tmp_path, "Lamp")
    assert set(saved[3]) == {"Latency [ms]", "Free memory [%]", "dht22 temp_c"}
    assert "Monitor-Lamp-1.csv" in panel.saved.text()


def test_after_a_change_of_theme_an_hour_of_values_is_drawn_one_plot_in_each_turn(driver: Driver, panel: Any) -> None:
    until(lambda: "latency" in panel.area.plots, "the plot")
    panel.pause_button.click()
    for key in panel.history.lines:
        values = panel.history._of(key, LAMP.uid)
        values.clear()
        values.extend((float(at), at % 17.0) for at in range(3600))
    counts: list[int] = []
    beat = QTimer(interval=0)
    beat.timeout.connect(lambda: counts.append(len(panel.area.plots)))
    beat.start()
    driver.window._theme_chosen("dark" if driver.hub.theme.name == "light" else "light")
    until(lambda: len(panel.area.plots) == 4, "all plots")
    beat.stop()
    assert all(len(plot.shown(0)[0]) >= 3600 for plot in panel.area.plots.values())
    assert all(after - before <= 1 for before, after in itertools.pairwise(counts))


def test_history_keeps_an_hour_and_shows_a_gap_only_in_plots() -> None:
    history, line = History(), Line("a b", "a b", "", "a")
    for at in range(4000):
        history.add("one", 1000.0 + at, [(line, float(at))])
    history.gap("one", 5000.0)
    history.add("two", 5001.0, [(line, 7.0)])
    assert history.last("a b", "one") is None
    assert history.last("a b", "two") == 7.0
    saved = history.plot("a b", {"one": "One", "two": "Two"})
    assert len(saved.rows) == 3599 + 1
    assert saved.rows[-1] == (4001.0, None, 7.0)
    drawn = history.plot("a b", {"one": "One"}, gaps=True)
    assert math.isnan(drawn.rows[-1][1] or 0.0)


def test_the_service_writes_a_table_and_a_picture_of_each_plot(tmp_path: Path) -> None:
    history = History()
    for at in range(5):
        history.add("one", 100.0 + at, [(LATENCY, 10.0 + at), (MEMORY, 60.0)])
    plots = [history.plot(key, {"one": "Lamp"}) for key in ("latency", "memory")]
    files = [Path(file) for file in service.save(tmp_path, "Lamp", 4.0, plots)]
    assert sorted(file.suffix for file in files) == [".csv", ".csv", ".png", ".png"]
    table = next(file for file in files if file.name.endswith("1.csv"))
    rows = list(csv.reader(table.read_text(encoding="utf-8").splitlines()))
    assert rows[0] == ["Time [s]", "Lamp"]
    assert [float(row[1]) for row in rows[1:]] == [10.0, 11.0, 12.0, 13.0, 14.0]
