"""Our esptool worker against the simulator's own bootloader: the whole wire, through a real pty."""

import os
from pathlib import Path

import pytest

from devtoolkit.boards.loader import board
from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.firmware import virtual_firmware
from devtoolkit.tools.esptool import EspTool
from devtoolkit.tools.littlefs_image import build_image
from devtoolkit.tools.serial_ports import check_port

pytestmark = [pytest.mark.vm, pytest.mark.skipif(os.name == "nt", reason="Windows has no ptys")]


def test_a_virtual_board_is_erased_written_verified_and_its_port_is_free_afterwards(tmp_path: Path) -> None:
    esp32 = board("esp32")
    image = build_image({"boot.py": b"", "data.bin": bytes(range(256)) * 100}, 0x200000, esp32.littlefs)
    regions = [(esp32.firmware_offset, virtual_firmware("esp32")), (0x200000, image)]
    with VirtualBoard.open("worker-test", root=tmp_path) as virtual:
        check_port(virtual.port)
        with EspTool(virtual.port, bauds=esp32.bauds) as tool:
            chip = tool.detect()
            assert (chip.chip_id, chip.mac, chip.flash_size) == (0, virtual.mac.lower(), virtual.flash_size)
            assert list(tool.erase())[-1] == (chip.flash_size, chip.flash_size)
            total = sum(len(data) for _, data in regions)
            assert list(tool.write(regions))[-1] == list(tool.verify(regions))[-1] == (total, total)
            tool.reset()
        check_port(virtual.port)
        flash = next(file for file in virtual.folder.iterdir() if file.stat().st_size == chip.flash_size)
        assert flash.read_bytes()[0x200000:] == image
