"""A table with one row per node, filled while the answers come in; it stays until something new is begun."""

from collections.abc import Sequence
from dataclasses import dataclass

from devtoolkit.gui.hub import Hub
from devtoolkit.gui.qt import QAbstractItemView, QColor, QHeaderView, Qt, QTableWidget, QTableWidgetItem, QTimer
from devtoolkit.gui.text import tr

_ROW_HEIGHT, _MOST_ROWS = 30, 12
_SCROLLBAR = 20
_MEASURED = 50  # rows that are looked at for the width of a column
_ROOM, _WIDEST = 10, 240  # what a column gets beyond its text, and at most; the tool tip has all of it
_TINT = int(Qt.UserRole)
_PORTION_MS, _AT_ONCE = 40, 40  # rows written per portion: some 15 ms of the GUI's time


@dataclass(slots=True)
class _Row:
    """Where it is, its cells, and the colour of the second one."""

    at: int
    cells: tuple[str, ...] = ()
    tone: str = "text"


class ResultTable(QTableWidget):
    """`put` writes the row of a key. The last column takes the room that is left. As high as its rows, up to a few."""

    def __init__(self, hub: Hub, name: str, columns: Sequence[str], *, tall: bool = False) -> None:
        super().__init__(0, len(columns))
        self._hub = hub
        self._tall = tall  # answers of several lines
        self._rows: dict[str, _Row] = {}
        self._due: dict[str, None] = {}
        self._to_fit = False
        self._left = _AT_ONCE
        self._portion = QTimer(self, singleShot=True, interval=_PORTION_MS)
        self._portion.timeout.connect(self._next_portion)
        self.setObjectName("boxed")
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels(list(columns))
        self.setEditTriggers(QAbstractItemView.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.setTabKeyNavigation(False)  # Tab leaves the table
        self.setShowGrid(False)
        self.setWordWrap(True)
        heads, side = self.horizontalHeader(), self.verticalHeader()
        if heads is not None and side is not None:
            side.hide()
            side.setDefaultSectionSize(_ROW_HEIGHT)
            heads.setHighlightSections(False)
            heads.setResizeContentsPrecision(_MEASURED)
            heads.setDefaultAlignment(Qt.AlignLeft | Qt.AlignVCenter)
            heads.setSectionResizeMode(QHeaderView.Interactive)
            heads.setStretchLastSection(True)
        hub.theme_changed.connect(self._repaint)
        self._fit()

    def begin(self, rows: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Forget what was there; these keys with these first cells are expected."""
        self._rows = {key: _Row(at, tuple(cells), "soft") for at, (key, cells) in enumerate(rows)}
        self._due = dict.fromkeys(self._rows)
        self.setRowCount(0)
        self.setRowCount(len(rows))
        self._fit()
        self._write()

    def put(self, key: str, cells: Sequence[str], tone: str = "text") -> None:
        """The cells of this key's row; the second one in this colour of the theme. Cells that are left out stay."""
        row = self._rows.get(key)
        if row is None:
            self._rows[key] = row = _Row(self.rowCount())
            self.insertRow(row.at)
            self._fit()
        row.cells, row.tone = (*cells, *row.cells[len(cells) :]), tone
        self._due[key] = None
        self._write()

    def fit_columns(self) -> None:
        """Columns as wide as what they hold, when all of it is written."""
        self._to_fit = True
        self._write()

    def row_text(self, row: int) -> str:
        """A row as a line."""
        found = next((one for one in self._rows.values() if one.at == row), _Row(row))
        return "  ".join(cell for cell in found.cells if cell)

    def text(self) -> str:
        """All rows, for a report."""
        return "\n".join(self.row_text(row) for row in range(self.rowCount()))

    def _repaint(self) -> None:
        """Another theme."""
        self._due = dict.fromkeys(self._rows)
        self._write()

    def _write(self) -> None:
        """What is due, a portion at a time: hundreds of nodes may answer at once, and the window must not stop."""
        if not self._portion.isActive():
            self._portion.start()
            self._left = _AT_ONCE
        while self._due and self._left:
            key = next(iter(self._due))
            del self._due[key]
            self._left -= 1
            self._show(self._rows[key])
        if self._to_fit and not self._due:
            self._to_fit = False
            self.resizeColumnsToContents()
            for column in range(self.columnCount() - 1):
                self.setColumnWidth(column, min(self.columnWidth(column) + _ROOM, _WIDEST))
            if self._tall and self.rowCount() <= _MEASURED:
                self.resizeRowsToContents()

    def _next_portion(self) -> None:
        if self._due or self._to_fit:
            self._left = _AT_ONCE
            self._portion.start()
            self._write()

    def _show(self, row: _Row) -> None:
        for column, text in enumerate(row.cells):
            item = self.item(row.at, column)
            if item is None:
                item = QTableWidgetItem()
                self.setItem(row.at, column, item)
            if item.text() != text:
                item.setText(text)
                item.setToolTip(text)
            tint = getattr(self._hub.theme, row.tone if column == 1 else "text")
            if item.data(_TINT) != tint:
                item.setData(_TINT, tint)
                item.setForeground(QColor(tint))

    def _fit(self) -> None:
        rows = min(max(self.rowCount(), 2), _MOST_ROWS)
        self.setMinimumHeight((rows + 1) * _ROW_HEIGHT + _SCROLLBAR)


def counted(good: int, bad: int) -> str:
    """How many did it."""
    return tr("{good} well, {bad} not.", good=good, bad=bad)
