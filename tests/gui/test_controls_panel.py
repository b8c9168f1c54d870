"""The Controls panel: present values, errors beside their control, joystick, themes, and the course of readings."""

from typing import Any

import pytest
from fake_services import LAMP, WIDGETS, FakeServices
from window_driver import Driver, until

from devtoolkit.errors import NodeUnreachableError
from devtoolkit.gui.qt import QColor, QLabel, Qt
from devtoolkit.gui.theme import DARK_THEME, LIGHT_THEME
from devtoolkit.gui.widgets.controls import Colour, Joystick, make_control
from devtoolkit.gui.widgets.graph import POINTS, History
from devtoolkit.services.widgets import Widget

STICK = Widget("roboarm", "control", "joystick", "roboarm control x_new=:range: y_new=:range:", (40.0, 115.0, 1.0))


@pytest.fixture
def panel(driver: Driver, services: FakeServices) -> Any:
    driver.select("Lamp")
    found = driver.panel("controls")
    until(lambda: found.controls and not driver.hub.jobs.running, "the controls")
    until(lambda: control(found, "measure").history.lines and not driver.hub.jobs.running, "the first reading")
    return found


def control(panel: Any, function: str) -> Any:
    return next(one for one in panel.controls if one.widget.function == function)


def sent(services: FakeServices) -> list[str]:
    return [str(call[2]) for call in services.calls if call[0] == "shell"]


def test_controls_start_at_what_the_node_stands_at_and_send_nothing_for_it(panel: Any, services: FakeServices) -> None:
    until(lambda: control(panel, "color").values() == ("200", "400", "0"), "the present colour")
    on, off = control(panel, "toggle").buttons.values()
    assert (on.objectName(), off.objectName()) == ("primary", "")
    assert on.accessibleDescription() == "in force"
    assert [command for command in sent(services) if command.startswith("rgb ")] == []


def test_after_a_command_the_controls_of_its_module_follow_the_node(panel: Any, services: FakeServices) -> None:
    services.standing = {("rgb", "color"): {"r": "0", "g": "0", "b": "900"}, ("rgb", "toggle"): {"state": "False"}}
    control(panel, "toggle").buttons["False"].click()
    until(lambda: control(panel, "color").values() == ("0", "0", "900"), "the colour follows")
    assert control(panel, "toggle").buttons["False"].objectName() == "primary"


def test_an_error_stands_beside_its_control_and_goes_when_it_works_again(
    driver: Driver, panel: Any, services: FakeServices
) -> None:
    services.fails = NodeUnreachableError("Lamp does not answer.", hint="")
    one = control(panel, "toggle")
    one.buttons["True"].click()
    until(lambda: one.trouble.isVisible(), "the words")
    assert "does not answer" in one.trouble.text()
    assert not driver.errors()
    assert not control(panel, "color").trouble.isVisible()
    services.commands["rgb toggle state=True"] = ("Core error: LM_rgb->toggle: no pin",)
    one.buttons["True"].click()
    until(lambda: "no pin" in one.trouble.text(), "the node's own error")
    services.commands["rgb toggle state=True"] = (" S: 1",)
    one.buttons["True"].click()
    until(lambda: not one.trouble.isVisible(), "it works")


def test_a_theme_recolours_what_is_already_there(driver: Driver, panel: Any) -> None:
    driver.window._theme_chosen("light")
    dots = control(panel, "color")._dots
    assert LIGHT_THEME.edge in dots[0].styleSheet()
    driver.window._theme_chosen("dark")
    assert DARK_THEME.edge in dots[0].styleSheet()
    assert control(panel, "measure").graph._theme.name == "dark"
    assert control(panel, "color") in panel.controls


def test_the_course_of_a_reading_stays_when_another_node_is_looked_at(
    driver: Driver, panel: Any, services: FakeServices
) -> None:
    until(lambda: "temp [C]" in control(panel, "measure").history.lines, "the first value")
    assert set(control(panel, "measure").history.lines) == {"temp [C]", "hum [%]"}
    before = len(control(panel, "measure").history.lines["temp [C]"])
    driver.select("FrontDoor")
    until(lambda: panel._uid != LAMP.uid and panel.controls, "the other node")
    driver.select("Lamp")
    until(lambda: panel._uid == LAMP.uid and panel.controls, "back again")
    history = control(panel, "measure").history
    until(lambda: len(history.lines["temp [C]"]) > before, "it goes on")


def test_a_history_takes_each_number_by_its_name_and_forgets_the_oldest() -> None:
    history = History()
    assert history.add(("temp [C]: 21.5", "hum [%]: -4"), 1.0)
    assert not history.add(("no number",), 2.0)
    assert history.add(("17",), 3.0)
    assert {name: [value for _at, value in points] for name, points in history.lines.items()} == {
        "temp [C]": [21.5],
        "hum [%]": [-4.0],
        "": [17.0],
    }
    for at in range(2 * POINTS):
        history.add((f"{at}",), float(at))
    assert len(history.lines[""]) == POINTS
    assert history.lines[""][-1] == (2 * POINTS - 1, 2 * POINTS - 1)


def test_a_joystick_is_dragged_and_works_by_keyboard(qtbot: Any) -> None:
    stick = make_control(STICK, LIGHT_THEME)
    assert isinstance(stick, Joystick)
    qtbot.addWidget(stick)
    stick.show()
    wanted: list[tuple[str, str]] = []
    stick.wanted.connect(wanted.append)
    stick.show_values({"x_new": "77", "y_new": "50"})
    assert stick.values() == ("77", "50")
    assert not wanted
    qtbot.keyClick(stick.pad, Qt.Key_Right)
    qtbot.keyClick(stick.pad, Qt.Key_Up, Qt.ShiftModifier)
    assert wanted == [("78", "50"), ("78", "55")]
    qtbot.mousePress(stick.pad, Qt.LeftButton, pos=stick.pad.rect().topRight())
    assert stick.held
    qtbot.mouseRelease(stick.pad, Qt.LeftButton, pos=stick.pad.rect().bottomLeft())
    assert not stick.held
    assert wanted[-2:] == [("115", "115"), ("40", "40")]
    stick.use_theme(DARK_THEME)


def test_a_slider_whose_value_nobody_knows_says_so(qtbot: Any) -> None:
    slider = make_control(Widget("rgb", "fade", "slider", "rgb fade sec=:range:", (0.0, 10.0, 0.5)), LIGHT_THEME)
    qtbot.addWidget(slider)
    shown = [label.text() for label in slider.findChildren(QLabel)]
    assert "\u2013" in shown
    slider.show_values({"sec": "0"})
    assert "0" in [label.text() for label in slider.findChildren(QLabel)]


def test_a_chosen_colour_is_sent_once_and_shown_with_all_its_channels(qtbot: Any) -> None:
    colour = make_control(WIDGETS[0], LIGHT_THEME)
    assert isinstance(colour, Colour)
    qtbot.addWidget(colour)
    wanted: list[tuple[str, ...]] = []
    colour.wanted.connect(wanted.append)
    colour.choose(QColor(255, 0, 0))
    assert wanted == [("1000", "0", "0")]
    assert [label.text() for label in colour._shown] == ["1000", "0", "0"]
    assert "#ff0000" in colour.swatch.styleSheet()
