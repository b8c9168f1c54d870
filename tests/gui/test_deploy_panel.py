"""Deploy (USB): what can be chosen, what is asked of the services, and what follows a deploy."""

from pathlib import Path
from typing import Any

from fake_services import SECRET, USB, FakeServices
from fake_usb import COMMAND
from window_driver import Driver, opened, until

from devtoolkit.boards.loader import board as find_board
from devtoolkit.gui.qt import QApplication, QLabel, QLineEdit, QPushButton
from devtoolkit.services.firmware_store import StoredFirmware
from devtoolkit.services.port_list import DriveEntry


def ready(driver: Driver) -> Any:
    panel = driver.panel("deploy")
    until(lambda: panel.go.isEnabled(), "the choices are loaded")
    until(lambda: panel.port.findData("/dev/ttyUSB0") >= 0, "the ports")
    return panel


def choose(box: Any, data: object) -> None:
    at = box.findData(data)
    assert at >= 0, data
    box.setCurrentIndex(at)
    box.activated.emit(at)


def asked(services: FakeServices, word: str) -> list[tuple[Any, ...]]:
    return [call[1:] for call in services.calls if call[0] == word]


def texts(root: Any) -> str:
    return "\n".join(label.text() for label in root.findChildren(QLabel) if label.isVisible())


def test_a_profile_is_chosen_and_its_settings_go_with_the_deploy(driver: Driver, services: FakeServices) -> None:
    panel = ready(driver)
    choose(panel.port, "/dev/ttyUSB0")
    assert panel.config.box.currentText() == "New, with the usual settings"
    panel.config.box.setCurrentIndex(panel.config.box.findText("New, for: lamp"))
    assert "rgb color" in panel.config.told.text()
    panel.go.click()
    assert "New, for: lamp" in texts(driver.dialog())
    driver.yes()
    driver.ended("Deploy")
    ((request,),) = asked(services, "deploy")
    assert request.config.name == "lamp.json"
    assert request.port == "/dev/ttyUSB0"


def test_a_kept_configuration_brings_its_name_unless_one_was_typed(driver: Driver) -> None:
    panel = ready(driver)
    panel.config.box.setCurrentIndex(panel.config.box.findText("As kept: Lamp"))
    assert panel.name.text() == "Lamp"
    assert panel.wifi.placeholderText() == "as in the configuration"
    assert panel.config.file == Path("/home/maker/Lamp-node_config.json")
    panel.config.take_file("/home/maker/other.json")
    assert panel.config.file == Path("/home/maker/other.json")
    panel.config.box.setCurrentIndex(0)
    assert panel.config.file is None


def test_a_choice_stays_when_the_panel_is_shown_again(driver: Driver) -> None:
    panel = ready(driver)
    choose(panel.port, "/dev/ttyUSB0")
    panel.config.box.setCurrentIndex(panel.config.box.findText("New, for: lamp"))
    panel.micropython.take_file("/home/maker/mine.bin")
    driver.panel("log")
    driver.panel("deploy")
    until(lambda: not driver.hub.jobs.running, "it is loaded anew")
    assert panel.config.file is not None
    assert panel.micropython.path == Path("/home/maker/mine.bin")


def test_firmware_that_is_not_in_the_store_is_downloaded_and_then_said_to_be_there(
    driver: Driver, services: FakeServices
) -> None:
    panel = ready(driver)
    choose(panel.port, "/dev/ttyUSB0")
    choose(panel.board, "esp32")
    assert "recommended" in panel.firmware.currentText()
    assert not panel.micropython.fetch.isHidden()
    panel.micropython.fetch.click()
    assert driver.ended("Download").state == "done"
    assert asked(services, "fetch") == [("esp32", False)]
    assert panel.micropython.fetch.isHidden()
    assert "in the firmware store" in panel.micropython.told.text()


def test_a_firmware_without_a_published_checksum_wants_a_deliberate_tick(
    driver: Driver, services: FakeServices
) -> None:
    panel = ready(driver)
    choose(panel.port, "/dev/ttyUSB0")
    choose(panel.board, "tinypico")
    assert find_board("tinypico").firmware.sha256 == ""
    assert not panel.micropython.warning.isHidden()
    assert not panel.micropython.fetch.isEnabled()
    panel.go.click()
    until(driver.errors, "it is refused with words")
    assert "checksum" in driver.errors()[0].heading.text()
    driver.errors()[0].accept()
    panel.micropython.unverified.setChecked(True)
    panel.go.click()
    driver.yes()
    driver.ended("Deploy")
    ((request,),) = asked(services, "deploy")
    assert request.accept_unverified
    choose(panel.board, "esp32")
    assert not panel.micropython.unverified.isChecked(), "the tick is for that one board"


def test_other_firmware_of_the_store_is_offered_only_for_its_boards_and_never_a_changed_one(qapp: object) -> None:
    services = FakeServices()
    services.stored_files = (
        StoredFirmware("esp32-old.bin", "/store/esp32-old.bin", 1 << 20, "0", ("esp32",), "recorded"),
        StoredFirmware("s3.bin", "/store/s3.bin", 1 << 20, "0", ("esp32s3",), "recorded"),
        StoredFirmware("bad.bin", "/store/bad.bin", 1 << 20, "0", ("esp32",), "changed"),
    )
    with opened(services) as driver:
        panel = ready(driver)
        choose(panel.port, "/dev/ttyUSB0")
        choose(panel.board, "esp32")
        offered = [panel.firmware.itemData(at) for at in range(panel.firmware.count())]
        assert "/store/esp32-old.bin" in offered
        assert not {"/store/s3.bin", "/store/bad.bin"} & {str(one) for one in offered}


