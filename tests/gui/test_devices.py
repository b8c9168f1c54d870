"""The list on the left: what is one board is one row, 500 of them stop nothing, and the menu does what it says."""

import time

from fake_services import LAMP, USB, FakeServices, device
from window_driver import Driver, opened, until

from devtoolkit.gui.device_actions import menu_for
from devtoolkit.gui.device_model import ALL, HERE
from devtoolkit.gui.device_model import USB as ON_USB
from devtoolkit.gui.device_painter import RowPainter
from devtoolkit.gui.dialogs import AskDialog
from devtoolkit.gui.qt import QApplication, QPainter, QPixmap, QRect, Qt, QTimer
from devtoolkit.gui.roster import BETWEEN, Roster
from devtoolkit.services.port_list import PortEntry

MANY = 500
BLOCK_MS = 50


class Heartbeat:
    """How long the GUI's thread did not come round, at worst, in milliseconds."""

    def __init__(self) -> None:
        self.worst_ms = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer(interval=1, timerType=Qt.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.worst_ms = max(self.worst_ms, (now - self._last) * 1000)
        self._last = now


def shown(driver: Driver) -> list[str]:
    view = driver.window.devices.filter
    return [view.index(at, 0).data() for at in range(view.rowCount())]


def test_a_virtual_board_and_its_node_are_one_row() -> None:
    roster = Roster()
    board = PortEntry("virtual:demo", "Virtual board", chip="ESP32", mac="02:00:00:00:00:07")
    (key,) = roster.plugged((board,))
    assert roster.row(key).state == "Powered off"
    assert roster.seen(device("demo", 0x020000000007)) == {key}
    row = roster.row(key)
    assert (row.kind, row.state, row.port) == ("virtual", "Online", "virtual:demo")
    assert roster.plugged(()) == {key}
    assert roster.row(key).kind == "node"


def test_nodes_and_ports_appear_and_vanish_by_themselves(driver: Driver, services: FakeServices) -> None:
    until(lambda: shown(driver) == ["/dev/ttyUSB0", "FrontDoor", "Lamp"], "those that are here")
    services.entries = ()
    services.appear(device("Lamp", 1, status="OFFLINE"))
    until(lambda: shown(driver) == ["FrontDoor"], "the others are gone")
    driver.window.devices.mode.setCurrentIndex(driver.window.devices.mode.findData(ALL))
    assert shown(driver) == ["FrontDoor", "Garden", "Lamp"]


def test_a_node_that_gets_another_name_stays_selected_in_its_new_place(driver: Driver, services: FakeServices) -> None:
    driver.select("Lamp")
    wanted: list[tuple[str, ...]] = []
    driver.hub.selection_changed.connect(lambda rows: wanted.append(tuple(row.name for row in rows)))
    for name, place in (("Attic", 1), ("Zoo", 2), ("Lamp", 2), ("Lantern", 2)):  # up, down, and where it is
        services.appear(device(name, 1))
        until(lambda name=name: name in shown(driver), name)
        assert shown(driver).index(name) == place
        assert [row.name for row in driver.window.devices.rows()] == [name]
        until(lambda name=name: driver.window.subject.text() == name, "the title")
    assert () not in wanted
    services.entries = (PortEntry("/dev/ttyUSB1", "CP2102", chip="ESP32", mac="00:00:00:00:00:01"),)
    until(lambda: shown(driver)[0] == "Lantern", "it is plugged in: the first")
    assert [row.name for row in driver.window.devices.rows()] == ["Lantern"]


def test_search_and_filter_show_what_matches_and_say_when_nothing_does(driver: Driver) -> None:
    devices = driver.window.devices
    until(lambda: len(shown(driver)) == 3, "rows")
    devices.field.setText("10.0.0 lamp")
    until(lambda: shown(driver) == ["Lamp"], "one row")
    devices.field.setText("no such thing")
    until(lambda: not shown(driver) and devices.empty.isVisible(), "none")
    assert "Nothing matches" in devices.empty.text()
    devices.field.clear()
    until(lambda: len(shown(driver)) == 3, "rows")
    devices.mode.setCurrentIndex(devices.mode.findData(ON_USB))
    assert shown(driver) == ["/dev/ttyUSB0"]
    until(lambda: devices.mode.findData("tag:garden") > 0, "tags are offered")
    devices.mode.setCurrentIndex(devices.mode.findData("tag:garden"))
    assert "Garden" in shown(driver)
    devices.mode.setCurrentIndex(devices.mode.findData(HERE))


def test_the_menu_greys_what_does_not_apply_and_forgets_only_after_a_question(
    driver: Driver, services: FakeServices
) -> None:
    driver.select("/dev/ttyUSB0")
    on_usb = {action.text() for action in menu_for(driver.hub.selection, driver.hub, driver.window).actions()
              if action.isEnabled() and action.text()}  # fmt: skip
    assert on_usb == {"Deploy (USB)"}
    driver.select("Lamp")
    menu = menu_for(driver.hub.selection, driver.hub, driver.window)
    actions = {action.text(): action for action in menu.actions()}
    actions["Reboot"].trigger()
    driver.yes()
    driver.ended("Restart Lamp")
    assert ("shell", LAMP.uid, "reboot") in services.calls
    actions["Forget"].trigger()
    assert driver.dialog(AskDialog).no.isDefault()
    driver.yes()
    until(lambda: "Lamp" not in shown(driver), "it is gone")
    assert ("forget", (LAMP.uid,)) in services.calls


def test_several_nodes_can_be_updated_together(driver: Driver, services: FakeServices) -> None:
    until(lambda: len(shown(driver)) == 3, "rows")
    driver.window.devices.list.selectAll()
    assert "3 selected" in driver.window.subject.text()
    panel = driver.panel("ota")
    panel.go.click()
    driver.yes()
    driver.ended("Update (OTA)")
    assert [call[1] for call in services.calls if call[0] == "ota"] == [(device("FrontDoor", 2).uid, LAMP.uid)]
    assert panel.results.rowCount() == 2
    assert "2.0.0-0" in panel.results.row_text(0)


def test_five_hundred_nodes_whose_state_arrives_do_not_stop_the_window(qapp: object) -> None:
    """The figure is the benchmark's (`dev.py bench gui`); here only that work is done in portions."""
    fleet = [device(f"node{number:03d}", number + 1) for number in range(MANY)]
    with opened(FakeServices(fleet, (USB,))) as driver:
        heart = Heartbeat()
        until(lambda: driver.hub.model.rowCount() == MANY + 1, "all rows")
        for number, one in enumerate(fleet):
            driver.hub.watcher.seen(device(one.fuid, number + 1, latency_s=0.5))
        until(lambda: all("500 ms" in row.line for row in driver.hub.model.rows()[1:]), "all states")
        QApplication.processEvents()
        assert heart.worst_ms < BLOCK_MS * 10


def test_a_part_of_the_second_line_that_has_no_room_is_left_out_as_a_whole(driver: Driver) -> None:
    picture = QPixmap(400, 50)
    painter = QPainter(picture)
    try:
        line = BETWEEN.join(("192.168.178.101", "2.0.0-0", "12 ms"))
        measure = painter.fontMetrics().horizontalAdvance
        shown = {RowPainter._fitting(painter, line, QRect(0, 0, room, 20)) for room in range(10, measure(line) + 1)}
    finally:
        painter.end()
    assert shown == {line, line.removesuffix(f"{BETWEEN}12 ms"), "192.168.178.101"}
