"""What the file commands for a board on USB have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._drivers import first_use_help
from devtoolkit.cli._options import PORT, Option
from devtoolkit.errors import UsageError

if TYPE_CHECKING:
    from devtoolkit.services.usb_files import Moved, TransferResult

GROUP = "USB: files of a board"
TRANSPORT = Option(
    "--transport",
    "how files travel over USB: mpremote (raw paste), or ampy where that fails",
    takes="one",
    choices=("mpremote", "ampy"),
)
TO = Option(
    "--to", "folder for the copied files: here for --get, on the board for --put", takes="one", metavar="FOLDER"
)
MODIFIERS = (PORT, TRANSPORT)


def chosen_port(session: Session) -> str:
    """The one port that was named, else asked for. Raises UsageError for several."""
    named = session.args.port or [
        session.console.ask("Port (for example /dev/ttyUSB0 or virtual:demo): ", "--port PORT")
    ]
    if len(named) > 1:
        raise UsageError("Several ports are named.", hint="Only --make takes several; nothing was done.")
    first_use_help(session, named[0])
    return str(named[0])


def chosen_transport(session: Session) -> str:
    """The library that moves the files, as `--transport` names it."""
    return session.args.transport or "mpremote"


@contextmanager
def moved_bars(session: Session, title: str = "") -> "Iterator[Moved]":
    """A bar per file, or one named `title` for all of them; moved by the bytes that arrived."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn

    columns = (TextColumn("{task.description:32}"), BarColumn(bar_width=32), DownloadColumn())
    screen = session.console.rich(stderr=True)
    with Progress(*columns, console=screen, disable=not screen.is_terminal) as progress:
        rows: dict[str, TaskID] = {}

        def moved(path: str, done: int, total: int) -> None:
            row = title or path
            if row not in rows:
                rows[row] = progress.add_task(row, total=total)
            progress.update(rows[row], completed=done)

        yield moved


def show_transfer(console: Console, result: "TransferResult") -> None:
    """One line per file."""
    from devtoolkit.cli._table import plain_table

    table = plain_table("FILE", "BYTES", "SHA-256", whole=("BYTES", "SHA-256"))
    for entry in result.files:
        table.add_row(entry.path, f"{entry.size:,}", entry.sha256[:12])
    console.rich().print(table)
