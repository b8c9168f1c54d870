"""Real MicroPython firmware, written by real esptool: everything lies where MicroPython will look for it."""

import hashlib
import json
import struct
from pathlib import Path

import pytest
from firmware_files import real_firmware
from littlefs import LittleFS
from littlefs.context import UserContext

from devtoolkit import paths
from devtoolkit.services.deploy import Deployer, DeployReport, DeployRequest
from devtoolkit.simulator.board import VirtualBoard

MEGABYTE = 2**20
TABLE_AT = 0x8000  # where every ESP bootloader looks for the partition table
BLOCK = 4096
# Board, its real firmware, and where the ROM of its chip looks for the bootloader (from Espressif's documentation).
REAL = (
    ("esp32", "ESP32_GENERIC-20251209-v1.27.0.bin", 0x1000),
    ("esp32s2", "ESP32_GENERIC_S2-20251209-v1.27.0.bin", 0x1000),
    ("esp32s3", "ESP32_GENERIC_S3-20251209-v1.27.0.bin", 0x0),
    ("esp32c3", "ESP32_GENERIC_C3-20251209-v1.27.0.bin", 0x0),
)


def end_of_last_partition(flash: bytes) -> int:
    """From the table as it lies in flash, read without the toolkit's codec."""
    end = 0
    for at in range(TABLE_AT, TABLE_AT + 0xC00, 32):
        magic, offset, size = struct.unpack_from("<HxxII", flash, at)
        if magic != 0x50AA:
            break
        end = max(end, offset + size)
    return end


def make(board: str, flash_size: int, firmware: Path) -> tuple[DeployReport, bytes]:
    name = f"{board}-{flash_size // MEGABYTE}"
    with VirtualBoard.open(name, root=paths.simulator(), chip=board, flash_size=flash_size):
        request = DeployRequest(board=board, port=f"virtual:{name}", name=name, firmware=firmware)
        report = Deployer(request, interfaces=("127.0.0.1",)).make()
    return report, (paths.simulator() / name / "flash.bin").read_bytes()


@pytest.mark.firmware
@pytest.mark.parametrize("flash_size", [4 * MEGABYTE, 8 * MEGABYTE], ids=["4 MB", "8 MB"])
@pytest.mark.parametrize(("board", "file", "firmware_at"), REAL, ids=[row[0] for row in REAL])
def test_firmware_and_files_lie_where_micropython_looks(
    board: str, file: str, firmware_at: int, flash_size: int
) -> None:
    firmware = real_firmware(file)
    report, flash = make(board, flash_size, firmware)
    data = firmware.read_bytes()
    assert report.flash_size == len(flash) == flash_size
    assert flash[firmware_at : firmware_at + len(data)] == data
    start = end_of_last_partition(flash)
    assert start == 0x200000
    context = UserContext(flash_size - start)
    context.buffer[:] = flash[start:]
    system = LittleFS(context=context, block_size=BLOCK, block_count=(flash_size - start) // BLOCK, mount=True)
    for item in json.loads((paths.precompiled() / "manifest.json").read_text())["files"]:
        with system.open(item["path"], "rb") as entry:
            assert hashlib.sha256(entry.read()).hexdigest() == item["sha256"]
    assert report.device is not None  # and the VM that stands in for the app mounted exactly that
    assert report.device.uid == report.uid
