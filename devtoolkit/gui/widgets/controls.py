"""One control per typed entry of a module's help: colour, sliders, buttons, pad, text, graph."""

import itertools
import re
from collections import deque
from typing import TYPE_CHECKING

from devtoolkit.gui.qt import (
    QColor,
    QColorDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPainter,
    QPaintEvent,
    QPen,
    QPointF,
    QPushButton,
    QSlider,
    Qt,
    QTimer,
    QToolButton,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import Theme

if TYPE_CHECKING:
    from devtoolkit.services.widgets import Widget

_NAMES = re.compile(r"(\w+)=:(?:range|options):")
_LEAST_REFRESH_MS = 1000
_USUAL_REFRESH_MS = 5000
_POINTS = 60
_COLOUR_NAMES = ("#ff0000", "#ffd000", "#00c000", "#0060ff", "#9000ff", "#ffffff", "#000000")


class Control(QWidget):
    """`wanted` has the values for the places in the call; `answer` takes what the node said."""

    wanted = pyqtSignal(object)

    def __init__(self, widget: "Widget", theme: Theme) -> None:
        super().__init__()
        self.widget, self.theme = widget, theme
        self.names = tuple(_NAMES.findall(widget.call))
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 4, 0, 4)
        self.column.setSpacing(6)
        head = QHBoxLayout()
        head.addWidget(QLabel(widget.function))
        head.addStretch(1)
        self.told = QLabel(objectName="soft", textFormat=Qt.PlainText)
        self.told.setTextInteractionFlags(Qt.TextSelectableByMouse)
        head.addWidget(self.told)
        self.column.addLayout(head)
        self.build()

    def build(self) -> None:
        """Make the parts."""

    def answer(self, lines: tuple[str, ...]) -> None:
        self.told.setText(" ".join(lines)[:120])
        self.told.setToolTip("\n".join(lines))

    def called(self, name: str) -> str:
        return f"{self.widget.module} {self.widget.function} {name}".strip()


class Buttons(Control):
    """One button per option, or one that just calls."""

    def build(self) -> None:
        line = QHBoxLayout()
        for option in self.widget.options or ("",):
            text = option or tr("Run")
            press = QPushButton({"True": tr("On"), "False": tr("Off")}.get(text, text))
            press.setAccessibleName(self.called(text))
            press.clicked.connect(lambda _on, option=option: self.wanted.emit((option,)))
            line.addWidget(press)
        line.addStretch(1)
        self.column.addLayout(line)


class Sliders(Control):
    """One slider per value."""

    def build(self) -> None:
        least, most, step = (*self.widget.range, 0, 100, 1)[:3] if len(self.widget.range) < 3 else self.widget.range[:3]
        self._least, self._step = least, step or 1
        self.sliders: list[QSlider] = []
        grid = QGridLayout()
        grid.setVerticalSpacing(8)
        for at, name in enumerate(self.names or ("",)):
            slider = QSlider(Qt.Horizontal, minimum=0, maximum=round((most - least) / self._step))
            slider.setAccessibleName(self.called(name))
            shown = QLabel(self._text(0))
            shown.setMinimumWidth(48)
            slider.valueChanged.connect(lambda value, shown=shown: self._moved(value, shown))
            grid.addWidget(QLabel(name, objectName="soft"), at, 0)
            grid.addWidget(slider, at, 1)
            grid.addWidget(shown, at, 2)
            self.sliders.append(slider)
        grid.setColumnStretch(1, 1)
        self.column.addLayout(grid)

    def values(self) -> tuple[str, ...]:
        return tuple(self._text(slider.value()) for slider in self.sliders)

    def _text(self, value: int) -> str:
        number = self._least + value * self._step
        return str(int(number)) if float(number).is_integer() else f"{number:g}"

    def _moved(self, value: int, shown: QLabel) -> None:
        shown.setText(self._text(value))
        self.wanted.emit(self.values())


