"""The right firmware is found, and a wrong or damaged one is refused in one line that says what to do."""

import dataclasses
import hashlib
import os
from pathlib import Path

import pytest
from firmware_files import firmware_folder

from devtoolkit import paths
from devtoolkit.boards.loader import board
from devtoolkit.codecs import esp_image, partition_table
from devtoolkit.codecs.esp_image import Segment
from devtoolkit.codecs.flash_layout import CHIPS, Chip
from devtoolkit.codecs.partition_table import TYPE_APP, TYPE_DATA, Partition
from devtoolkit.errors import FirmwareError
from devtoolkit.model.board import Board
from devtoolkit.services import firmware

ESP32 = board("esp32")


def made_for(chip: Chip) -> bytes:
    loader = esp_image.build([Segment(0x3FFB0000, b"bootloader")], 0, chip.chip_id)
    table = partition_table.build(
        [Partition("nvs", TYPE_DATA, 2, 0x9000, 0x6000), Partition("factory", TYPE_APP, 0, 0x10000, 0x1F0000)]
    )
    head = loader.ljust(0x8000 - chip.firmware_offset, b"\xff") + table
    return head.ljust(0x10000 - chip.firmware_offset, b"\xff") + esp_image.build(
        [Segment(0x3FFB0000, bytes(99))], 0, chip.chip_id
    )


GOOD = made_for(CHIPS[0])


def catalogued(data: bytes) -> Board:
    """The ESP32 board, as if `data` were its published firmware."""
    sha256 = hashlib.sha256(data).hexdigest()
    return dataclasses.replace(ESP32, firmware=dataclasses.replace(ESP32.firmware, sha256=sha256))


@pytest.fixture
def firmware_dir() -> Path:
    folder = firmware_folder()
    if folder is None:
        pytest.skip("no real firmware here: set MICROS_FIRMWARE_DIR")
    return folder


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The local store, empty; no other folder is looked into."""
    monkeypatch.delenv(firmware.FOLDER_VARIABLE, raising=False)
    folder = paths.firmware_store()
    folder.mkdir(parents=True)
    return folder


def test_a_given_file_is_taken_whatever_its_name(tmp_path: Path, store: Path) -> None:
    file = tmp_path / "mine.bin"
    file.write_bytes(GOOD)
    found = firmware.find(ESP32, file)
    assert (found.name, found.data, found.published) == ("mine.bin", GOOD, False)


def test_the_published_file_is_found_in_the_store_and_checked(store: Path) -> None:
    (store / ESP32.firmware.file).write_bytes(GOOD)
    found = firmware.find(catalogued(GOOD))
    assert (found.path, found.data, found.published) == (store / ESP32.firmware.file, GOOD, True)
    assert firmware.in_store(ESP32) == found.path


def test_further_folders_are_looked_into_in_their_order(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    (two / ESP32.firmware.file).write_bytes(GOOD)
    monkeypatch.setenv(firmware.FOLDER_VARIABLE, os.pathsep.join([str(one), "", str(two)]))
    assert firmware.folders() == (store, one, two)
    assert firmware.find(catalogued(GOOD)).path == two / ESP32.firmware.file


def test_a_missing_firmware_is_named_with_place_and_address(store: Path) -> None:
    with pytest.raises(FirmwareError, match=ESP32.firmware.file) as caught:
        firmware.find(ESP32)
    assert str(store) in caught.value.hint
    assert f"https://micropython.org/resources/firmware/{ESP32.firmware.file}" in caught.value.hint
    assert firmware.in_store(ESP32) is None


def test_a_published_name_with_other_bytes_is_refused(store: Path) -> None:
    (store / ESP32.firmware.file).write_bytes(GOOD)
    with pytest.raises(FirmwareError, match="not the published file"):
        firmware.find(ESP32)


def test_a_given_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FirmwareError, match=r"nowhere\.bin cannot be read"):
        firmware.find(ESP32, tmp_path / "nowhere.bin")


def test_whole_firmware_for_the_board_s_chip_is_accepted() -> None:
    firmware.check_firmware(GOOD, ESP32, "good.bin")


@pytest.mark.parametrize("chip", CHIPS[1:], ids=lambda chip: chip.name)
def test_firmware_for_another_chip_says_both_chips(chip: Chip) -> None:
    with pytest.raises(FirmwareError) as caught:
        firmware.check_firmware(made_for(chip), ESP32, "other.bin")
    assert caught.value.message == f"other.bin is made for the {chip.title}, but the board esp32 has the ESP32."
    assert ESP32.firmware.file in caught.value.hint


@pytest.mark.parametrize("data", [b"", b"<html>not found</html>" * 9, GOOD[:-1], GOOD[: len(GOOD) // 2], GOOD[:30]])
def test_damaged_firmware_is_refused_in_one_line_that_names_the_file(data: bytes) -> None:
    with pytest.raises(FirmwareError, match=r"^good\.bin cannot be used: ") as caught:
        firmware.check_firmware(data, ESP32, "good.bin")
    assert "\n" not in caught.value.message
    assert caught.value.exit_code == 12


@pytest.mark.firmware
def test_the_real_firmware_of_each_board_passes_and_the_others_do_not(
    firmware_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(firmware.FOLDER_VARIABLE, str(firmware_dir))
    for one in (ESP32, board("rp2")):
        found = firmware.find(one)
        assert found.published
        firmware.check_firmware(found.data, one, found.name)
        with pytest.raises(FirmwareError, match="cannot be used"):
            firmware.check_firmware(found.data[:-1], one, found.name)
    for other in firmware_dir.glob("ESP32_GENERIC_*.bin"):
        with pytest.raises(FirmwareError, match="made for the ESP32-"):
            firmware.check_firmware(other.read_bytes(), ESP32, other.name)
