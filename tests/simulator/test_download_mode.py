"""Real esptool against the virtual board's boot ROM."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.firmware import virtual_firmware

FIRMWARE_OFFSET = 0x1000
FS_OFFSET = 0x200000
OpenBoard = Callable[..., VirtualBoard]


def test_esptool_reads_chip_mac_and_flash_size(empty_board: VirtualBoard, esptool: Callable[..., str]) -> None:
    text = esptool(empty_board, "flash-id")
    assert "ESP32-D0WD-V3 (revision v3.1)" in text
    assert empty_board.mac in text
    assert "Detected flash size: 4MB" in text
    assert "40MHz" in text


def test_espefuse_finds_the_mac_and_its_checksum_right(empty_board: VirtualBoard, tool: Callable[..., str]) -> None:
    text = tool("espefuse", "--port", empty_board.port, "summary")
    assert re.search(rf"{empty_board.mac} \(CRC 0x[0-9a-f]{{2}} OK\)", text)


@pytest.mark.parametrize(
    ("chip", "title", "size", "shown"),
    [
        ("esp32s2", "ESP32-S2", 0x800000, "8MB"),
        ("esp32s3", "ESP32-S3", 0x1000000, "16MB"),
        ("esp32c3", "ESP32-C3", 0x400000, "4MB"),
        ("esp32c6", "ESP32-C6", 0x400000, "4MB"),
        ("esp32c5", "ESP32-C5", 0x400000, "4MB"),
    ],
)
def test_esptool_detects_each_chip_by_itself(
    open_board: OpenBoard, chip: str, title: str, size: int, shown: str, esptool: Callable[..., str]
) -> None:
    board = open_board(chip, chip=chip, flash_size=size)
    text = esptool(board, "flash-id")
    assert f"Connected to {title}" in text
    assert f"Detected flash size: {shown}" in text
    assert board.mac in text


def test_a_deflated_write_is_verified_and_the_board_runs_it_after_esptool_has_left(
    empty_board: VirtualBoard,
    tmp_path: Path,
    fs_image: Callable[..., bytes],
    esptool: Callable[..., str],
    mpremote: Callable[..., str],
) -> None:
    (tmp_path / "firmware.bin").write_bytes(virtual_firmware())
    (tmp_path / "fs.bin").write_bytes(fs_image({"main.py": b"print('hello from the image')\n"}))
    text = esptool(
        empty_board,
        *("--baud", "460800", "write-flash"),
        *(hex(FIRMWARE_OFFSET), str(tmp_path / "firmware.bin")),
        *(hex(FS_OFFSET), str(tmp_path / "fs.bin")),
    )
    assert text.count("Hash of data verified") == 2
    empty_board.wait_state("running")
    assert empty_board.wait_console(5, "hello from the image")
    assert mpremote(empty_board, "fs", "ls").split()[-2:] == [str(len("print('hello from the image')\n")), "main.py"]


@pytest.mark.parametrize("loader", [(), ("--no-stub",)])
def test_incompressible_data_comes_back_as_it_was_written(
    empty_board: VirtualBoard, tmp_path: Path, loader: tuple[str, ...], esptool: Callable[..., str]
) -> None:
    data = random.Random(7).randbytes(70_001)
    (tmp_path / "data.bin").write_bytes(data)
    esptool(empty_board, *loader, "write-flash", "0x110000", str(tmp_path / "data.bin"))
    esptool(empty_board, *loader, "verify-flash", "0x110000", str(tmp_path / "data.bin"))
    size = len(data) if not loader else 4096  # the ROM's own read is slow, here as there
    esptool(empty_board, *loader, "read-flash", "0x110000", str(size), str(tmp_path / "back.bin"))
    assert (tmp_path / "back.bin").read_bytes() == data[:size]


def test_erase_empties_the_flash_and_the_board_stays_silent(board: VirtualBoard, esptool: Callable[..., str]) -> None:
    esptool(board, "erase-flash")
    board.wait_state("no_firmware")
    assert "invalid header: 0xffffffff" in board.console
    assert set((board.folder / "flash.bin").read_bytes()) == {0xFF}


def test_erasing_a_region_leaves_its_neighbours(
    empty_board: VirtualBoard, tmp_path: Path, esptool: Callable[..., str]
) -> None:
    (tmp_path / "data.bin").write_bytes(b"\x5a" * 0x3000)
    esptool(empty_board, "write-flash", "0x100000", str(tmp_path / "data.bin"))
    esptool(empty_board, "erase-region", "0x101000", "0x1000")
    flash = (empty_board.folder / "flash.bin").read_bytes()
    assert flash[0x100000:0x103000] == b"\x5a" * 0x1000 + b"\xff" * 0x1000 + b"\x5a" * 0x1000


def test_a_write_beyond_the_flash_is_refused(
    empty_board: VirtualBoard, tmp_path: Path, esptool: Callable[..., str]
) -> None:
    (tmp_path / "data.bin").write_bytes(bytes(0x2000))
    with pytest.raises(AssertionError, match="will not fit"):
        esptool(empty_board, "write-flash", "0x3ff000", str(tmp_path / "data.bin"))


def test_firmware_for_another_chip_does_not_boot(open_board: OpenBoard) -> None:
    board = open_board()
    board.load_flash({FIRMWARE_OFFSET: virtual_firmware("esp32s2")})
    assert board.state == "no_firmware"
    assert "another chip" in board.console


def test_download_mode_on_purpose_ends_when_a_tool_has_used_it(
    board: VirtualBoard, esptool: Callable[..., str]
) -> None:
    board.download()
    assert board.state == "download"
    assert board.vm_pid is None
    esptool(board, "flash-id")
    board.wait_state("running")