class Colour(Sliders):
    """Sliders for the channels, colours to click, and the system's colour wheel."""

    def build(self) -> None:
        super().build()
        line = QHBoxLayout()
        line.setSpacing(6)
        for name in _COLOUR_NAMES:
            dot = QToolButton(objectName="flat")
            dot.setStyleSheet(
                f"background: {name}; border: 1px solid {self.theme.edge}; min-width: 16px; padding: 4px;"
            )
            dot.setAccessibleName(self.called(name))
            dot.setFocusPolicy(Qt.StrongFocus)
            dot.clicked.connect(lambda _on, name=name: self.choose(QColor(name)))
            line.addWidget(dot)
        wheel = QPushButton(tr("Colour wheel ..."))
        wheel.setAccessibleName(self.called(tr("colour wheel")))
        wheel.clicked.connect(self._wheel)
        line.addWidget(wheel)
        line.addStretch(1)
        self.column.addLayout(line)

    def choose(self, colour: QColor) -> None:
        """Put the colour on the sliders and send it once."""
        for slider, part in zip(self.sliders, (colour.red(), colour.green(), colour.blue()), strict=False):
            slider.setValue(round(part / 255 * slider.maximum()))
        self.wanted.emit(self.values())

    def _wheel(self) -> None:
        dialog = QColorDialog(self)
        dialog.setOption(QColorDialog.NoButtons)
        dialog.setOption(QColorDialog.DontUseNativeDialog)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.currentColorChanged.connect(self.choose)
        dialog.open()


class Reading(Control):
    """Something that is only shown: a text and, for numbers, their course. Asked again while it is visible."""

    def build(self) -> None:
        self._points: deque[float] = deque(maxlen=self.widget.limit or _POINTS)
        self.graph: Graph | None = None
        if self.widget.type == "graph":
            self.graph = Graph(self._points, self.theme)
            self.graph.setAccessibleName(self.called(tr("graph")))
            self.column.addWidget(self.graph)
        period = max(_LEAST_REFRESH_MS, self.widget.refresh_ms or _USUAL_REFRESH_MS)
        self._timer = QTimer(self, interval=period)
        self._timer.timeout.connect(self._ask)

    def showEvent(self, event: object) -> None:
        self._ask()
        self._timer.start()

    def hideEvent(self, event: object) -> None:
        self._timer.stop()

    def answer(self, lines: tuple[str, ...]) -> None:
        super().answer(lines)
        found = re.search(r"-?\d+(?:\.\d+)?", " ".join(lines).partition(":")[2] or " ".join(lines))
        if found and self.graph is not None:
            self._points.append(float(found.group()))
            self.graph.update()

    def _ask(self) -> None:
        if self.widget.readable:
            self.wanted.emit(())


class Graph(QWidget):
    """A line through the last values, with least and most beside it."""

    def __init__(self, points: deque[float], theme: Theme) -> None:
        super().__init__()
        self._points, self._theme = points, theme
        self.setMinimumHeight(90)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        points = list(self._points)
        painter.setPen(QColor(self._theme.soft))
        if len(points) < 2:
            painter.drawText(self.rect(), int(Qt.AlignCenter), tr("Waiting for values ..."))
            return
        least, most = min(points), max(points)
        painter.drawText(4, 14, f"{most:g}")
        painter.drawText(4, self.height() - 4, f"{least:g}")
        left, width, height = 56, self.width() - 64, self.height() - 16
        spread = (most - least) or 1.0
        painter.setPen(QPen(QColor(self._theme.accent), 2))
        places = [
            QPointF(left + width * at / (len(points) - 1), 8 + height * (1 - (value - least) / spread))
            for at, value in enumerate(points)
        ]
        for one, other in itertools.pairwise(places):
            painter.drawLine(one, other)


def make_control(widget: "Widget", theme: Theme) -> Control:
    """The control for this entry; a type of a later node is drawn as sliders or buttons, by what it takes."""
    if widget.type == "color" and len(_NAMES.findall(widget.call)) == 3:
        return Colour(widget, theme)
    if widget.readable:
        return Reading(widget, theme)
    return Buttons(widget, theme) if widget.type == "button" or widget.options else Sliders(widget, theme)
