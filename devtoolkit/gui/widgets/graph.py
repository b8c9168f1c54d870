"""The course of numbers over time: a line for each, with least, most and how long ago it began."""

import itertools
import re
import time
from collections import deque
from dataclasses import dataclass, field

from devtoolkit.gui.qt import QColor, QPainter, QPaintEvent, QPen, QPointF, QRect, Qt, QWidget
from devtoolkit.gui.text import span, tr
from devtoolkit.gui.theme import Theme

POINTS = 600  # kept of each line, also while another node is selected
_NUMBER = re.compile(r"^\s*(?:(?P<name>[^:]*?)\s*:)?\s*(?P<value>-?\d+(?:\.\d+)?)\b")
_LEFT, _TOP, _BOTTOM, _RIGHT = 62, 10, 20, 12
_HEIGHT = 130


@dataclass(slots=True)
class History:
    """Values by name with the moment each came (seconds of the monotonic clock)."""

    lines: dict[str, deque[tuple[float, float]]] = field(default_factory=dict)

    def add(self, texts: tuple[str, ...], at: float | None = None) -> bool:
        """The numbers of an answer, `name: value` or a value alone; whether there was one."""
        moment = time.monotonic() if at is None else at
        found = False
        for text in texts:
            match = _NUMBER.match(text)
            if match is not None:
                name = (match["name"] or "").strip()
                self.lines.setdefault(name, deque(maxlen=POINTS)).append((moment, float(match["value"])))
                found = True
        return found


class Course(QWidget):
    """Draws a history. Each line has its own scale: temperature and humidity share a picture, not a unit."""

    def __init__(self, history: History, theme: Theme) -> None:
        super().__init__()
        self._history, self._theme = history, theme
        self.setFixedHeight(_HEIGHT)

    def use_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def resized(self) -> None:
        """There are more values: room for each line."""
        self.setFixedHeight(_HEIGHT * max(1, len(self._drawn())))
        self.update()

    def _drawn(self) -> list[tuple[str, deque[tuple[float, float]]]]:
        return [(name, points) for name, points in self._history.lines.items() if len(points) > 1]

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        lines = self._drawn()
        if not lines:
            painter.setPen(QColor(self._theme.soft))
            painter.drawText(self.rect(), int(Qt.AlignCenter), tr("Waiting for values ..."))
            return
        for at, (name, points) in enumerate(lines):
            place = QRect(0, at * _HEIGHT, self.width(), _HEIGHT)
            self._line(painter, place, name, list(points))

    def _line(self, painter: QPainter, place: QRect, name: str, points: list[tuple[float, float]]) -> None:
        inner = place.adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)
        values = [value for _at, value in points]
        least, most = min(values), max(values)
        spread = (most - least) or 1.0
        painter.setPen(QPen(QColor(self._theme.line), 1))
        painter.drawRect(inner)
        painter.setPen(QColor(self._theme.soft))
        scale = QRect(place.left(), inner.top() - 4, _LEFT - 8, inner.height() + 8)
        painter.drawText(scale, int(Qt.AlignRight | Qt.AlignTop), f"{most:g}")
        if most != least:
            painter.drawText(scale, int(Qt.AlignRight | Qt.AlignBottom), f"{least:g}")
        first, last = points[0][0], points[-1][0]
        foot = QRect(inner.left(), inner.bottom() + 2, inner.width(), _BOTTOM)
        painter.drawText(foot, int(Qt.AlignLeft), tr("{time} ago", time=span(time.monotonic() - first)))
        painter.drawText(foot, int(Qt.AlignRight), f"{name}  {values[-1]:g}".strip())
        wide = (last - first) or 1.0
        painter.setPen(QPen(QColor(self._theme.accent), 2))
        dots = [
            QPointF(
                inner.left() + inner.width() * (at - first) / wide,
                inner.top() + inner.height() * (0.5 if most == least else 1 - (value - least) / spread),
            )
            for at, value in points
        ]
        for one, other in itertools.pairwise(dots):
            painter.drawLine(one, other)


class Graph(QWidget):
    """A plain line through the last values, with least and most beside it."""

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
