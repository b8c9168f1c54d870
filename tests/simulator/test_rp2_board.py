"""The virtual RP2 board: boot drive, a port that comes and goes, and the RP2's own names in the VM."""

from collections.abc import Callable
from pathlib import Path

import pytest

from devtoolkit import paths
from devtoolkit.boards.loader import board
from devtoolkit.codecs import rp2_image
from devtoolkit.errors import SimulatorError
from devtoolkit.services.simulation import power_on
from devtoolkit.simulator.board import VirtualBoard, running
from devtoolkit.simulator.rp2_firmware import FILES, virtual_rp2_firmware
from devtoolkit.tools.littlefs_image import build_image
from devtoolkit.transports.serial_repl import SerialRepl, enter_bootloader, identity

OpenBoard = Callable[..., VirtualBoard]
MAIN = b"""
import sys, os, machine, rp2
try:
    import esp32
    print("esp32?")
except ImportError:
    pass
machine.Pin("LED", machine.Pin.OUT).on()
print("I AM", sys.platform, os.uname()[-1], len(machine.unique_id()))
"""


def uf2_with(files: dict[str, bytes]) -> bytes:
    image = build_image(files, FILES.size, board("rp2").littlefs)
    return rp2_image.combined(virtual_rp2_firmware(), FILES, image)


def test_an_empty_board_shows_its_drive_and_no_port(open_board: OpenBoard, root: Path) -> None:
    pico = open_board("pico", chip="rp2040")
    assert (pico.state, pico.port, pico.flash_size) == ("download", "", 0x200000)
    assert "Board-ID: RPI-RP2" in (pico.boot_drive / "INFO_UF2.TXT").read_text()
    live = running("pico", root)
    assert live is not None
    assert live.port == ""


def test_a_uf2_file_makes_it_run_with_the_names_of_an_rp2(open_board: OpenBoard) -> None:
    pico = open_board("pico", chip="rp2040")
    (pico.boot_drive / "any name.uf2").write_bytes(uf2_with({"main.py": MAIN}))
    assert pico.wait_console(10, "I AM rp2 Virtual Raspberry Pi Pico W with RP2040 8")
    assert "esp32?" not in pico.console
    assert not pico.boot_drive.exists()
    with SerialRepl(pico.port) as repl:
        repl.enter()
        repl.restart()
        assert identity(repl).uid == pico.uid
        enter_bootloader(repl)
    pico.wait_state("download")
    assert (pico.port, pico.boot_drive.is_dir()) == ("", True)
    pico.reset()
    pico.wait_state("running")
    assert pico.port


def test_a_file_system_that_cannot_be_mounted_is_formatted_without_a_word(open_board: OpenBoard) -> None:
    pico = open_board("pico", chip="rp2040")
    (pico.boot_drive / "bad.uf2").write_bytes(rp2_image.combined(virtual_rp2_firmware(), FILES, b"\x55" * FILES.size))
    pico.wait_state("running")
    with SerialRepl(pico.port) as repl:
        repl.enter()
        repl.restart()
        assert repl.run("import os; print(sorted(os.listdir()))").strip() in ("[]", "['boot.py']")
    assert "corrupted" not in pico.console


def test_simulate_puts_micros_on_an_empty_rp2_board() -> None:
    VirtualBoard.open("picosim", root=paths.simulator(), chip="rp2040").close()
    with power_on(("picosim",)) as (node,):
        assert node.installed
        assert node.device.uid.startswith("micre661")


def test_a_board_with_usb_of_its_own_comes_back_at_every_reset(open_board: OpenBoard, root: Path) -> None:
    native = open_board("native", chip="esp32s3")
    native.configure(native_usb=True)
    before = native.port
    assert before
    native.reset()
    assert native.port == ""
    live = running("native", root)
    assert live is not None
    assert live.port == ""


@pytest.mark.parametrize("chip", ["rp2350", "esp8266"])
def test_a_chip_that_cannot_be_simulated_is_refused(open_board: OpenBoard, chip: str) -> None:
    with pytest.raises(SimulatorError, match=chip):
        open_board("odd", chip=chip)
