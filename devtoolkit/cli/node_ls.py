"""`--node_ls`: the files of a board on USB, with size and hash."""

from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Command, Option
from devtoolkit.cli._usb_files import GROUP, MODIFIERS, chosen_port, chosen_transport

if TYPE_CHECKING:
    from devtoolkit.services.usb_files import FilesResult


def run(session: Session) -> object:
    from devtoolkit.services.usb_files import list_files

    return list_files(chosen_port(session), chosen_transport(session))


def show(console: Console, result: "FilesResult") -> None:
    from devtoolkit.cli._table import plain_table

    table = plain_table("FILE", "BYTES", "SHA-256", whole=("BYTES", "SHA-256"))
    rows = [(f"{folder}/", "", "") for folder in result.folders]
    rows += [(entry.path, f"{entry.size:,}", entry.sha256[:12]) for entry in result.files]
    for row in sorted(rows):
        table.add_row(*row)
    console.rich().print(table)
    console.line(f"{len(result.files)} files; {result.free:,} of {result.size:,} bytes are free on {result.uid}.")


COMMAND = Command(
    option=Option("--node_ls", "list the files of a board on USB", short="-ls"),
    order=62,
    group=GROUP,
    result="devtoolkit.services.usb_files:FilesResult",
    run=run,
    show=show,
    modifiers=MODIFIERS,
)
