"""`--list_devs_n_bins`: serial ports, virtual boards, boards and firmware."""

from dataclasses import dataclass

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Command, Option


@dataclass(frozen=True, slots=True)
class PortEntry:
    """A port that `--port` takes."""

    port: str
    description: str


@dataclass(frozen=True, slots=True)
class FirmwareEntry:
    """The firmware a board wants; `file` is empty while it is not in the store."""

    board: str
    wanted: str
    file: str


@dataclass(frozen=True, slots=True)
class ListResult:
    """What is connected, and what could be written to it."""

    ports: tuple[PortEntry, ...]
    firmware: tuple[FirmwareEntry, ...]


def run(_session: Session) -> object:
    from devtoolkit import paths
    from devtoolkit.boards.loader import load_boards
    from devtoolkit.services import firmware
    from devtoolkit.simulator.board import list_boards
    from devtoolkit.tools.esptool import list_ports

    real = [PortEntry(port.device, port.description) for port in list_ports()]
    virtual = [PortEntry(f"virtual:{name}", f"Virtual ESP32 ({name})") for name in list_boards(paths.simulator())]
    wanted = [
        FirmwareEntry(board.id, board.firmware.file, str(firmware.in_store(board) or "")) for board in load_boards()
    ]
    return ListResult((*real, *virtual), tuple(wanted))


def show(console: Console, result: ListResult) -> None:
    from rich.table import Table

    ports = Table("PORT", "DESCRIPTION", box=None, padding=(0, 2))
    for port in result.ports:
        ports.add_row(port.port, port.description)
    firmware = Table("BOARD", "FIRMWARE", "IN STORE", box=None, padding=(0, 2))
    for entry in result.firmware:
        firmware.add_row(entry.board, entry.wanted, entry.file or "no")
    console.rich().print(ports if result.ports else "No port found. virtual:NAME always works.")
    console.rich().print(firmware)


COMMAND = Command(
    option=Option("--list_devs_n_bins", "list connected devices, virtual boards and firmware", short="-l"),
    order=60,
    group="Development",
    result="devtoolkit.cli.list_devs_n_bins:ListResult",
    run=run,
    show=show,
)
