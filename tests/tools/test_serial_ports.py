"""Why a port cannot be used is found out before it is opened, and the program that holds it is named."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtoolkit.errors import PortBusyError, PortError, PortMissingError
from devtoolkit.tools import serial_ports
from devtoolkit.tools.serial_ports import check_port, holders, list_ports

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs ptys and /proc")


@pytest.fixture
def port() -> Iterator[str]:
    """A pty that nobody holds."""
    master, slave = os.openpty()
    name = os.ttyname(slave)
    os.close(slave)
    yield name
    os.close(master)


def test_a_free_port_is_fine(port: str) -> None:
    check_port(port)
    assert holders(port) == ()


def test_a_missing_port_is_refused_and_the_ports_there_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial_ports, "list_ports", lambda: (serial_ports.SerialPort("/dev/ttyUSB7", "CP2102"),))
    with pytest.raises(PortMissingError, match="/dev/ttyUSB99") as caught:
        check_port("/dev/ttyUSB99")
    assert "/dev/ttyUSB7" in caught.value.hint


def test_a_file_is_no_serial_port(tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.touch()
    with pytest.raises(PortError, match="not a serial port"):
        check_port(str(file))


def test_a_port_held_by_another_program_names_it_and_its_process(port: str, tmp_path: Path) -> None:
    link = tmp_path / "by-id"
    link.symlink_to(port)
    code = (
        f"open({port!r}, 'rb', buffering=0); f = open({port!r}, 'rb', buffering=0); print('open', flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline()
        with pytest.raises(PortBusyError, match=f"process {other.pid}") as caught:
            check_port(str(link))
        assert caught.value.facts["pid"] == other.pid
        assert "python" in str(caught.value.facts["program"])
    check_port(port)


def test_our_own_use_of_a_port_does_not_make_it_busy(port: str) -> None:
    descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY)
    try:
        check_port(port)
    finally:
        os.close(descriptor)


def test_addresses_of_other_machines_are_not_looked_up_here() -> None:
    check_port("socket://192.0.2.1:1")
    check_port("rfc2217://192.0.2.1:1")


def test_a_listed_port_has_its_usb_id_in_lower_case(monkeypatch: pytest.MonkeyPatch) -> None:
    from serial.tools.list_ports_common import ListPortInfo

    usb, plain = ListPortInfo("/dev/ttyUSB0"), ListPortInfo("/dev/ttyS0")
    usb.vid, usb.pid, usb.description, usb.serial_number = 0x10C4, 0xEA60, "CP2102", "0001"
    monkeypatch.setattr(serial_ports.pyserial_ports, "comports", lambda: [plain, usb])
    (found,) = list_ports()
    assert (found.device, found.usb_id, found.serial_number) == ("/dev/ttyUSB0", "10c4:ea60", "0001")
