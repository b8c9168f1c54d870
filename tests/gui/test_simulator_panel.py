"""The Simulator panel with boards that only pretend: what it shows, what it asks, when it looks."""

from typing import Any

import pytest
from fake_services import FakeServices
from fake_virtual import LIGHTS, LOOK
from window_driver import Driver, until

from devtoolkit.gui.qt import (
    QApplication,
    QCheckBox,
    QColor,
    QComboBox,
    QImage,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSlider,
    Qt,
)
from devtoolkit.gui.widgets.sim_lights import picture_of
from devtoolkit.simulator.oled import OledFrame

CONTROLS = (QPushButton, QCheckBox, QComboBox, QSlider, QPlainTextEdit)


@pytest.fixture
def panel(driver: Driver, services: FakeServices) -> Any:
    for name in ("demo", "node01", "node02"):
        services.put_board(name)
    found = driver.panel("simulator")
    until(lambda: found.bench.isVisible(), "the first board is on the bench")
    return found


def texts(panel: Any) -> list[str]:
    return [panel.list.item(at).text() for at in range(panel.list.count())]


def test_boards_that_are_on_have_a_row_each_and_the_first_is_shown(panel: Any, services: FakeServices) -> None:
    assert [text.split()[0] for text in texts(panel)] == ["demo", "node01", "node02"]
    assert all("esp32" in text and "running" in text for text in texts(panel))
    assert panel.bench.heading.text() == "demo"
    assert panel.bench.lights.lights == LIGHTS
    assert "shell on port 9008" in panel.bench.console.text.toPlainText()
    services.bench.clear()
    until(lambda: not panel.list.count() and panel.empty.isVisible(), "the rows are gone")
    until(lambda: not panel.bench.isVisible(), "the bench is empty")


def test_the_lamps_are_painted_in_their_colours(panel: Any) -> None:
    _name, lamps, told = panel.bench.lights._parts[2]
    shown: QImage = lamps.grab().toImage()
    colours = {shown.pixelColor(x, y).name() for x in range(shown.width()) for y in range(shown.height())}
    assert QColor(255, 0, 188).name() in colours
    assert "blue 50%" in told.text()
    assert "blue 50%" in lamps.accessibleName()


def test_the_picture_of_a_display_has_a_pixel_for_each_lit_dot() -> None:
    rows = tuple("#" + "." * 127 if y == 5 else "." * 128 for y in range(64))
    picture = picture_of(OledFrame(rows, 127))
    assert (picture.width(), picture.height()) == (128, 64)
    lit = picture.pixelColor(0, 5).name()
    assert lit != picture.pixelColor(1, 5).name() == picture.pixelColor(0, 6).name()


def test_a_button_is_pressed_and_held_on_the_board_that_is_shown(panel: Any, services: FakeServices) -> None:
    panel.choose("node01")
    until(lambda: panel.bench.heading.text() == "node01", "the other board")
    panel.bench.buttons.press["irq1"].click()
    panel.bench.buttons.hold["irq2"].setChecked(True)
    until(lambda: len(services.done) == 2, "both arrive")
    assert services.done == [("node01", "press", "irq1"), ("node01", "hold", "irq2", True)]
    until(lambda: "pressed" in panel.bench.buttons._told["irq2"].text(), "it is seen to be down")
    assert panel.bench.buttons.hold["irq2"].isChecked()
    services.put_board("node01")
    until(lambda: not panel.bench.buttons.hold["irq2"].isChecked(), "a board that restarts forgets who held it")


def test_a_dragged_sensor_sends_few_values_and_always_its_last(panel: Any, services: FakeServices) -> None:
    row = panel.bench.sensors.rows["bme280"]
    assert row.wired.isChecked()
    assert row.values[0].value == 23.5
    for at in range(1, 61):
        row.values[0].slider.setValue(at)
    until(lambda: services.bench["demo"].sensors[0].values["temperature"] == row.values[0].value, "the last value")
    sent = [one for one in services.done if one[1] == "sense"]
    assert len(sent) <= 5
    assert sent[-1][3] == {"temperature": -10.0, "humidity": 41, "pressure": 1009}
    assert row.values[0].told.text() == "-10 \u00b0C"


