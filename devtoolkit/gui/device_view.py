"""The list on the left: search field, filter, rows, and what to do with them."""

from devtoolkit.gui import icons
from devtoolkit.gui.device_model import ALL, HERE, ROW, DeviceFilter, DeviceModel
from devtoolkit.gui.qt import (
    QAbstractItemView,
    QColor,
    QComboBox,
    QFont,
    QFrame,
    QHBoxLayout,
    QItemSelectionModel,
    QLabel,
    QLineEdit,
    QListView,
    QModelIndex,
    QPainter,
    QPoint,
    QPushButton,
    QRect,
    QSize,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    Qt,
    QTimer,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from devtoolkit.gui.roster import Row
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import Theme

_HEIGHT, _PAD, _ICON, _DOT = 54, 12, 22, 9
_QUIET_MS = 120  # the search field waits this long for the next key


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
        painter.drawText(upper, int(Qt.AlignVCenter | Qt.AlignLeft), self._cut(painter, row.name, upper))
        painter.setFont(option.font)
        painter.setPen(QColor(self.theme.soft))
        lower = QRect(left, box.top() + half, box.right() - left, half - 4)
        painter.drawText(lower, int(Qt.AlignVCenter | Qt.AlignLeft), self._cut(painter, row.line, lower))
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

    @staticmethod
    def _cut(painter: QPainter, text: str, box: QRect) -> str:
        return str(painter.fontMetrics().elidedText(text, Qt.ElideRight, box.width()))


class DeviceView(QFrame):
    """Search field, filter and list. `chosen` tells the rows that are selected, `menu_wanted` where a menu is due."""

    chosen = pyqtSignal(object)
    menu_wanted = pyqtSignal(QPoint)
    search_wanted = pyqtSignal()
    virtual_wanted = pyqtSignal()

    def __init__(self, model: DeviceModel, theme: Theme) -> None:
        super().__init__(objectName="sidebar")
        self.model = model
        self.filter = DeviceFilter(model, self)
        self.painter_ = RowPainter(theme, self)
        self._typing = QTimer(self, singleShot=True, interval=_QUIET_MS)
        self._unpinned = QTimer(self, singleShot=True, interval=0)  # never in the middle of a change of selection
        self._counting = QTimer(self, singleShot=True, interval=_QUIET_MS)
        self._build(theme)
        self._connect()
        self._count()

    def rows(self) -> tuple[Row, ...]:
        """The selected rows, in the list's order."""
        picked = sorted(self.list.selectedIndexes(), key=lambda index: index.row())
        return tuple(row for row in (index.data(ROW) for index in picked) if row is not None)

    def select(self, key: str) -> None:
        """Select one row, where it is shown."""
        index = self.filter.mapFromSource(self.model.index_of(key))
        selection = self.list.selectionModel()
        if index.isValid() and selection is not None:
            selection.setCurrentIndex(index, QItemSelectionModel.ClearAndSelect)
            self.list.scrollTo(index)

    def use_theme(self, theme: Theme) -> None:
        self.painter_.theme = theme
        self.search_button.setIcon(icons.icon("search", theme.text))
        self.virtual_button.setIcon(icons.icon("add", theme.text))

    def set_tags(self, tags: list[str]) -> None:
        """Offer these tags in the filter."""
        wanted = [*DeviceFilter.modes(), *((f"tag:{tag}", tr("Tag: {tag}", tag=tag)) for tag in tags)]
        if [mode for mode, _ in wanted] == [self.mode.itemData(at) for at in range(self.mode.count())]:
            return
        now = self.mode.currentData()
        self.mode.blockSignals(True)
        self.mode.clear()
        for mode, name in wanted:
            self.mode.addItem(name, mode)
        self.mode.setCurrentIndex(max(0, self.mode.findData(now)))
        self.mode.blockSignals(False)

    def _build(self, theme: Theme) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 12, 10, 10)
        layout.setSpacing(8)
        self.field = QLineEdit(placeholderText=tr("Search name, address, tag ..."), clearButtonEnabled=True)
        self.field.setAccessibleName(tr("Search devices"))
        self.mode = QComboBox()
        self.mode.setAccessibleName(tr("Which devices are shown"))
        self.set_tags([])
        self.list = QListView(
            uniformItemSizes=True,
            selectionMode=QAbstractItemView.ExtendedSelection,
            contextMenuPolicy=Qt.CustomContextMenu,
            mouseTracking=True,
            horizontalScrollBarPolicy=Qt.ScrollBarAlwaysOff,
        )
        self.list.setAccessibleName(tr("Devices"))
        self.list.setItemDelegate(self.painter_)
        self.list.setModel(self.filter)
        self.empty = QLabel(objectName="soft", wordWrap=True, alignment=Qt.AlignCenter)
        self.count = QLabel(objectName="soft")
        self.search_button = QPushButton(tr("Search"), toolTip=tr("Search the network for nodes now"))
        self.virtual_button = QPushButton(tr("Virtual board"), toolTip=tr("Power on a virtual board"))
        buttons = QHBoxLayout()
        buttons.addWidget(self.search_button)
        buttons.addWidget(self.virtual_button)
        for part in (self.field, self.mode, self.empty):
            layout.addWidget(part)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.count)
        layout.addLayout(buttons)
        self.use_theme(theme)

    def _connect(self) -> None:
        self.field.textChanged.connect(lambda _text: self._typing.start())
        self._typing.timeout.connect(lambda: self.filter.search(self.field.text()))
        self.mode.currentIndexChanged.connect(lambda _at: self.filter.show_only(self.mode.currentData() or ALL))
        self.list.customContextMenuRequested.connect(self.menu_wanted)
        selection = self.list.selectionModel()
        if selection is not None:
            selection.selectionChanged.connect(lambda _new, _old: self._chosen())
        for changed in (self.filter.rowsInserted, self.filter.rowsRemoved, self.filter.modelReset, self.filter.changed):
            changed.connect(self._count_soon)
        self.model.rowsInserted.connect(self._count_soon)
        self._counting.timeout.connect(self._count)
        self._unpinned.timeout.connect(self.filter.invalidateFilter)
        self.search_button.clicked.connect(self.search_wanted)
        self.virtual_button.clicked.connect(self.virtual_wanted)

    def _chosen(self) -> None:
        rows = self.rows()
        self.filter.pin(frozenset(row.key for row in rows))
        self._unpinned.start()
        self.chosen.emit(rows)

    def _count_soon(self, *_: object) -> None:
        if not self._counting.isActive():
            self._counting.start()

    def _count(self) -> None:
        rows = self.model.rows()
        here = sum(row.here for row in rows)
        self.count.setText(tr("{here} here, {away} away", here=here, away=len(rows) - here))
        shown = self.filter.rowCount()
        self.empty.setVisible(shown == 0)
        if shown == 0:
            self.empty.setText(self._why_empty(len(rows) - here))

    def _why_empty(self, away: int) -> str:
        if self.field.text().strip():
            return tr("Nothing matches your search.")
        if self.filter.mode == HERE and away:
            return tr("No board is here now. Choose All known to see those that are away.")
        return tr("No board yet. Plug one in, press Search, or power on a virtual board.")
