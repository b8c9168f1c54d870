"""How a row of the list looks: icon, name, state dot and word, where it is, how strong its signal is."""

from devtoolkit.gui import icons
from devtoolkit.gui.device_model import ROW
from devtoolkit.gui.qt import (
    QColor,
    QFont,
    QModelIndex,
    QPainter,
    QRect,
    QSize,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    Qt,
    QWidget,
)
from devtoolkit.gui.roster import BETWEEN, Row
from devtoolkit.gui.theme import Theme

_HEIGHT, _PAD, _ICON, _DOT = 54, 12, 22, 9
_BARS, _BAR, _GAP, _TALLEST = 4, 3, 2, 12  # the signal
_BARS_WIDTH = _BARS * (_BAR + _GAP)


class RowPainter(QStyledItemDelegate):
    """Icon, name, state dot and word, and where it is."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(180, max(_HEIGHT, option.fontMetrics.height() * 2 + 2 * _PAD))

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        row: Row | None = index.data(ROW)
        if row is None or painter is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.Antialiasing)
        self._background(painter, option)
        box = option.rect.adjusted(_PAD, 0, -_PAD, 0)
        picture = icons.picture(row.kind, self.theme.soft, _ICON)
        painter.drawPixmap(QRect(box.left(), box.center().y() - _ICON // 2, _ICON, _ICON), picture)
        left = box.left() + _ICON + _PAD
        taken = self._state(painter, option, row, box)
        bold = QFont(option.font)
        bold.setWeight(QFont.DemiBold)
        painter.setFont(bold)
        painter.setPen(QColor(self.theme.text))
        half = box.height() // 2
        upper = QRect(left, box.top() + 4, box.right() - left - taken - 8, half - 2)
        name = self._cut(painter, row.name, upper)
        painter.drawText(upper, int(Qt.AlignVCenter | Qt.AlignLeft), name)
        upper.setLeft(upper.left() + painter.fontMetrics().horizontalAdvance(name) + _PAD)
        painter.setFont(option.font)
        painter.setPen(QColor(self.theme.soft))
        if row.site and upper.width() > _PAD:
            painter.drawText(upper, int(Qt.AlignVCenter | Qt.AlignLeft), self._cut(painter, row.site, upper))
        lower = QRect(left, box.top() + half, box.right() - left, half - 4)
        if row.bars:
            self._signal(painter, row.bars, lower)
            lower.setRight(lower.right() - _BARS_WIDTH - _GAP)
        painter.drawText(
            lower,
            int(Qt.AlignVCenter | Qt.AlignLeft),
            self._cut(painter, self._fitting(painter, row.line, lower), lower),
        )
        painter.restore()

    def _background(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        chosen, over = bool(option.state & QStyle.State_Selected), bool(option.state & QStyle.State_MouseOver)
        if chosen or over:
            painter.setPen(Qt.NoPen)
            painter.setBrush(QColor(self.theme.chosen if chosen else self.theme.window))
            painter.drawRoundedRect(option.rect.adjusted(4, 2, -4, -2), 7, 7)
        if option.state & QStyle.State_HasFocus:
            painter.setPen(QColor(self.theme.accent))
            painter.setBrush(Qt.NoBrush)
            painter.drawRoundedRect(option.rect.adjusted(4, 2, -5, -3), 7, 7)

    def _state(self, painter: QPainter, option: QStyleOptionViewItem, row: Row, box: QRect) -> int:
        """Dot and word at the right end of the first line; the width they take."""
        painter.setFont(option.font)
        width = painter.fontMetrics().horizontalAdvance(row.state)
        colour = QColor(getattr(self.theme, row.tone))
        upper = QRect(box.right() - width, box.top() + 4, width + 1, box.height() // 2 - 2)
        painter.setPen(colour)
        painter.drawText(upper, int(Qt.AlignVCenter | Qt.AlignRight), row.state)
        dot = QRect(upper.left() - _DOT - 5, upper.center().y() - _DOT // 2, _DOT, _DOT)
        painter.setBrush(colour if row.here else Qt.NoBrush)
        painter.drawEllipse(dot)
        return int(width) + _DOT + 5

    def _signal(self, painter: QPainter, bars: int, line: QRect) -> None:
        """Four bars at the right end of the second line, as many filled as the signal has."""
        painter.setPen(Qt.NoPen)
        foot, left = line.center().y() + _TALLEST // 2, line.right() - _BARS_WIDTH + _GAP
        for at in range(_BARS):
            tall = _TALLEST * (at + 1) // _BARS
            painter.setBrush(QColor(self.theme.soft if at < bars else self.theme.line))
            painter.drawRect(left + at * (_BAR + _GAP), foot - tall, _BAR, tall)
        painter.setBrush(Qt.NoBrush)
        painter.setPen(QColor(self.theme.soft))

    @staticmethod
    def _fitting(painter: QPainter, line: str, box: QRect) -> str:
        """As many of its parts as there is room for, at least the first: half a number tells nothing."""
        parts = line.split(BETWEEN)
        while len(parts) > 1 and painter.fontMetrics().horizontalAdvance(BETWEEN.join(parts)) > box.width():
            parts.pop()
        return BETWEEN.join(parts)

    @staticmethod
    def _cut(painter: QPainter, text: str, box: QRect) -> str:
        return str(painter.fontMetrics().elidedText(text, Qt.ElideRight, box.width()))
