"""From an address a user writes to something the tools can open.

`virtual:NAME` powers on a virtual board for as long as it is needed (or uses the one that is already running);
everything else is a serial port's name or a pyserial URL and passes through.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devtoolkit import paths
from devtoolkit.errors import BoardError, UsageError
from devtoolkit.model.board import Board
from devtoolkit.simulator import identity as identities
from devtoolkit.simulator.board import DRIVE, RP2, VirtualBoard, check_name, running
from devtoolkit.tools.boot_drive import INFO, BootDrive, find_drives, named_drive
from devtoolkit.tools.returning_port import Ports
from devtoolkit.tools.serial_ports import RP2_VENDOR, SerialPort, check_port, list_ports

VIRTUAL = "virtual:"
_RESTART_S, _POLL_S = 5.0, 0.02  # a virtual board's port is back within 0.3 s
_RP2_USB, _ESP_USB = "2e8a:0005", "303a:4001"  # what such a board's own USB shows

Drives = Callable[[], tuple[BootDrive, ...]]


@dataclass(frozen=True, slots=True)
class OpenPort:
    """`device` is what the tools open (empty: the board has no port now). `virtual` is the virtual board's name.

    `ports` and `drives` say what is plugged in now, as far as this address goes.
    """

    address: str
    device: str
    virtual: str | None = None
    ports: Ports = list_ports
    drives: Drives = find_drives


def virtual_name(address: str) -> str | None:
    """NAME of `virtual:NAME`, None for a real port. Raises UsageError for a name that cannot be one."""
    if not address.startswith(VIRTUAL):
        return None
    name = address.removeprefix(VIRTUAL)
    if not check_name(name):
        raise UsageError(
            f"{address!r} is not a virtual board's name.",
            hint="Use letters, digits, - and _, for example virtual:demo.",
        )
    return name


@contextmanager
def open_port(address: str, chip: str = "esp32", boot_drive: Path | None = None) -> Iterator[OpenPort]:
    """The port, ready for the tools; a virtual board that was powered on for this is powered off at the end.

    A virtual board that does not exist yet is made with `chip`. `boot_drive` is the only one that is looked at when
    given; a virtual board's own drive is known. Raises BoardError when that folder holds no boot drive.
    """
    name = virtual_name(address)
    if name is None:
        drives = find_drives if boot_drive is None else _chosen(boot_drive)
        yield OpenPort(address, address, drives=drives)
        return
    live = running(name, paths.simulator())
    if live:
        yield _virtual(name)
        return
    with VirtualBoard.open(name, root=paths.simulator(), chip=chip):
        yield _virtual(name)


def check_board_port(port: OpenPort, board: Board, *, drive_named: bool) -> None:
    """Raises PortError when the port cannot be used, BoardError when it is unclear or cannot be this board's.

    `drive_named`: the user has said which boot drive is meant.
    """
    drives = port.drives() if board.family == "rp2" else ()
    if port.virtual is None and port.device and not drives:
        check_port(port.device)
    if drives and port.virtual is None and not drive_named and Path(port.device or "?").exists():
        raise BoardError(
            f"There are two boards: one on {port.address}, and one that shows the boot drive {drives[0].folder}.",
            hint="Unplug one, or name the drive with --boot-drive.",
            port=port.address,
        )
    _check_family(board, port)


def _check_family(board: Board, port: OpenPort) -> None:
    """An RP2 board does not speak esptool's protocol: say so, rather than that it does not answer."""
    known = next((one for one in port.ports() if one.device == port.device), None)
    is_rp2 = known.usb_id.startswith(RP2_VENDOR) if known else bool(port.virtual and port.drives())
    if is_rp2 and board.family != "rp2":
        raise BoardError(
            f"The board on {port.address} is an RP2 board, but the chosen board {board.id} has {board.chip}.",
            hint="Choose the board that matches with --board.",
            board=board.id,
        )


def _chosen(folder: Path) -> Drives:
    """It must be there at the start only if there is no port; it may come later, so nothing is checked yet."""

    def drives() -> tuple[BootDrive, ...]:
        return (named_drive(folder),) if (folder / INFO).is_file() else ()

    return drives


def _virtual(name: str) -> OpenPort:
    """A board that is just restarting gets a moment until its port, or its drive, is there."""
    folder = paths.simulator() / name
    drives = _chosen(folder / DRIVE)

    def ports() -> tuple[SerialPort, ...]:
        live, identity = running(name, paths.simulator()), identities.load(folder)
        if live is None or identity is None or not live.port:
            return ()
        usb_id = _RP2_USB if identity.chip == RP2 else _ESP_USB
        return (SerialPort(live.port, f"Virtual board {name}", usb_id, identity.unique_id.hex()),)

    deadline = time.monotonic() + _RESTART_S
    while not (found := ports()) and not drives() and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    return OpenPort(f"{VIRTUAL}{name}", found[0].device if found else "", name, ports, drives)
