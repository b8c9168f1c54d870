"""`--list_devs_n_bins`: serial ports, virtual boards, boot drives, and firmware."""

from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Command, Option
from devtoolkit.cli._table import plain_table

if TYPE_CHECKING:
    from rich.table import Table

    from devtoolkit.services.firmware_store import CatalogueEntry, StoredFirmware
    from devtoolkit.services.port_list import ListResult, PortEntry

PROBE = Option("--probe", "with -l: ask every free port for chip, MAC and flash size (this restarts the boards)")


def run(session: Session) -> "ListResult":
    from devtoolkit.services.port_list import list_all

    return list_all(probe=session.args.probe)


def show(console: Console, result: "ListResult") -> None:
    screen = console.rich()
    screen.print(_ports(result.ports) if result.ports else "No port found. virtual:NAME always works.")
    for drive in result.drives:
        screen.print(f"Boot drive {drive.folder}: {drive.model} ({drive.chip})")
    screen.print(_catalogue(result.catalogue))
    if result.store:
        screen.print(_store(result.store))


def _ports(ports: "tuple[PortEntry, ...]") -> "Table":
    table = plain_table(
        "PORT", "CHIP", "MAC", "FLASH", "USB", "DESCRIPTION", "HELD BY", whole=("CHIP", "MAC", "FLASH", "USB")
    )
    for one in ports:
        flash = f"{one.flash_size / 2**20:g} MB" if one.flash_size else ""
        table.add_row(
            one.port,
            one.chip,
            one.mac,
            flash,
            one.usb_id,
            one.problem or one.description or "",
            one.holder or "-",
        )
    return table


def _catalogue(entries: "tuple[CatalogueEntry, ...]") -> "Table":
    table = plain_table(
        "BOARD", "CHIP", "FIRMWARE", "CHECKSUM", "IN STORE", whole=("BOARD", "CHIP", "CHECKSUM", "IN STORE")
    )
    for one in entries:
        checksum = "published" if one.checksum_known else "unknown"
        table.add_row(one.board, one.chip, one.file, checksum, "yes" if one.path else "no")
    return table


def _store(files: "tuple[StoredFirmware, ...]") -> "Table":
    table = plain_table("FILE IN STORE", "BYTES", "CHECKSUM", "FITS", whole=("BYTES", "CHECKSUM"))
    for one in files:
        table.add_row(one.file, f"{one.bytes:,}", one.trust, ", ".join(one.boards) or "no board")
    return table


COMMAND = Command(
    option=Option("--list_devs_n_bins", "list connected devices, virtual boards and firmware", short="-l"),
    order=60,
    group="Development",
    result="devtoolkit.services.port_list:ListResult",
    run=run,
    show=show,
    modifiers=(PROBE,),
)
