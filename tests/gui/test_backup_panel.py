"""Backup and Update (USB): what is kept, what is put back, and what an update would do before it does it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from fake_services import FakeServices
from fake_usb import BACKUPS, FOLDER, FakeUsb
from window_driver import Driver, opened, until

from devtoolkit.gui.dialogs import AskDialog
from devtoolkit.gui.qt import QLabel
from devtoolkit.services.firmware_store import StoredFirmware
from devtoolkit.services.port_list import DriveEntry
from devtoolkit.services.usb_resume import Interrupted
from devtoolkit.services.usb_update_plan import UpdatePlan

PORT = "/dev/ttyUSB0"
WAITING = (("micre6610000000000e1OS", "shed"), ("micre6610000000000e2OS", "tower"))


def asked(services: FakeServices, word: str) -> list[tuple[Any, ...]]:
    return [call[1:] for call in services.calls if call[0] == word]


def texts(root: Any) -> str:
    return "\n".join(label.text() for label in root.findChildren(QLabel) if label.isVisible())


def backup(driver: Driver) -> Any:
    driver.select(PORT)
    panel = driver.panel("backup")
    until(lambda: panel.list.count() == len(BACKUPS), "the history")
    return panel


def test_a_backup_says_where_it_is_and_a_restore_asks_first(driver: Driver, services: FakeServices) -> None:
    panel = backup(driver)
    panel.save.click()
    driver.ended("Back up")
    assert FOLDER in panel.told.text()
    panel.list.setCurrentRow(0)
    panel.restore.click()
    assert not asked(services, "restore")
    driver.yes()
    driver.ended("Restore")
    assert asked(services, "backup") == [(PORT, True)]
    assert asked(services, "restore") == [(PORT, FOLDER, True)]


def test_the_history_tells_whose_when_and_how_much(driver: Driver) -> None:
    panel = backup(driver)
    lines = [panel.list.item(at).text() for at in range(panel.list.count())]
    assert "Lamp" in lines[0]
    assert "64 files, 208 KiB" in lines[0]
    assert "configuration" in lines[1]
    assert "2026-11-" in lines[0]


def test_only_the_configuration_of_a_chosen_backup_is_put_back(driver: Driver, services: FakeServices) -> None:
    panel = backup(driver)
    panel.list.setCurrentRow(1)
    assert not panel.restore.isEnabled(), "a configuration is no whole backup"
    panel.restore_config.click()
    driver.yes()
    driver.ended("Restore")
    assert asked(services, "restore") == [(PORT, "/home/maker/Lamp-node_config.json", False)]
    panel.what.setCurrentIndex(1)
    panel.save.click()
    driver.ended("Back up")
    assert asked(services, "backup") == [(PORT, False)]


def test_backups_of_the_chosen_board_come_first_and_another_boards_are_warned_of(qapp: object) -> None:
    mine = replace(FakeServices().entries[0], mac="00:00:00:00:00:03")  # Garden's
    services = FakeServices(ports=(mine,))
    with opened(services) as driver:
        panel = driver.panel("backup")
        until(lambda: panel.list.count() == len(BACKUPS) and "Garden" in panel.list.item(0).text(), "its own first")
        assert panel.list.currentRow() == 0
        panel.list.setCurrentRow(1)
        panel.restore.click()
        assert "another board, Lamp" in texts(driver.dialog())


def test_without_any_backup_the_panel_says_how_to_get_one(qapp: object) -> None:
    services = FakeServices(ports=())
    services.saved = ()
    with opened(services) as driver:
        panel = driver.panel("backup")
        until(lambda: panel.none.isVisible(), "words")
        assert panel.empty.isVisible()
        assert not panel.save.isEnabled()
        assert not panel.restore.isEnabled()


def update(driver: Driver) -> Any:
    driver.select(PORT)
    panel = driver.panel("usb_update")
    until(lambda: panel.board.count() > 1, "the boards")
    return panel


def test_the_plan_of_an_update_is_shown_before_anything_is_sent(driver: Driver, services: FakeServices) -> None:
    panel = update(driver)
    panel.go.click()
    words = texts(driver.dialog(AskDialog))
    for told in ("1.9.0-1", "2.0.0-0", "2 files", "LM_gone.mpy", "LM_aquarium.py"):
        assert told in words
    assert not asked(services, "usb_update")
    driver.yes()
    driver.ended("Update (USB)")
    assert asked(services, "usb_update") == [(PORT, False, None, None)]
    assert "Lamp runs 2.0.0-0 now" in panel.told.text()


def test_only_looking_changes_nothing_and_lists_every_file(driver: Driver, services: FakeServices) -> None:
    panel = update(driver)
    panel.look.click()
    driver.ended("Look at")
    until(lambda: panel.plan.isVisible(), "the plan")
    lines = [panel.files.item(at).text() for at in range(panel.files.count())]
    assert [line.split("  \u00b7  ")[:2] for line in lines] == [
        ["send", "LM_rgb.mpy"], ["send", "main.mpy"], ["remove", "LM_gone.mpy"],
    ]  # fmt: skip
    assert not asked(services, "usb_update")


def test_a_board_that_has_every_file_is_left_alone(driver: Driver, services: FakeServices) -> None:
    services.plan = UpdatePlan((), (), (), (), ())
    panel = update(driver)
    panel.go.click()
    driver.ended("Look at")
    assert "every file of 2.0.0-0 already" in panel.told.text()
    assert not asked(services, "usb_update")


def test_sending_every_file_says_which_of_the_users_modules_give_way(driver: Driver, services: FakeServices) -> None:
    services.plan = replace(FakeUsb.plan, shadowing=("LM_rgb.py",))
    panel = update(driver)
    panel.force.setChecked(True)
    panel.go.click()
    assert "LM_rgb.py of yours give way" in texts(driver.dialog(AskDialog))
    driver.yes()
    driver.ended("Update (USB)")
    assert asked(services, "usb_update") == [(PORT, True, None, None)]


def test_micropython_is_written_anew_only_for_a_chosen_board_with_a_file_at_hand(
    driver: Driver, services: FakeServices
) -> None:
    services.stored_files = (StoredFirmware("mine.bin", "/store/mine.bin", 1 << 20, "0", ("esp32",), "recorded"),)
    panel = update(driver)
    assert panel.micropython.box.count() == 1, "without a board's type there is nothing to offer"
    panel.board.setCurrentIndex(panel.board.findData("esp32"))
    panel.micropython.box.setCurrentIndex(1)  # the recommended one, which is not in the store
    panel.go.click()
    until(driver.errors, "it says that it has to be downloaded")
    driver.errors()[0].accept()
    panel.micropython.box.setCurrentIndex(panel.micropython.box.findData("/store/mine.bin"))
    panel.go.click()
    assert "written anew" in texts(driver.dialog(AskDialog))
    driver.yes()
    driver.ended("Update (USB)")
    assert asked(services, "usb_update") == [(PORT, False, "esp32", Path("/store/mine.bin"))]


def test_an_interrupted_update_of_an_rp2_board_is_finished_through_its_boot_drive(
    driver: Driver, services: FakeServices
) -> None:
    panel = update(driver)
    assert panel.port.findData("drive") < 0, "nothing waits: there is nothing to finish"
    services.waiting = tuple(Interrupted(uid, name, "rp2", "rp2040", Path(FOLDER)) for uid, name in WAITING)
    panel.refresh()
    until(lambda: panel.port.findData("drive") >= 0, "the drive is offered")
    assert panel.whose.isHidden()
    panel.port.choose("drive")
    assert [panel.whose.itemText(at) for at in range(panel.whose.count())] == [
        f"{name} ({uid})" for uid, name in WAITING
    ]
    assert not panel.whose.isHidden()
    panel.go.click()
    until(driver.errors, "no drive is there yet")
    driver.errors()[0].accept()
    services.drives_there = (DriveEntry("/media/maker/RPI-RP2", "Raspberry Pi RP2", "rp2040"),)
    until(lambda: panel.drive.only is not None, "it shows up by itself")
    panel.whose.setCurrentIndex(1)
    panel.go.click()
    words = texts(driver.dialog(AskDialog))
    for told in ("/media/maker/RPI-RP2", WAITING[1][1], WAITING[1][0], "does not tell whose board"):
        assert told in words
    assert not asked(services, "usb_update")
    services.waiting = ()
    driver.yes()
    driver.ended("Update (USB)")
    chosen = (Path("/media/maker/RPI-RP2"), WAITING[1][0])
    assert asked(services, "usb_update") == [("", False, None, None, *chosen)]
    until(lambda: panel.port.findData("drive") < 0, "nothing waits any more")
    assert "Lamp runs 2.0.0-0 now" in panel.told.text()