def test_a_sensor_is_wired_and_taken_off_by_its_box(panel: Any, services: FakeServices) -> None:
    row = panel.bench.sensors.rows["light"]
    assert not row.values[0].isVisible()
    row.wired.setChecked(True)
    until(lambda: services.bench["demo"].sensors[1].values == {"lux": 150}, "it is wired")
    assert row.values[0].isVisible()
    row.wired.setChecked(False)
    until(lambda: services.bench["demo"].sensors[1].values is None, "it is off")


def test_the_fault_that_is_on_is_shown_and_another_one_is_chosen(panel: Any, services: FakeServices) -> None:
    row = panel.bench.sensors.rows["bme280"]
    services.virtual_sense("demo", "bme280", {"temperature": 20, "humidity": 41, "pressure": 1009}, "busy")
    until(lambda: row.fault.currentData() == "busy", "the fault of the board")
    row.fault.setCurrentIndex(0)
    row.fault.activated.emit(0)
    until(lambda: services.bench["demo"].sensors[0].fault is None, "it works again")
    services.virtual_sense("demo", "bme280", {"temperature": 20, "humidity": 41, "pressure": 1009}, "busy")
    until(lambda: row.fault.currentData() == "busy", "the fault again")
    panel.choose("node01")
    until(lambda: row.fault.currentData() is None, "the other board's sensor works")


def test_parts_are_fitted_and_a_microphone_has_its_fault(panel: Any, services: FakeServices) -> None:
    parts = panel.bench.parts
    assert "68\u00b0" in parts.servos["servo_1"].told.text()
    assert not parts.servos["servo_2"].fitted.isChecked()
    parts.servos["servo_2"].fitted.setChecked(True)
    until(lambda: services.bench["demo"].parts.servos[1].angle == 0, "it is fitted")
    until(lambda: "no pulse" in parts.servos["servo_2"].told.text(), "it waits")
    row = parts.microphones["i2s"]
    row.fault.setCurrentIndex(row.fault.findData("silent"))
    row.fault.activated.emit(1)
    until(lambda: services.bench["demo"].parts.microphones[0].fault == "silent", "the fault")
    row.fitted.setChecked(False)
    until(lambda: not services.bench["demo"].parts.microphones[0].fitted, "it is off")
    until(lambda: not parts.sound.isVisible(), "nobody hears anything")


def test_no_turn_of_the_knob_is_lost_however_fast_it_is_turned(panel: Any, services: FakeServices) -> None:
    knob = panel.bench.parts.encoder
    assert "3" in knob.told.text()
    assert "cstmpmap" in knob.note.text()
    for _ in range(20):
        knob.on.click()
    for _ in range(5):
        knob.back.click()
    until(lambda: services.bench["demo"].parts.encoder.detents == 18, "15 on")
    until(lambda: "18" in knob.told.text(), "it is told")
    assert len([one for one in services.done if one[1] == "turn"]) < 25


def test_a_tone_and_noise_are_made_and_what_is_refused_is_told_there(panel: Any, services: FakeServices) -> None:
    sound = panel.bench.parts.sound
    assert (sound.noise.value, sound.pitch.value, sound.loudness.value) == (33, 440, 72)
    sound.loudness.slider.setValue(sound.loudness.slider.maximum())
    sound.noise.slider.setValue(50)
    until(lambda: services.bench["demo"].parts.sound.noise == 50, "the noise")
    assert services.bench["demo"].parts.sound.tone == (440, 120)
    sound.tone.setChecked(False)
    until(lambda: services.bench["demo"].parts.sound.tone is None, "no tone")
    services.stubborn.add("demo")
    sound.tone.setChecked(True)
    until(lambda: panel.bench.parts.trouble.isVisible(), "the words")
    services.stubborn.clear()
    sound.tone.setChecked(True)
    sound.noise.slider.setValue(51)
    until(lambda: not panel.bench.parts.trouble.isVisible(), "it worked")


