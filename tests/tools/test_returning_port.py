"""A board's port is found again by what stays the same, and never taken for another board's."""

import pytest

from devtoolkit.tools.returning_port import choose, remember
from devtoolkit.tools.serial_ports import SerialPort

USB = ("303a:4001", "303a:1001")
MAC = "7c:df:a1:00:11:22"


def port(device: str, usb_id: str = "303a:4001", serial: str = "") -> SerialPort:
    return SerialPort(device, "", usb_id, serial)


RUNNING = port("/dev/ttyACM0", serial="7CDFA1001122")
NEIGHBOUR = port("/dev/ttyACM1", serial="7CDFA1999999")


@pytest.mark.parametrize(
    ("now", "found"),
    [
        ([NEIGHBOUR, port("/dev/ttyACM0", "303a:1001", MAC)], "/dev/ttyACM0"),
        ([NEIGHBOUR, port("/dev/ttyACM2", "303a:1001", MAC.upper())], "/dev/ttyACM2"),
        ([NEIGHBOUR], None),
        ([NEIGHBOUR, port("/dev/ttyACM2", "303a:0002", "0")], None),  # an unknown USB id
        ([NEIGHBOUR, port("/dev/ttyACM2", "303a:1001", "0")], "/dev/ttyACM2"),  # new, of the board's kind, no number
        ([NEIGHBOUR, port("/dev/ttyACM2", serial="7CDFA1777777")], None),  # new, but somebody else
        ([port("/dev/ttyACM0", serial="7CDFA1999999"), port("/dev/ttyACM1", serial="7CDFA1001122")], "/dev/ttyACM1"),
    ],
)
def test_the_serial_number_decides(now: list[SerialPort], found: str | None) -> None:
    assert choose(remember("/dev/ttyACM0", [RUNNING, NEIGHBOUR]), now, USB) == found


def test_what_the_chip_said_itself_counts_as_its_serial_number() -> None:
    memory = remember("", [])
    ports = [
        port("/dev/ttyACM5", "2e8a:0005", "E661000000000001"),
        port("/dev/ttyACM6", "2e8a:0005", "E661000000000002"),
    ]
    assert choose(memory, ports, ("2e8a:0005",), "e661000000000002") == "/dev/ttyACM6"


def test_without_a_serial_number_the_only_new_port_of_its_kind_is_it() -> None:
    memory = remember("", [port("/dev/ttyACM0", "2e8a:0005", "E661000000000001")])
    one = port("/dev/ttyACM1", "2e8a:0005", "E661000000000002")
    before = port("/dev/ttyACM0", "2e8a:0005", "E661000000000001")
    assert choose(memory, [before], ("2e8a:0005",)) is None
    assert choose(memory, [before, one], ("2e8a:0005",)) == "/dev/ttyACM1"
    two = port("/dev/ttyACM2", "2e8a:0005", "E661000000000003")
    assert choose(memory, [before, one, two], ("2e8a:0005",)) is None


def test_chips_that_share_a_serial_number_are_told_apart_by_name() -> None:
    same = [port("/dev/ttyUSB0", "10c4:ea60", "0001"), port("/dev/ttyUSB1", "10c4:ea60", "0001")]
    assert choose(remember("/dev/ttyUSB1", same), same, ("10c4:ea60",), MAC) == "/dev/ttyUSB1"
    assert choose(remember("/dev/ttyUSB1", same), same[:1], ("10c4:ea60",), MAC) is None