def test_a_board_in_its_boot_drive_is_found_while_one_looks_and_deployed_without_a_port(
    driver: Driver, services: FakeServices
) -> None:
    panel = ready(driver)
    assert panel.drive.box.isHidden()
    choose(panel.port, "drive")
    assert panel.board.currentData() == "rp2"
    assert not panel.drive.box.isHidden()
    assert "BOOTSEL" in panel.drive.told.text()
    panel.go.click()
    until(driver.errors, "nothing is there to write to")
    driver.errors()[0].accept()
    services.drives_there = (DriveEntry("/media/maker/RPI-RP2", "Raspberry Pi RP2", "rp2040"),)
    until(lambda: panel.drive.box.findData("/media/maker/RPI-RP2") >= 0, "the drive shows up by itself")
    panel.go.click()
    assert "/media/maker/RPI-RP2" in texts(driver.dialog())
    driver.yes()
    driver.ended("Deploy")
    ((request,),) = asked(services, "deploy")
    assert (request.port, request.boot_drive) == ("", Path("/media/maker/RPI-RP2"))


def test_a_drive_that_the_user_names_is_used(driver: Driver, services: FakeServices) -> None:
    panel = ready(driver)
    choose(panel.port, "drive")
    panel.drive.take_folder("/mnt/pico")
    panel.go.click()
    driver.yes()
    driver.ended("Deploy")
    ((request,),) = asked(services, "deploy")
    assert request.boot_drive == Path("/mnt/pico")


def test_after_a_deploy_without_wifi_the_node_joins_one_of_the_networks_it_sees(
    driver: Driver, services: FakeServices
) -> None:
    panel = ready(driver)
    choose(panel.port, "/dev/ttyUSB0")
    panel.go.click()
    driver.yes()
    driver.ended("Deploy")
    until(lambda: panel.done.isVisible(), "the result")
    assert "own network" in panel.done.words.text()
    panel.done.join.click()
    until(lambda: panel.join.list.count() == 3, "the networks")
    assert asked(services, "scan") == [("/dev/ttyUSB0",)]
    assert "strong" in panel.join.list.item(0).text()
    assert "weak" in panel.join.list.item(2).text()
    panel.join.list.setCurrentRow(1)
    assert panel.join.name.text() == "workshop"
    panel.join.password.setText(SECRET)
    panel.join.go.click()
    job = driver.ended("Join Wi-Fi")
    assert asked(services, "join") == [("/dev/ttyUSB0", "workshop", SECRET, False)]
    assert "joins workshop" in job.report()
    assert SECRET not in job.report()
    assert panel.join.password.text() == ""
    assert "workshop" in panel.join.told.text()


def test_a_node_without_a_cable_is_told_its_wifi_over_its_own_network(driver: Driver, services: FakeServices) -> None:
    panel = ready(driver)
    panel.join_button.click()
    choose(panel.join.port, "air")
    assert not panel.join.scan.isEnabled()
    panel.join.go.click()
    until(driver.errors, "a network has to be named")
    driver.errors()[0].accept()
    panel.join.name.setText("home")
    panel.join.password.setText(SECRET)
    panel.join.go.click()
    driver.ended("Join Wi-Fi")
    assert asked(services, "join over network") == [("home", SECRET)]


def test_driver_help_shows_itself_once_with_a_command_to_copy_and_is_remembered(qapp: object) -> None:
    services = FakeServices()
    services.asked_before = False
    with opened(services) as driver:
        panel = ready(driver)
        until(lambda: panel.drivers.isVisible(), "the help")
        assert "To do" in texts(panel.drivers)
        field = panel.drivers.findChild(QLineEdit)
        assert field.text() == COMMAND
        press = next(one for one in panel.drivers.findChildren(QPushButton) if one.text() == "Copy command")
        press.click()
        assert QApplication.clipboard().text() == COMMAND
        panel.drivers.close_.click()
        until(lambda: asked(services, "driver help") == [(False,)], "it is remembered")
        assert not panel.drivers.isVisible()


def test_driver_help_of_somebody_who_has_seen_it_comes_only_on_request(driver: Driver) -> None:
    panel = ready(driver)
    until(lambda: not driver.hub.jobs.running, "all is read")
    assert not panel.drivers.isVisible()
    panel.help.click()
    until(lambda: panel.drivers.isVisible(), "the help")


def test_a_port_that_comes_back_does_not_take_the_users_choice_away(qapp: object) -> None:
    other = type(USB)("/dev/ttyUSB1", "CH340", "1a86:7523")
    services = FakeServices(ports=(USB, other))
    with opened(services) as driver:
        panel = ready(driver)
        until(lambda: panel.port.findData("/dev/ttyUSB1") >= 0, "both ports")
        choose(panel.port, "/dev/ttyUSB1")
        driver.hub.watcher.tell(lambda roster: roster.plugged((other,)))
        until(lambda: panel.port.findData("/dev/ttyUSB0") < 0, "one is pulled out")
        assert panel.port.port == "/dev/ttyUSB1"
