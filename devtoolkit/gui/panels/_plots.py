"""The monitor's plots, one below the other; each is made in its own turn of the event loop, so that none is felt."""

from collections import deque
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import Card
from devtoolkit.gui.panels._history import KEPT, History
from devtoolkit.gui.qt import Qt, QTimer, QVBoxLayout, QWidget
from devtoolkit.gui.text import tr

if TYPE_CHECKING:
    from devtoolkit.services.apps_types import Row

_HIGH = 210
_MOST = KEPT + KEPT // 6  # values of a plot; with more it is made anew from those that are kept


class PlotArea(QWidget):
    """Plots by the key of their line. Needs pyqtgraph, loaded before in a job."""

    def __init__(self, hub: Hub, history: History) -> None:
        super().__init__()
        self._hub, self._history = hub, history
        self._nodes: Mapping[str, str] = {}
        self.plots: dict[str, Any] = {}  # LivePlot
        self._cards: dict[str, Card] = {}
        self._points: dict[str, int] = {}
        self._wanted: deque[str] = deque()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(14)
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._make_next)

    def show_lines(self, keys: list[str], nodes: Mapping[str, str], *, anew: bool = False) -> None:
        """Plots of these lines and no others; `anew`: all are made again."""
        self._nodes = dict(nodes)
        for key in [key for key in self._cards if anew or key not in keys]:
            self._drop(key)
        self._wanted = deque(key for key in keys if key not in self.plots)
        if self._wanted:
            self._turn.start()

    def forget(self, history: History) -> None:
        """No plots; those that come are of this history."""
        self._history = history
        self.show_lines([], self._nodes)

    def add(self, key: str, uid: str, at: float, value: float) -> None:
        """A value of a line that has a plot."""
        if key not in self.plots or uid not in self._nodes:
            return
        row: Row = (at, *(value if uid == other else None for other in self._nodes))
        self.plots[key].add(row)
        self._points[key] += 1
        if self._points[key] > _MOST * len(self._nodes):
            self._drop(key)
            self._wanted.append(key)
            self._turn.start()

    def _make_next(self) -> None:
        if not self._wanted:
            return
        key = self._wanted.popleft()
        if key not in self.plots and self._history.has(key, list(self._nodes)):
            self._make(key)
        if self._wanted:
            self._turn.start()

    def _make(self, key: str) -> None:
        from devtoolkit.gui.widgets.live_plot import LivePlot

        data = self._history.plot(key, self._nodes, gaps=True)
        live = LivePlot(data, dark=self._hub.theme.name == "dark")
        view = live.widget
        view.setBackground(self._hub.theme.card)
        view.setFixedHeight(_HIGH)
        view.setFocusPolicy(Qt.NoFocus)
        view.setAttribute(Qt.WA_TransparentForMouseEvents)  # the wheel scrolls the page
        view.getPlotItem().legend.hide()
        view.getPlotItem().setTitle(self._heading(data.title))
        name = tr("{line} of {nodes}", line=data.title, nodes=", ".join(self._nodes.values()))
        view.setAccessibleName(name)
        card = Card()
        card.column.addWidget(view)
        self.plots[key], self._cards[key], self._points[key] = live, card, len(data.rows)
        order = [*self._history.lines]
        at = sum(order.index(other) < order.index(key) for other in self._cards)
        self._column.insertWidget(at, card)

    def _heading(self, title: str) -> str:
        """The line's name, with the nodes by sign and colour: a legend that hides no curve."""
        from devtoolkit.gui.widgets.live_plot import SIGNS
        from devtoolkit.services.plot_png import COLOURS

        parts = [f"<b>{escape(title)}</b>"]
        for number, name in enumerate(self._nodes.values()):
            colour = "#{:02x}{:02x}{:02x}".format(*COLOURS[number % len(COLOURS)])
            sign = f'<span style="color: {colour}">{SIGNS[number % len(SIGNS)]}</span>'
            parts.append(f"{sign}&nbsp;{escape(name)}")
        return f'<span style="font-size: 10pt; color: {self._hub.theme.text}">{" &nbsp; ".join(parts)}</span>'

    def _drop(self, key: str) -> None:
        self.plots.pop(key).widget.close()
        card = self._cards.pop(key)
        self._column.removeWidget(card)
        card.hide()
        card.deleteLater()
