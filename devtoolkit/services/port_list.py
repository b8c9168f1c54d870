"""What is plugged in: serial ports, virtual boards, boot drives; what is known of the boards; firmware for them."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

from devtoolkit import paths
from devtoolkit.boards.loader import load_boards
from devtoolkit.errors import ToolkitError
from devtoolkit.services.firmware_store import CatalogueEntry, StoredFirmware, catalogue, stored
from devtoolkit.services.ports import VIRTUAL
from devtoolkit.simulator import identity as identities
from devtoolkit.simulator.board import list_boards, running
from devtoolkit.tools import serial_ports
from devtoolkit.tools.boot_drive import find_drives
from devtoolkit.tools.esptool import EspTool
from devtoolkit.tools.serial_ports import ESPRESSIF_VENDOR, RP2_VENDOR, SerialPort
from devtoolkit.transports.serial_repl import SerialRepl, hard_reset, identity

_MAC_DIGITS = 12


@dataclass(frozen=True, slots=True)
class PortEntry:
    """A port that `--port` takes. `boards`: ids of boards with this USB chip. `holder`: who has it open.

    `chip`, `mac` and `flash_size` (bytes) are what can be known without disturbing the board, or what it said when it
    was asked; empty and 0 where they are not known. `problem`: why it did not answer.
    """

    port: str
    description: str
    usb_id: str = ""
    serial_number: str = ""
    boards: tuple[str, ...] = ()
    holder: str = ""
    chip: str = ""
    mac: str = ""
    flash_size: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DriveEntry:
    """A board in its boot ROM, mounted as a drive."""

    folder: str
    model: str
    chip: str


@dataclass(frozen=True, slots=True)
class ListResult:
    """What is connected, and what could be written to it."""

    ports: tuple[PortEntry, ...]
    drives: tuple[DriveEntry, ...]
    catalogue: tuple[CatalogueEntry, ...]
    store: tuple[StoredFirmware, ...]


def list_all(*, probe: bool = False) -> ListResult:
    """Ports, boot drives, and firmware."""
    return ListResult(list_ports(probe=probe), list_drives(), catalogue(), stored())


def list_ports(*, probe: bool = False) -> tuple[PortEntry, ...]:
    """Real ports, then virtual boards. With `probe` every free real port's board is asked, which restarts it."""
    real = [_real(port) for port in serial_ports.list_ports()]
    if probe:
        real = [entry if entry.holder else _asked(entry) for entry in real]
    return (*real, *_virtual())


def list_drives() -> tuple[DriveEntry, ...]:
    """The boot drives that are mounted now."""
    return tuple(DriveEntry(str(drive.folder), drive.model, drive.chip) for drive in find_drives())


def _real(port: SerialPort) -> PortEntry:
    holders = ", ".join(f"{one.program} (process {one.pid})" for one in serial_ports.holders(port.device))
    boards = tuple(one.id for one in load_boards() if port.usb_id in one.usb_ids + one.boot_usb_ids and port.usb_id)
    entry = PortEntry(port.device, port.description, port.usb_id, port.serial_number, boards, holders)
    digits = port.serial_number.replace(":", "").lower()
    if port.usb_id.startswith(ESPRESSIF_VENDOR) and len(digits) == _MAC_DIGITS:  # own USB: the serial number is the MAC
        return replace(entry, mac=":".join(digits[at : at + 2] for at in range(0, _MAC_DIGITS, 2)))
    return replace(entry, chip="RP2") if port.usb_id.startswith(RP2_VENDOR) else entry


def _asked(entry: PortEntry) -> PortEntry:
    try:
        return _ask_repl(entry) if entry.usb_id.startswith(RP2_VENDOR) else _ask_rom(entry)
    except ToolkitError as error:
        return replace(entry, problem=error.message)


def _ask_rom(entry: PortEntry) -> PortEntry:
    with ExitStack() as stack:
        tool = stack.enter_context(EspTool(entry.port))
        chip = tool.detect()
        tool.reset()
    return replace(entry, chip=chip.name, mac=chip.mac, flash_size=chip.flash_size)


def _ask_repl(entry: PortEntry) -> PortEntry:
    with SerialRepl(entry.port) as repl:
        repl.enter()
        repl.restart()
        found = identity(repl)
        hard_reset(repl)
    return replace(entry, chip=found.machine or entry.chip, mac=found.unique_id)


def _virtual() -> Iterator[PortEntry]:
    root = paths.simulator()
    for name in list_boards(root):
        try:
            one = identities.load(root / name)
        except ToolkitError as error:
            yield PortEntry(f"{VIRTUAL}{name}", "Virtual board", problem=error.message)
            continue
        if one is None:
            continue
        live = running(name, root)
        holder = f"powered on by process {live.pid}" if live else ""
        boards = tuple(board.id for board in load_boards() if board.chip == one.chip)
        yield PortEntry(
            f"{VIRTUAL}{name}", "Virtual board", "", "", boards, holder, one.chip.upper(), one.mac, one.flash_size
        )
