"""Every driver file follows the schema, every USB chip on a known board has one, and each system gets its help."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from devtoolkit import paths
from devtoolkit.boards.loader import load_boards
from devtoolkit.errors import DataFileError
from devtoolkit.services import drivers
from devtoolkit.services.drivers import Access, System
from devtoolkit.tools.serial_ports import SerialPort

FILES = sorted(paths.drivers().glob("*.toml"))
CP210X = SerialPort("/dev/ttyUSB0", "CP2102", "10c4:ea60")


def read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_driver_file_says_what_to_do_on_every_system(file: Path) -> None:
    table = read(file)
    assert set(table) == {"title", "usb_ids", "linux", "macos", "windows"}
    assert table["title"]
    for system in ("linux", "macos", "windows"):
        assert {"included", "install"} <= set(table[system]) <= {"included", "install", "page"}
        assert table[system]["included"] in (True, False)
        assert table[system]["install"].endswith(".")
        assert table[system]["included"] or table[system]["page"].startswith("https://")
    assert table["linux"]["included"] is True


def test_no_usb_chip_has_two_driver_files() -> None:
    ids = [one for file in FILES for one in read(file)["usb_ids"]]
    assert len(ids) == len(set(ids)) > 0


@pytest.mark.parametrize("board", load_boards(), ids=lambda board: board.id)
def test_every_usb_chip_of_a_board_has_a_driver_file(board: Any) -> None:
    assert all(drivers.driver_for(usb_id) for usb_id in board.usb_ids)


def test_a_damaged_driver_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_text('title = "Odd"\nusb_ids = ["10C4:EA60"]\n')
    with pytest.raises(DataFileError, match=r"odd\.toml"):
        drivers.drivers(tmp_path)


@pytest.mark.parametrize("system", ["macos", "windows"])
def test_without_a_port_the_makers_pages_are_named(system: System) -> None:
    found = drivers.findings((), system)
    pages = {one.page for one in found if one.page}
    assert any("silabs.com" in page for page in pages)
    assert any("wch-ic.com" in page for page in pages)
    assert any("ftdichip.com" in page for page in pages)
    assert not any(one.command for one in found)
    assert not any(one.ok for one in found)


@pytest.mark.parametrize("system", ["linux", "macos", "windows"])
def test_a_port_that_is_there_needs_no_driver(system: System) -> None:
    found = drivers.findings((CP210X,), system, Access(member=True))
    assert all(one.ok for one in found)
    assert found[0].subject == "/dev/ttyUSB0 (10c4:ea60)"
    assert "CP2102" in found[0].text
    assert not any(one.page or one.command for one in found)


def test_on_linux_a_forbidden_port_gets_one_command_with_rule_and_group() -> None:
    found = drivers.findings((CP210X,), "linux", Access("uucp", forbidden=("/dev/ttyUSB0",)))
    wrong = [one for one in found if not one.ok]
    assert len(wrong) == 1
    assert "/dev/ttyUSB0" in wrong[0].text
    command = wrong[0].command
    assert "\n" not in command
    assert 'usermod -aG uucp "$USER"' in command
    assert drivers.RULES_FILE in command
    rule = re.search(r"echo '([^']*)'", command)
    assert rule is not None
    assert rule[1] == drivers.udev_rule()
    vendors = re.search(r'ATTRS\{idVendor\}=="([0-9a-f|]+)"', rule[1])
    assert vendors is not None
    assert set(vendors[1].split("|")) == {one.partition(":")[0] for file in FILES for one in read(file)["usb_ids"]}


def test_on_linux_a_user_with_a_rule_needs_no_group() -> None:
    found = drivers.findings((CP210X,), "linux", Access(rules=True))
    assert all(one.ok for one in found)


def test_what_was_asked_once_is_remembered() -> None:
    assert not drivers.asked_before()
    drivers.remember_asked(opened=False)
    assert drivers.asked_before()


def test_this_machine_can_be_looked_at() -> None:
    """Whatever is plugged in here: an answer comes, and nothing is run."""
    assert drivers.findings()
