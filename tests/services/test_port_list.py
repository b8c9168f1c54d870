"""`-l`: what is known of a port without disturbing the board behind it, and what it says when it is asked."""

import subprocess
import sys

import pytest

from devtoolkit import paths
from devtoolkit.services import port_list
from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.rp2_firmware import virtual_rp2_firmware
from devtoolkit.tools.serial_ports import SerialPort

HOLD = "import sys, serial; p = serial.Serial(sys.argv[1], exclusive=True); print('open', flush=True); sys.stdin.read()"


def plugged_in(monkeypatch: pytest.MonkeyPatch, *ports: SerialPort) -> None:
    monkeypatch.setattr(port_list.serial_ports, "list_ports", lambda: ports)


def test_usb_tells_boards_and_for_a_chip_s_own_usb_its_mac(monkeypatch: pytest.MonkeyPatch) -> None:
    plugged_in(
        monkeypatch,
        SerialPort("/dev/ttyUSB0", "CP2102N", "10c4:ea60", "0001"),
        SerialPort("/dev/ttyACM0", "USB JTAG", "303a:1001", "7C:DF:A1:00:11:22"),
        SerialPort("/dev/ttyACM1", "TinyUSB", "303a:4001", "7cdfa1001133"),
        SerialPort("/dev/ttyACM2", "Board in FS mode", "2e8a:0005", "e6616407e3646b29"),
        SerialPort("/dev/ttyAMA0", "UART"),
    )
    bridge, rom, own, pico, plain = port_list.list_ports()
    assert "tinypico" in bridge.boards
    assert (bridge.chip, bridge.mac) == ("", "")
    assert rom.mac == "7c:df:a1:00:11:22"
    assert set(rom.boards) >= {"esp32c3", "esp32c6", "esp32s3"}
    assert own.mac == "7c:df:a1:00:11:33"
    assert (pico.chip, pico.boards) == ("RP2", ("rp2",))
    assert plain.boards == ()


def test_a_probe_asks_each_free_board_and_names_who_holds_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    root = paths.simulator()
    with (
        VirtualBoard.open("esp", root=root, chip="esp32c3", flash_size=0x800000) as esp,
        VirtualBoard.open("pico", root=root, chip="rp2040") as pico,
        VirtualBoard.open("held", root=root) as held,
    ):
        (pico.boot_drive / "x.uf2").write_bytes(virtual_rp2_firmware())
        pico.wait_state("running")
        plugged_in(
            monkeypatch,
            SerialPort(esp.port, "one", "1a86:55d4"),
            SerialPort(pico.port, "two", "2e8a:0005"),
            SerialPort(held.port, "three", "10c4:ea60"),
            SerialPort("/dev/ttyNOTHERE", "four", "10c4:ea60"),
        )
        with subprocess.Popen(
            [sys.executable, "-c", HOLD, held.port], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "open\n"
            one, two, three, four, *virtual = port_list.list_ports(probe=True)
            holder.communicate()
        assert (one.chip, one.mac, one.flash_size, one.problem) == ("ESP32-C3", esp.mac, 0x800000, "")
        assert two.mac == pico.identity.unique_id.hex()
        assert f"(process {holder.pid})" in three.holder
        assert three.chip == ""
        assert "no serial port" in four.problem
        assert {entry.port: entry.chip for entry in virtual} == {
            "virtual:esp": "ESP32C3",
            "virtual:held": "ESP32",
            "virtual:pico": "RP2040",
        }
        assert all("powered on by process" in entry.holder for entry in virtual)


def test_a_damaged_virtual_board_does_not_hide_the_others() -> None:
    VirtualBoard.open("good", root=paths.simulator()).close()
    VirtualBoard.open("bad", root=paths.simulator()).close()
    (paths.simulator() / "bad" / "identity.json").write_text("{")
    found = {entry.port: entry.problem for entry in port_list.list_ports()}
    assert found["virtual:good"] == ""
    assert "damaged" in found["virtual:bad"]
