"""Where the file system lies, and whether a combined firmware is whole: on made-up and on real firmware."""

import functools
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtoolkit.codecs import esp_image, flash_layout, partition_table
from devtoolkit.codecs.esp_image import Segment
from devtoolkit.codecs.flash_layout import Region
from devtoolkit.codecs.partition_table import TYPE_APP, TYPE_DATA, Partition
from devtoolkit.errors import CodecError

MB = 1 << 20
NEW = (
    Partition("nvs", TYPE_DATA, 2, 0x9000, 0x6000),
    Partition("phy_init", TYPE_DATA, 1, 0xF000, 0x1000),
    Partition("factory", TYPE_APP, 0, 0x10000, 0x1F0000),
)
OLD = (*NEW, Partition("vfs", TYPE_DATA, partition_table.SUBTYPE_FAT, 0x200000, 0x600000))

REAL = [
    ("ESP32_GENERIC", "esp32"),
    ("ESP32_GENERIC_S2", "esp32s2"),
    ("ESP32_GENERIC_S3", "esp32s3"),
    ("ESP32_GENERIC_C3", "esp32c3"),
]


def combined(chip_name: str, parts: tuple[Partition, ...] = NEW, app_chip: int | None = None) -> bytes:
    chip = flash_layout.chip_by_name(chip_name)
    assert chip
    loader = esp_image.build([Segment(0x3FFB0000, b"bootloader")], 0, chip.chip_id)
    app = esp_image.build([Segment(0x3FFB0000, bytes(500))], 0, chip.chip_id if app_chip is None else app_chip)
    head = loader.ljust(partition_table.TABLE_OFFSET - chip.firmware_offset, b"\xff") + partition_table.build(parts)
    return head.ljust(0x10000 - chip.firmware_offset, b"\xff") + app


@pytest.mark.parametrize(("megabytes", "blocks"), [(4, 512), (8, 1536), (16, 3584)])
def test_without_vfs_entry_the_file_system_goes_from_the_last_partition_to_the_end_of_the_flash(
    megabytes: int, blocks: int
) -> None:
    region = flash_layout.file_system_region(NEW, megabytes * MB)
    assert region == Region(0x200000, (megabytes - 2) * MB)
    assert (region.block_count, region.end) == (blocks, megabytes * MB)


def test_a_vfs_entry_wins_whatever_the_flash_size() -> None:
    assert flash_layout.file_system_region(OLD, 16 * MB) == Region(0x200000, 6 * MB)


@pytest.mark.parametrize(
    ("parts", "flash_size"), [((), 4 * MB), (OLD, 4 * MB), (NEW, 2 * MB), (NEW, 2 * MB + 4096), (NEW, 1 * MB)]
)
def test_partitions_that_leave_no_room_are_refused(parts: tuple[Partition, ...], flash_size: int) -> None:
    with pytest.raises(CodecError):
        flash_layout.file_system_region(parts, flash_size)


@given(st.integers(0x200000 + 8192, 64 * MB))
def test_the_region_is_whole_blocks_within_the_flash(flash_size: int) -> None:
    region = flash_layout.file_system_region(NEW, flash_size)
    assert region.size == region.block_count * 4096
    assert flash_size - 4096 < region.end <= flash_size


@pytest.mark.parametrize("chip", flash_layout.CHIPS, ids=lambda chip: chip.name)
def test_a_firmware_is_read_at_the_offset_of_its_chip(chip: flash_layout.Chip) -> None:
    found = flash_layout.check_firmware(combined(chip.name))
    assert (found.chip_id, found.firmware_offset, found.partitions) == (chip.chip_id, chip.firmware_offset, NEW)
    assert flash_layout.combined_partitions(combined(chip.name), chip.firmware_offset) == NEW
    assert flash_layout.chip_by_id(chip.chip_id) is flash_layout.chip_by_name(chip.title) is chip


@given(st.integers(0, len(combined("esp32")) - 1))
def test_a_firmware_cut_off_anywhere_is_noticed(length: int) -> None:
    with pytest.raises(CodecError):
        flash_layout.check_firmware(combined("esp32")[:length])


@given(st.binary(max_size=100))
def test_random_bytes_are_no_firmware(data: bytes) -> None:
    with pytest.raises(CodecError):
        flash_layout.check_firmware(data)


@pytest.mark.parametrize(
    ("firmware", "said"),
    [
        (combined("esp32", app_chip=9), "app is not"),
        (combined("esp32", (NEW[0],)), "no place for an app"),
        (combined("esp32", (Partition("a", TYPE_APP, 0, 0x10000, 0x10),)), "bigger than"),
        (combined("esp32")[:12] + b"\x63" + combined("esp32")[13:], "unknown id"),
    ],
)
def test_firmware_that_cannot_work_is_refused_with_the_reason(firmware: bytes, said: str) -> None:
    with pytest.raises(CodecError, match=said):
        flash_layout.check_firmware(firmware)


@functools.cache
def real(folder: Path, board: str) -> bytes:
    file = next((file for file in folder.iterdir() if re.match(rf"{board}-\d.*\.bin", file.name)), None)
    if file is None:
        pytest.skip(f"no firmware of {board} in {folder}")
    return file.read_bytes()


@pytest.mark.firmware
@pytest.mark.parametrize(("board", "chip_name"), REAL)
def test_real_firmware_is_whole_and_leaves_the_file_system_behind_0x200000(
    firmware_dir: Path, board: str, chip_name: str
) -> None:
    data = real(firmware_dir, board)
    chip = flash_layout.chip_by_name(chip_name)
    found = flash_layout.check_firmware(data)
    assert chip
    assert (found.chip_id, found.firmware_offset) == (chip.chip_id, chip.firmware_offset)
    assert [part.name for part in found.partitions] == ["nvs", "phy_init", "factory"]
    for megabytes in (4, 8, 16):
        assert flash_layout.file_system_region(found.partitions, megabytes * MB) == Region(2 * MB, (megabytes - 2) * MB)


@pytest.mark.firmware
@pytest.mark.parametrize(("board", "chip_name"), REAL)
def test_real_firmware_cut_off_is_noticed_at_every_length(firmware_dir: Path, board: str, chip_name: str) -> None:
    data = real(firmware_dir, board)
    lengths = [*range(0, 64, 7), *range(64, len(data), 99_991), len(data) - 33, len(data) - 32, len(data) - 1]
    for length in lengths:
        with pytest.raises(CodecError):
            flash_layout.check_firmware(data[:length])


@pytest.mark.firmware
@pytest.mark.parametrize(("board", "chip_name"), REAL)
def test_one_flipped_bit_in_real_firmware_is_noticed(firmware_dir: Path, board: str, chip_name: str) -> None:
    data = real(firmware_dir, board)
    for position in (100, len(data) // 3, len(data) // 2, len(data) - 1000, len(data) - 1):
        damaged = bytearray(data)
        damaged[position] ^= 1
        if bytes(data[position : position + 1]) == b"\xff" and position < 0x10000:
            continue  # filling between the parts
        with pytest.raises(CodecError):
            flash_layout.check_firmware(bytes(damaged))
