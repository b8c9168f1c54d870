"""Plots that grow while one looks, for the window: pyqtgraph (the extra `plots`), imported when the first is made.

live = LivePlot(plot)            # in the GUI's thread, after QApplication
layout.addWidget(live.widget)
live.add(row)                    # rows of PointAdded events, brought over by a signal
"""

import importlib.util
from typing import Any

from devtoolkit import extras
from devtoolkit.errors import ToolError
from devtoolkit.services.apps_types import PlotData, Row
from devtoolkit.services.plot_png import COLOURS

_SYMBOLS_UP_TO = 100  # points that are drawn as dots too


def possible() -> bool:
    """Whether pyqtgraph is installed."""
    return importlib.util.find_spec("pyqtgraph") is not None


class LivePlot:
    """One plot. `widget` is a QWidget; `dark` chooses the colours. Raises ToolError without pyqtgraph."""

    def __init__(self, plot: PlotData, *, dark: bool = False) -> None:
        try:
            import pyqtgraph  # type: ignore[import-untyped]  # late: it takes numpy and half a second
        except ImportError as error:
            raise ToolError(
                "Live plots need pyqtgraph.", hint=f"Install it: {extras.command('plots')}"
            ) from error
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
        for row in plot.rows:
            self.add(row)

    def add(self, row: Row) -> None:
        """A row: x, then a value for each series or None."""
        x = row[0]
        for number, value in enumerate(row[1:]):
            if x is None or value is None:
                continue
            xs, ys = self._columns[number]
            xs.append(x)
            ys.append(value)
            colour = COLOURS[number % len(COLOURS)]
            symbol = "o" if len(xs) <= _SYMBOLS_UP_TO else None
            self._curves[number].setData(xs, ys, symbol=symbol, symbolSize=6, symbolBrush=colour, symbolPen=None)

    def shown(self, number: int) -> tuple[list[float], list[float]]:
        """What the curve of one series holds now."""
        xs, ys = self._curves[number].getData()
        return ([], []) if xs is None else (xs.tolist(), ys.tolist())
