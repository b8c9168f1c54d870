"""`--make` with several ports: one row of progress per board, then a table, a report and labels."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Option
from devtoolkit.errors import UsageError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from devtoolkit.pipelines.base import Event
    from devtoolkit.services.class_list import Seat
    from devtoolkit.services.workshop import WorkshopReport

CLASS_LIST = Option("--class-list", "with --make: names of the nodes, one per line (CSV)", takes="one", metavar="FILE")
_STYLE = {"done": "[green]", "failed": "[red]"}
BOARD = "board"  # the step whose event says how it went with the whole board (services.workshop, without its imports)


def make_many(session: Session) -> "WorkshopReport":
    """Ctrl-C stops all boards at their next report."""
    from devtoolkit.boards.loader import board
    from devtoolkit.cli._usb import named_ports, request_for
    from devtoolkit.pipelines.base import Cancel
    from devtoolkit.services.workshop import Workshop
    from devtoolkit.settings import chosen_interfaces

    ports = named_ports(session)
    if session.args.boot_drive:
        raise UsageError("--boot-drive names one board.", hint="Leave it out, or write one board at a time.")
    seats, left = _seats(session, ports)
    template = request_for(session, ports[0])
    board(template.board)
    names = ", ".join(f"{seat.port} ({seat.name})" for seat in seats)
    session.console.confirm(f"Everything on {len(seats)} boards will be erased: {names}. Go ahead?")
    with seat_rows(session.console, seats) as rows:
        return Workshop(template, seats, rows, Cancel(), chosen_interfaces(), left).make()


def _seats(session: Session, ports: tuple[str, ...]) -> "tuple[tuple[Seat, ...], tuple[str, ...]]":
    from devtoolkit.services.class_list import numbered, read_class_list, seats

    if session.args.class_list:
        return seats(ports, read_class_list(Path(session.args.class_list)))
    return numbered(ports, session.args.name), ()


@contextmanager
def seat_rows(console: Console, seats: "tuple[Seat, ...]") -> "Iterator[Rows | SeatLines]":
    """A listener that draws one row per board; in a file or a pipe it writes one line when a board has ended."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.table import Column

    columns = (
        TextColumn("{task.fields[seat]}"),
        TextColumn("{task.description:27}"),
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", style="dim", table_column=Column(ratio=1, no_wrap=True)),
    )
    screen = console.rich(stderr=True)
    if not screen.is_terminal:
        yield SeatLines(console, seats)
        return
    with Progress(*columns, console=screen) as progress:
        yield Rows(progress, seats)


class SeatLines:
    """One line per board, when it has ended; called from the boards' threads."""

    def __init__(self, console: Console, seats: "tuple[Seat, ...]") -> None:
        self._console = console
        self._names = {seat.port: seat.name for seat in seats}

    def __call__(self, port: str, event: "Event") -> None:
        if event.step == BOARD and event.kind not in ("start", "progress"):
            note = f": {event.note}" if event.note else ""
            self._console.note(f"{port} {self._names[port]}: {event.title.lower()}{note}")


class Rows:
    """One row per board; called from the boards' threads."""

    def __init__(self, progress: "Progress", seats: "tuple[Seat, ...]") -> None:
        self._progress = progress
        self._lock = threading.Lock()
        self._rows: dict[str, TaskID] = {
            seat.port: progress.add_task("Waiting", total=1, seat=seat.name, note="") for seat in seats
        }

    def __call__(self, port: str, event: "Event") -> None:
        row, progress = self._rows[port], self._progress
        with self._lock:
            if event.kind == "start":
                progress.update(row, description=event.title, completed=0, total=1, note="")
            elif event.kind == "progress":
                progress.update(row, total=event.total or 1, completed=event.done, note=event.note)
            elif event.step == BOARD:
                title = f"{_STYLE[event.kind]}{event.title}"
                progress.update(row, description=title, completed=1, total=1, note=event.note)
                progress.stop_task(row)


def show_many(console: Console, report: "WorkshopReport") -> None:
    """A table with one row per board."""
    from rich.text import Text

    from devtoolkit.cli._table import plain_table

    table = plain_table("PORT", "NAME", "FOR", "STATE", "ADDRESS", "SECONDS", whole=("STATE", "ADDRESS", "SECONDS"))
    for one in report.boards:
        device = one.report.device if one.report else None
        state = Text("failed", style="red") if one.failure else Text("done", style="green")
        where = f"{device.ip}:{device.port}" if device else "its own Wi-Fi" if one.report else ""
        title = one.title if one.title != one.name else ""
        table.add_row(one.port, one.name, Text(title), state, where, f"{one.seconds:.1f}")
    console.rich().print(table)
    for one in report.boards:
        if one.failure:
            console.line(f"{one.port}: {one.failure.message} {one.failure.hint}")
    if report.left:
        console.line(f"Without a board: {', '.join(report.left)}")
    console.line(f"Labels to print: {report.labels}")
    console.line(f"Report:          {report.table}, {report.report}")
