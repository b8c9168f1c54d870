"""The roster as a Qt model: rows in order, changes applied in small portions, filtered by words and by state."""

from bisect import bisect_left
from typing import Any

from devtoolkit.gui.qt import QAbstractListModel, QModelIndex, QObject, QSortFilterProxyModel, Qt, pyqtSignal
from devtoolkit.gui.roster import Row
from devtoolkit.gui.text import tr

ROW = int(Qt.UserRole)
HERE, ALL, USB, VIRTUAL, NETWORK, AWAY = "here", "all", "usb", "virtual", "network", "away"
ONLINE, LOCKED, BUSY, UPDATING = "online", "locked", "busy", "updating"
TAG, SITE = "tag:", "site:"


class DeviceModel(QAbstractListModel):
    """Rows sorted by kind and name; `put` and `remove` cost little, so that they may come by the hundred."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, Row] = {}
        self._order: list[tuple[int, str, str]] = []

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._order)

    def data(self, index: QModelIndex, role: int = int(Qt.DisplayRole)) -> Any:
        if not index.isValid() or index.row() >= len(self._order):
            return None
        row = self._rows[self._order[index.row()][2]]
        if role == ROW:
            return row
        if role == Qt.DisplayRole:
            return row.name
        if role in (Qt.ToolTipRole, Qt.AccessibleTextRole):
            reason = f"\n{row.uid}" if row.uid else ""
            return row.told + (reason if role == Qt.ToolTipRole else "")
        return None

    def put(self, row: Row) -> None:
        """A new row, or what is known now of an old one."""
        before = self._rows.get(row.key)
        if before is not None and before.order == row.order:
            self._rows[row.key] = row
            index = self.index(self._place(row.order))
            if before != row:
                self.dataChanged.emit(index, index)
            return
        if before is not None:
            self._move(before, row)
            return
        at = self._place(row.order)
        self.beginInsertRows(QModelIndex(), at, at)
        self._order.insert(at, row.order)
        self._rows[row.key] = row
        self.endInsertRows()

    def _move(self, before: Row, row: Row) -> None:
        """To its new place, still selected where it was: a node that got another name is the same one."""
        source, place = self._place(before.order), self._place(row.order)  # counted with the row itself
        moves = place not in (source, source + 1) and self.beginMoveRows(
            QModelIndex(), source, source, QModelIndex(), place
        )
        del self._order[source]
        at = self._place(row.order)
        self._order.insert(at, row.order)
        self._rows[row.key] = row
        if moves:
            self.endMoveRows()
        index = self.index(at)
        self.dataChanged.emit(index, index)

    def remove(self, key: str) -> None:
        row = self._rows.get(key)
        if row is None:
            return
        at = self._place(row.order)
        self.beginRemoveRows(QModelIndex(), at, at)
        del self._order[at]
        del self._rows[key]
        self.endRemoveRows()

    def row_of(self, key: str) -> Row | None:
        return self._rows.get(key)

    def rows(self) -> tuple[Row, ...]:
        return tuple(self._rows[key] for _, _, key in self._order)

    def index_of(self, key: str) -> QModelIndex:
        row = self._rows.get(key)
        return self.index(self._place(row.order)) if row else QModelIndex()

    def _place(self, order: tuple[int, str, str]) -> int:
        return bisect_left(self._order, order)


class DeviceFilter(QSortFilterProxyModel):
    """Rows with all the words typed, in the state (or of the tag, `tag:NAME`, or the site, `site:NAME`) chosen."""

    changed = pyqtSignal()

    def __init__(self, model: DeviceModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[str, ...] = ()
        self._mode = HERE
        self._pinned: frozenset[str] = frozenset()
        self.setSourceModel(model)
        self.model = model

    def search(self, typed: str) -> None:
        self._words = tuple(typed.casefold().split())
        self.invalidateFilter()
        self.changed.emit()

    def show_only(self, mode: str) -> None:
        self._mode = mode
        self.invalidateFilter()
        self.changed.emit()

    def pin(self, keys: frozenset[str]) -> None:
        """Rows that stay while they are selected, also when they go away: what restarts is still meant."""
        self._pinned = keys

    @property
    def mode(self) -> str:
        return self._mode

    def filterAcceptsRow(self, at: int, parent: QModelIndex) -> bool:
        row = self.model.data(self.model.index(at), ROW)
        return row is not None and self._fits(row) and row.matches(self._words)

    def _fits(self, row: Row) -> bool:
        mode = self._mode
        if row.key in self._pinned:
            return True
        if mode.startswith(TAG):
            return mode.removeprefix(TAG) in row.tags
        if mode.startswith(SITE):
            return mode.removeprefix(SITE) == row.site
        return {
            ALL: True,
            HERE: row.here,
            USB: row.kind == "usb",
            VIRTUAL: row.kind == "virtual",
            NETWORK: row.device is not None,
            AWAY: not row.here,
            ONLINE: row.status == "ONLINE",
            LOCKED: row.status == "LOCKED",
            BUSY: row.status == "BUSY",
            UPDATING: row.updates,
        }.get(mode, True)

    @staticmethod
    def modes() -> tuple[tuple[str, str], ...]:
        """The states to choose from, with their names."""
        return (
            (HERE, tr("Here now")),
            (ALL, tr("All known")),
            (USB, tr("On USB")),
            (NETWORK, tr("On the network")),
            (VIRTUAL, tr("Virtual boards")),
            (ONLINE, tr("Online")),
            (LOCKED, tr("Locked")),
            (BUSY, tr("Busy")),
            (UPDATING, tr("Update mode")),
            (AWAY, tr("Away")),
        )
