"""A pad for two values at once: drag the knob, or move it with the arrow keys."""

from typing import Any

from devtoolkit.gui.qt import (
    QColor,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPointF,
    QSize,
    QSizePolicy,
    Qt,
    QWidget,
    pyqtSignal,
)
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import Theme

_SIDE, _KNOB, _EDGE = 190, 13, 20
_BIG_STEP = 5  # steps for an arrow key with Shift


class Pad(QWidget):
    """`x` and `y` are whole steps from 0 to `steps`, y upwards. `moved` comes for the user's moves only."""

    moved = pyqtSignal()

    def __init__(self, steps: int, theme: Theme) -> None:
        super().__init__()
        self.steps = max(1, steps)
        self.x_step = self.y_step = self.steps // 2
        self.held = False
        self._theme = theme
        self.setFocusPolicy(Qt.StrongFocus)
        self.setSizePolicy(QSizePolicy.Fixed, QSizePolicy.Fixed)
        self.setFixedSize(QSize(_SIDE, _SIDE))
        self.setToolTip(tr("Drag the knob, or use the arrow keys"))

    def use_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def put(self, x: int, y: int) -> None:
        """Move the knob; nobody hears of it."""
        self.x_step, self.y_step = (min(self.steps, max(0, value)) for value in (x, y))
        self.update()

    def mousePressEvent(self, event: Any) -> None:
        self.held = True
        self._follow(event)

    def mouseMoveEvent(self, event: Any) -> None:
        self._follow(event)

    def mouseReleaseEvent(self, event: Any) -> None:
        self.held = False
        self._follow(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        ways = {Qt.Key_Left: (-1, 0), Qt.Key_Right: (1, 0), Qt.Key_Up: (0, 1), Qt.Key_Down: (0, -1)}
        way = ways.get(Qt.Key(event.key()))
        if way is None:
            super().keyPressEvent(event)
            return
        far = _BIG_STEP if event.modifiers() & Qt.ShiftModifier else 1
        self._move(self.x_step + way[0] * far, self.y_step + way[1] * far)

    def focusInEvent(self, event: Any) -> None:
        self.update()

    def focusOutEvent(self, event: Any) -> None:
        self.update()

    def _follow(self, event: Any) -> None:
        room = _SIDE - 2 * _EDGE
        x = (event.pos().x() - _EDGE) / room * self.steps
        y = (_SIDE - _EDGE - event.pos().y()) / room * self.steps
        self._move(round(x), round(y))

    def _move(self, x: int, y: int) -> None:
        before = (self.x_step, self.y_step)
        self.put(x, y)
        if before != (self.x_step, self.y_step):
            self.moved.emit()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        theme = self._theme
        painter.setPen(QPen(QColor(theme.accent if self.hasFocus() else theme.edge), 2 if self.hasFocus() else 1))
        painter.setBrush(QColor(theme.field))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 10, 10)
        room = _SIDE - 2 * _EDGE
        knob = QPointF(_EDGE + room * self.x_step / self.steps, _SIDE - _EDGE - room * self.y_step / self.steps)
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawLine(QPointF(knob.x(), _EDGE / 2), QPointF(knob.x(), _SIDE - _EDGE / 2))
        painter.drawLine(QPointF(_EDGE / 2, knob.y()), QPointF(_SIDE - _EDGE / 2, knob.y()))
        painter.setPen(Qt.NoPen)
        painter.setBrush(QColor(theme.accent))
        painter.drawEllipse(knob, _KNOB, _KNOB)
