"""What the terminal shows while a dashboard app runs, and of its result."""

from typing import TYPE_CHECKING

from devtoolkit.cli._console import Console
from devtoolkit.services.apps_types import (
    AppEvent,
    AppResult,
    Check,
    Checked,
    PictureShown,
    PlotData,
    PlotOpened,
    PointAdded,
    Row,
    Said,
)

if TYPE_CHECKING:
    from rich.console import Console as RichConsole
    from rich.live import Live

_COLOURS = {"PASS": "", "WARN": "yellow", "FAIL": "red", "SKIP": "dim"}
_NAME_WIDTH = 14
_PLOT_HEIGHT, _PLOT_WIDTH, _MARGIN = 10, 72, 14
_AROUND = 6  # lines of a plot besides its picture


class AppView:
    """Shows events as they come: lines, checks, and on a terminal plots that grow. Use as a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._rich = console.rich()
        self._plots: dict[int, PlotData] = {}
        self._rows: dict[int, list[Row]] = {}
        self._live: Live | None = None

    def __enter__(self) -> "AppView":
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def take(self, event: AppEvent) -> None:
        """Show one event."""
        match event:
            case Said(text):
                self._line(text)
            case Checked(check):
                self._check(check)
            case PictureShown(number, data):
                self._console.note(f"picture {number}: {len(data)} bytes")
            case PlotOpened(number, plot):
                self._plots[number] = plot
                self._rows[number] = []
            case PointAdded(number, row):
                self._rows[number].append(row)
                self._draw()

    def _line(self, text: str) -> None:
        if self._console.json_mode:
            self._console.note(text)
        else:
            self._rich.print(text, markup=False, soft_wrap=True)

    def _check(self, check: Check) -> None:
        text = check_line(check)
        if self._console.json_mode:
            self._console.note(text)
        else:
            self._rich.print(text, markup=False, style=_COLOURS[check.state], soft_wrap=True)

    def _draw(self) -> None:
        """The plots below all lines, redrawn in place; only people at a terminal see them grow."""
        if self._console.json_mode or not self._rich.is_terminal:
            return
        from dataclasses import replace

        from rich.live import Live
        from rich.text import Text

        if self._live is None:
            self._live = Live(console=self._rich, refresh_per_second=4, transient=True)
            self._live.start()
        plots = [replace(plot, rows=tuple(self._rows[number])) for number, plot in self._plots.items()]
        room = (self._rich.height - 2) // len(plots) - _AROUND  # so that all of them are seen at once
        texts = (_text(self._rich, plot, max(4, min(_PLOT_HEIGHT, room))) for plot in plots)
        self._live.update(Text.from_ansi("\n".join(filter(None, texts))))


def check_line(check: Check) -> str:
    """A row of the table of checks."""
    return f"{check.name:<{_NAME_WIDTH}} {check.state}  {check.text}"


def show_result(console: Console, result: AppResult) -> None:
    """What is left when the lines have been shown: plots, figures, files."""
    rich = console.rich()
    for plot in result.plots:
        text = _text(rich, plot, _PLOT_HEIGHT)
        if text:
            console.line(text)
    for figure in result.figures:
        console.line(f"{figure.name}: {figure.value} {figure.unit}".rstrip())
    for file in result.files:
        console.line(f"saved: {file}")


def _text(rich: "RichConsole", plot: PlotData, height: int) -> str:
    """The plot as this terminal (or file) can show it."""
    from devtoolkit.services import plot_text

    colour = rich.is_terminal and rich.color_system is not None
    braille = rich.encoding.lower().startswith("utf")
    return plot_text.draw(plot, min(_PLOT_WIDTH, rich.width - _MARGIN), height, colour=colour, braille=braille)
