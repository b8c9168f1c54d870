"""Buttons in a row that goes on in the next line where the window is narrow."""

from devtoolkit.gui.qt import QLayout, QLayoutItem, QRect, QSize, Qt, QWidget

_GAP = 8


class Flow(QLayout):
    """Left to right, then the next line; hidden parts take no place."""

    def __init__(self, *parts: QWidget) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)
        for part in parts:
            self.addWidget(part)

    def addItem(self, item: QLayoutItem | None) -> None:
        if item is not None:
            self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, at: int) -> QLayoutItem | None:
        return self._items[at] if 0 <= at < len(self._items) else None

    def takeAt(self, at: int) -> QLayoutItem | None:
        return self._items.pop(at) if 0 <= at < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientations:
        return Qt.Orientations()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, place: QRect) -> None:
        super().setGeometry(place)
        self._place(place, move=True)

    def sizeHint(self) -> QSize:
        """All in one line."""
        sizes = [item.sizeHint() for item in self._items if not item.isEmpty()]
        width = sum(size.width() for size in sizes) + _GAP * max(0, len(sizes) - 1)
        return QSize(width, max((size.height() for size in sizes), default=0))

    def minimumSize(self) -> QSize:
        """One below the other would do."""
        sizes = [item.minimumSize() for item in self._items if not item.isEmpty()]
        return QSize(
            max((size.width() for size in sizes), default=0), max((size.height() for size in sizes), default=0)
        )

    def _place(self, place: QRect, *, move: bool) -> int:
        """The height that is needed at this width; `move` also puts the parts there, each in the middle of its line."""
        top = int(place.y())
        for line in self._lines(place.width()):
            tall, left = max(item.sizeHint().height() for item in line), int(place.x())
            for item in line:
                size = item.sizeHint()
                if move:
                    item.setGeometry(QRect(left, top + (tall - size.height()) // 2, size.width(), size.height()))
                left += size.width() + _GAP
            top += tall + _GAP
        return max(0, top - _GAP - int(place.y()))

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        """The parts that are shown, as many in each line as it has room for."""
        lines: list[list[QLayoutItem]] = []
        left = 0
        for item in self._items:
            if item.isEmpty():
                continue
            wide = item.sizeHint().width()
            if not lines or left + wide > width:
                lines.append([])
                left = 0
            lines[-1].append(item)
            left += wide + _GAP
        return lines