def test_what_a_board_refuses_is_told_where_it_was_asked(panel: Any, services: FakeServices) -> None:
    services.stubborn.add("demo")
    row = panel.bench.sensors.rows["bme280"]
    row.values[1].slider.setValue(3)
    until(lambda: row.trouble.isVisible(), "the words")
    assert "refuses" in row.trouble.text()
    panel.off.click()
    until(lambda: panel.trouble.isVisible(), "the words at the list")
    services.stubborn.clear()
    row.values[1].slider.setValue(4)
    until(lambda: not row.trouble.isVisible(), "it worked, the words are gone")


def test_several_selected_boards_lose_their_power_together_and_get_it_again(panel: Any, services: FakeServices) -> None:
    panel.list.selectAll()
    assert not panel.on.isEnabled()
    panel.off.click()
    until(lambda: all("powered off" in text for text in texts(panel)), "all are off")
    assert not panel.bench.lights.isVisible()
    assert not panel.off.isEnabled()
    panel.on.click()
    until(lambda: all("running" in text for text in texts(panel)), "all are on")


def test_faults_of_the_network_and_a_display_are_put_on_the_board(panel: Any, services: FakeServices) -> None:
    network = panel.bench.network
    network.in_range.setChecked(False)
    network.delay.setValue(20)
    panel.bench.display.kind.setCurrentIndex(0)
    panel.bench.display.kind.activated.emit(0)
    until(lambda: len(services.done) == 3, "all arrive")
    assert ("demo", "network", {"in_range": False}) in services.done
    assert ("demo", "network", {"delay_ms": 200}) in services.done
    until(lambda: not panel.bench.display.picture.isVisible(), "no display, no picture")


def test_nobody_looks_while_the_panel_is_not_seen(driver: Driver, panel: Any, services: FakeServices) -> None:
    driver.panel("log")
    until(lambda: not driver.hub.jobs.running, "the last look is over")
    services.put_board("demo", lights=())
    assert not panel.feed._timer.isActive()
    assert panel.bench.lights.lights == LOOK.lights
    driver.panel("simulator")
    until(lambda: panel.bench.no_lights.isVisible(), "it looks again")


def test_a_fleet_gets_names_from_its_prefix_and_the_chosen_type(
    driver: Driver, panel: Any, services: FakeServices
) -> None:
    until(lambda: panel.type.findData("esp32s3") >= 0, "the types")
    panel.count.setValue(3)
    assert panel.prefix.isVisibleTo(panel)
    assert not panel.name.isVisibleTo(panel)
    panel.prefix.setText("class")
    panel.type.setCurrentIndex(panel.type.findData("esp32s3"))
    panel.start.click()
    names = ("class01", "class02", "class03")
    until(lambda: ("power_on", names, ("board_type", "esp32s3")) in services.calls, "the fleet starts")
    assert panel.stop.isEnabled()
    panel.stop.click()
    until(lambda: ("power_off", names) in services.calls, "it ends")


def test_a_virtual_board_selected_on_the_left_is_the_one_on_the_bench(driver: Driver, panel: Any) -> None:
    from devtoolkit.gui.roster import Row
    from devtoolkit.services.port_list import PortEntry

    driver.hub.select((Row("k", "virtual", entry=PortEntry("virtual:node02", "Virtual board")),))
    panel.refresh()
    until(lambda: panel.bench.heading.text() == "node02", "it is shown")
    assert [item.data(int(Qt.UserRole)) for item in panel.list.selectedItems()] == ["node02"]


def test_the_bench_fits_the_smallest_window_and_all_of_it_has_names_and_is_reached_by_tab(
    driver: Driver, panel: Any
) -> None:
    driver.window.resize(driver.window.minimumSize())
    QApplication.processEvents()
    inner = panel.findChild(QScrollArea).widget()
    assert inner.minimumSizeHint().width() <= driver.window.stack.width()
    parts = [one for kind in CONTROLS for one in panel.bench.findChildren(kind)]
    assert len(parts) > 15
    assert not [one for one in parts if not (one.accessibleName() or getattr(one, "text", str)())]
    assert not [one for one in parts if not one.focusPolicy() & Qt.TabFocus]
