"""Pipeline events as bars on stderr."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from devtoolkit.cli._console import Console
from devtoolkit.pipelines.base import Event

_BYTES_FROM = 4096  # totals from here on are bytes; smaller ones are counts of parts
_STYLE = {"done": "[green]", "skip": "[yellow]", "failed": "[red]", "cancelled": "[yellow]"}


@contextmanager
def progress_bars(console: Console) -> Iterator["Bars"]:
    """A listener that draws one bar per step, moved by what the steps report and by nothing else."""
    columns = (
        TextColumn("{task.description:28}"),
        BarColumn(bar_width=32),
        TextColumn("{task.fields[amount]:>19}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", style="dim"),
    )
    with Progress(*columns, console=console.rich(stderr=True)) as progress:
        yield Bars(progress)


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
            self._rows[event.step] = self._progress.add_task(event.title, total=None, amount="", note="")
            return
        row = self._rows[event.step]
        fields: dict[str, Any] = {"amount": _amount(event), "note": event.note}
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
