"""Pipeline events on stderr: bars on a terminal, one line for each finished step elsewhere."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from devtoolkit.cli._console import Console
from devtoolkit.pipelines.base import Event

_BYTES_FROM = 4096  # totals from here on are bytes; smaller ones are counts of parts
_WIDE = 110  # columns of a terminal that has room for bar, amount and note side by side
_STYLE = {"done": "[green]", "skip": "[yellow]", "failed": "[red]", "cancelled": "[yellow]"}


@contextmanager
def progress_bars(console: Console) -> Iterator["Bars | Lines"]:
    """A listener that draws one bar per step, moved by what the steps report and by nothing else."""
    screen = console.rich(stderr=True)
    if not screen.is_terminal:
        yield Lines(console)
        return
    with Progress(*_columns(screen.width), console=screen) as progress:
        yield Bars(progress)


def _columns(width: int) -> tuple[ProgressColumn, ...]:
    """A narrow terminal has one place for the amount while it counts, and the note when there is one; both may fold."""
    if width >= _WIDE:
        return (
            TextColumn("{task.description:28}"),
            BarColumn(bar_width=32),
            TextColumn("{task.fields[amount]:>19}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", style="dim", markup=False),
        )
    return (
        TextColumn("{task.description}", table_column=Column(no_wrap=True)),
        BarColumn(bar_width=8),
        TimeElapsedColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[short]}", style="dim", markup=False, table_column=Column(ratio=1, overflow="fold")),
    )


class Lines:
    """For a file or a pipe: what each step came to, when it has."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, text: str) -> None:
        """A line of its own."""
        self._console.note(text)

    def paused(self) -> AbstractContextManager[None]:
        """Nothing is drawn that could be in the way of a question."""
        return nullcontext()

    def __call__(self, event: Event) -> None:
        if event.kind not in ("start", "progress"):
            state = "" if event.kind == "done" else f" {event.kind}"
            note = f": {event.note}" if event.note else ""
            self._console.note(f"{event.title}{state}{note} ({event.seconds:.1f} s)")


class Bars:
    """One bar per step; called with each event of the runner."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._rows: dict[str, TaskID] = {}

    def say(self, text: str) -> None:
        """A line above the bars."""
        self._progress.console.print(text)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """No drawing while a question is asked."""
        self._progress.stop()
        try:
            yield
        finally:
            self._progress.start()

    def __call__(self, event: Event) -> None:
        if event.kind == "start":
            self._rows[event.step] = self._progress.add_task(event.title, total=None, amount="", note="", short="")
            return
        row = self._rows[event.step]
        amount = _amount(event)
        fields: dict[str, Any] = {"amount": amount, "note": event.note, "short": event.note or amount}
        if event.kind == "progress":
            self._progress.update(row, total=event.total or None, completed=event.done, **fields)
            return
        if event.kind in ("done", "skip"):
            fields |= {"total": event.total or 1, "completed": event.total or 1}
        self._progress.update(row, description=f"{_STYLE[event.kind]}{event.title}", **fields)
        self._progress.stop_task(row)


def _amount(event: Event) -> str:
    if not event.total:
        return ""
    if event.total < _BYTES_FROM:
        return f"{event.done}/{event.total}"
    return f"{event.done / 1024:,.0f}/{event.total / 1024:,.0f} KiB"
