"""One control per typed entry of a module's help: colour, sliders, buttons, pad, text, graph."""

from typing import TYPE_CHECKING

from devtoolkit.gui.qt import QTimer
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import Theme
from devtoolkit.gui.widgets.control import PLACES, Buttons, Control
from devtoolkit.gui.widgets.graph import Course, Graph, History
from devtoolkit.gui.widgets.numbers import Colour, Joystick, Sliders

if TYPE_CHECKING:
    from devtoolkit.services.widgets import Widget

__all__ = ["Buttons", "Colour", "Control", "Graph", "Joystick", "Reading", "Sliders", "make_control"]

_LEAST_REFRESH_MS = 1000
_USUAL_REFRESH_MS = 5000


class Reading(Control):
    """Something that is only shown: a text and, for numbers, their course. Asked again while it is visible."""

    def __init__(self, widget: "Widget", theme: Theme, history: History) -> None:
        self.history = history
        super().__init__(widget, theme)

    def build(self) -> None:
        self.graph: Course | None = None
        if self.widget.type == "graph":
            self.graph = Course(self.history, self.theme)
            self.graph.setAccessibleName(self.called(tr("graph")))
            self.column.addWidget(self.graph)
            self.graph.resized()
        period = max(_LEAST_REFRESH_MS, self.widget.refresh_ms or _USUAL_REFRESH_MS)
        self._timer = QTimer(self, interval=period)
        self._timer.timeout.connect(self._ask)

    def showEvent(self, event: object) -> None:
        self._ask()
        self._timer.start()

    def hideEvent(self, event: object) -> None:
        self._timer.stop()

    def use_theme(self, theme: Theme) -> None:
        super().use_theme(theme)
        if self.graph is not None:
            self.graph.use_theme(theme)

    def answer(self, lines: tuple[str, ...]) -> None:
        super().answer(lines)
        if self.graph is not None and not self.trouble.isVisibleTo(self) and self.history.add(lines):
            self.graph.resized()

    def _ask(self) -> None:
        if self.widget.readable:
            self.wanted.emit(())


def make_control(widget: "Widget", theme: Theme, history: History | None = None) -> Control:
    """The control for this entry; a type of a later node is drawn as sliders or buttons, by what it takes."""
    places = len(PLACES.findall(widget.call))
    if widget.type == "color" and places == 3:
        return Colour(widget, theme)
    if widget.type == "joystick" and places == 2:
        return Joystick(widget, theme)
    if widget.readable:
        return Reading(widget, theme, history or History())
    return Buttons(widget, theme) if widget.type == "button" or widget.options else Sliders(widget, theme)
