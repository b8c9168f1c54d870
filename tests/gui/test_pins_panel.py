"""The pins: a picture for any board and modules, a node's own, clashes in words, and the picture as a file."""

from pathlib import Path
from typing import Any

import pytest
from fake_services import LAMP, FakeServices
from window_driver import Driver, until

from devtoolkit.gui.qt import Qt
from devtoolkit.gui.seam.pins import Pins


@pytest.fixture
def panel(driver: Driver) -> Any:
    found = driver.panel("pins")
    until(lambda: not found.picture.image.isNull(), "the picture")
    return found


def tick(panel: Any, *names: str) -> None:
    for at in range(panel.modules.count()):
        if panel.modules.item(at).text() in names:
            panel.modules.item(at).setCheckState(Qt.Checked)


def test_without_a_node_and_modules_the_picture_shows_the_whole_map_of_any_board(panel: Any) -> None:
    assert "pin map esp32" in panel.summary.text()
    assert "i2c_sda" in panel.picture.accessibleDescription()
    assert "strapping" in panel.picture.accessibleDescription()
    assert panel.picture.height() > 200
    assert not panel.of_node.isEnabled()
    panel.board.setCurrentIndex(panel.board.findData("rp2"))
    until(lambda: "Pico" in panel.picture.accessibleName(), "the picture of the Pico")
    assert "pin map rp2" in panel.summary.text()


def test_modules_that_clash_and_that_fit_are_told_in_words_with_a_sign(panel: Any) -> None:
    tick(panel, "rgb", "neopixel")
    until(lambda: "not work out" in panel.summary.text(), "the clash")
    assert panel.findings()[0].startswith("!  clash: GPIO 15 is wanted as")
    assert "clash" in panel.picture.accessibleDescription()
    rows = [panel.uses.item(at).text() for at in range(panel.uses.count())]
    assert any("GPIO 15" in row and "neop" in row for row in rows)
    panel.none.click()
    until(lambda: "No module is chosen" in panel.summary.text(), "nothing is chosen")
    assert not panel.findings()
    tick(panel, "dht22")
    until(lambda: "No clash" in panel.summary.text(), "no clash")
    assert panel.summary.objectName() == "good"


def test_a_nodes_own_modules_and_board_are_looked_at(driver: Driver, services: FakeServices, panel: Any) -> None:
    services.node_board = "esp32s3"
    services.node_config = {"boothook": "dht22 measure", "cstmpmap": "dhtpin:4"}
    driver.select("Lamp")
    until(lambda: "dht22" in panel.summary.text(), "the node's module")
    assert ("pin_config", LAMP.uid) in services.calls
    assert panel.board.currentData() == "esp32s3"
    assert any("GPIO 4" in panel.uses.item(at).text() for at in range(panel.uses.count()))
    panel.of_node.setChecked(False)
    until(lambda: "No module is chosen" in panel.summary.text(), "without the node")


def test_a_node_that_does_not_tell_its_board_leaves_the_choice(
    driver: Driver, services: FakeServices, panel: Any
) -> None:
    services.node_board = ""
    driver.select("Lamp")
    until(lambda: "choose it above" in panel.told.text(), "the words")
    assert panel.board.currentData() == "esp32"


def test_a_node_that_cannot_be_read_is_told_in_place(driver: Driver, services: FakeServices, panel: Any) -> None:
    services.pins_fail = OSError("gone")
    driver.select("Lamp")
    until(lambda: "could not be read" in panel.told.text(), "the reason")
    assert not driver.errors()


def test_the_picture_follows_the_theme(driver: Driver, panel: Any) -> None:
    before = panel.picture.image.pixelColor(40, 400).name()
    driver.window._theme_chosen("dark" if driver.hub.theme.name == "light" else "light")
    until(lambda: panel.picture.image.pixelColor(40, 400).name() != before, "another colour")


def test_the_picture_is_saved_as_svg(driver: Driver, services: FakeServices, panel: Any, tmp_path: Path) -> None:
    file = tmp_path / "lamp.svg"
    panel.save_as(file)
    assert driver.ended("Save").state == "done"
    assert ("save_picture", file, "esp32", ()) in services.calls
    Pins().save_picture(file, "esp32", ("dht22",), {})
    assert "dhtpin" in file.read_text(encoding="utf-8")
