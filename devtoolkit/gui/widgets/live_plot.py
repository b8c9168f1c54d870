"""Plots that grow while one looks: pyqtgraph (the extra `plots`), imported when the first is made.

live = LivePlot(plot)            # in the GUI's thread, after QApplication
layout.addWidget(live.widget)
live.add(row)                    # rows of PointAdded events, brought over by a signal
"""

import importlib.util
from collections.abc import Sequence
from typing import Any

from devtoolkit import extras
from devtoolkit.errors import ToolError
from devtoolkit.services.apps_types import PlotData, Row
from devtoolkit.services.plot_png import COLOURS

_SYMBOLS_UP_TO = 100  # points that are drawn as symbols too
_SYMBOLS = ("o", "s", "t", "d", "+", "x")  # by series, so that lines are told apart without their colours
SIGNS = ("\u25cf", "\u25a0", "\u25bc", "\u25c6", "+", "\u00d7")  # the same as text


def possible() -> bool:
    """Whether pyqtgraph is installed."""
    return importlib.util.find_spec("pyqtgraph") is not None


class LivePlot:
    """One plot. `widget` is a QWidget; `dark` chooses the colours. Raises ToolError without pyqtgraph."""

    def __init__(self, plot: PlotData, *, dark: bool = False) -> None:
        try:
            import pyqtgraph  # late: it takes numpy and half a second
        except ImportError as error:
            raise ToolError("Live plots need pyqtgraph.", hint=f"Install it: {extras.command('plots')}") from error
        ink = "#dddddd" if dark else "#3c3c3c"
        self._columns: list[tuple[list[float], list[float]]] = [([], []) for _ in plot.series]
        self.widget: Any = pyqtgraph.PlotWidget(background="#1e1e1e" if dark else "#ffffff")
        item = self.widget.getPlotItem()
        item.setTitle(plot.title, color=ink)
        item.setLabel("bottom", plot.x.name, units=plot.x.unit or None, color=ink)
        item.showGrid(x=True, y=True, alpha=0.25)
        for side in ("bottom", "left"):
            item.getAxis(side).setPen(ink)
            item.getAxis(side).setTextPen(ink)
            item.getAxis(side).enableAutoSIPrefix(False)
        item.addLegend(labelTextColor=ink)
        self._curves: list[Any] = [
            item.plot([], [], name=series.label, pen=pyqtgraph.mkPen(COLOURS[number % len(COLOURS)], width=2))
            for number, series in enumerate(plot.series)
        ]
        self.fill(plot.rows)

    def add(self, row: Row) -> None:
        """A row: x, then a value for each series or None; nan makes a gap in its line."""
        self.fill((row,))

    def fill(self, rows: Sequence[Row]) -> None:
        """Many rows at once, drawn once."""
        changed = set()
        for row in rows:
            for number, value in enumerate(row[1:]):
                if row[0] is not None and value is not None:
                    self._columns[number][0].append(row[0])
                    self._columns[number][1].append(value)
                    changed.add(number)
        for number in changed:
            xs, ys = self._columns[number]
            colour = COLOURS[number % len(COLOURS)]
            symbol = _SYMBOLS[number % len(_SYMBOLS)] if len(xs) <= _SYMBOLS_UP_TO else None
            self._curves[number].setData(xs, ys, symbol=symbol, symbolSize=6, symbolBrush=colour, symbolPen=None)

    def shown(self, number: int) -> tuple[list[float], list[float]]:
        """What the curve of one series holds now."""
        xs, ys = self._curves[number].getData()
        return ([], []) if xs is None else (xs.tolist(), ys.tolist())
