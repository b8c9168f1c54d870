"""The list on the left: search field, filter, rows, and what to do with them."""

from devtoolkit.gui import icons
from devtoolkit.gui.device_model import ALL, HERE, ROW, SITE, TAG, DeviceFilter, DeviceModel
from devtoolkit.gui.device_painter import RowPainter
from devtoolkit.gui.qt import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QItemSelectionModel,
    QLabel,
    QLineEdit,
    QListView,
    QPoint,
    QPushButton,
    Qt,
    QTimer,
    QVBoxLayout,
    pyqtSignal,
)
from devtoolkit.gui.roster import Row
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import Theme

_QUIET_MS = 120  # the search field waits this long for the next key


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

    def menu_at_row(self) -> None:
        """The menu of the selected rows, where the current one is (by keyboard, or by its button)."""
        viewport = self.list.viewport()
        if viewport is not None:
            at = self.list.visualRect(self.list.currentIndex()).center()
            self.menu_wanted.emit(viewport.mapToGlobal(at))

    def show_only(self, mode: str) -> None:
        """Choose which rows are shown."""
        self.mode.setCurrentIndex(max(0, self.mode.findData(mode)))

    def offer_filters(self) -> None:
        """Offer the tags and sites that rows have now."""
        rows = self.model.rows()
        tags = sorted({tag for row in rows for tag in row.tags})
        sites = sorted({row.site for row in rows if row.site})
        wanted = [
            *DeviceFilter.modes(),
            *((f"{SITE}{site}", tr("Site: {site}", site=site)) for site in sites),
            *((f"{TAG}{tag}", tr("Tag: {tag}", tag=tag)) for tag in tags),
        ]
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
        self.offer_filters()
        self.list = self._list()
        self.empty = QLabel(objectName="soft", wordWrap=True, alignment=Qt.AlignCenter)
        self.count = QLabel(objectName="soft")
        self.search_button = QPushButton(tr("Search"), toolTip=tr("Search the network for nodes now"))
        self.virtual_button = QPushButton(tr("Virtual board"), toolTip=tr("Power on a virtual board"))
        self.actions_button = QPushButton(tr("Actions"), enabled=False)
        self.actions_button.setToolTip(tr("What can be done with the selected boards (Menu key)"))
        line = QHBoxLayout()
        line.addWidget(self.count, 1)
        line.addWidget(self.actions_button)
        buttons = QHBoxLayout()
        buttons.addWidget(self.search_button)
        buttons.addWidget(self.virtual_button)
        for part in (self.field, self.mode, self.empty):
            layout.addWidget(part)
        layout.addWidget(self.list, 1)
        layout.addLayout(line)
        layout.addLayout(buttons)
        self.use_theme(theme)

    def _list(self) -> QListView:
        made = QListView(
            uniformItemSizes=True,
            selectionMode=QAbstractItemView.ExtendedSelection,
            contextMenuPolicy=Qt.CustomContextMenu,
            mouseTracking=True,
            horizontalScrollBarPolicy=Qt.ScrollBarAlwaysOff,
        )
        made.setAccessibleName(tr("Devices"))
        made.setItemDelegate(self.painter_)
        made.setModel(self.filter)
        return made

    def _connect(self) -> None:
        self.field.textChanged.connect(lambda _text: self._typing.start())
        self._typing.timeout.connect(lambda: self.filter.search(self.field.text()))
        self.mode.currentIndexChanged.connect(lambda _at: self.filter.show_only(self.mode.currentData() or ALL))
        self.list.customContextMenuRequested.connect(self._menu)
        self.actions_button.clicked.connect(lambda _on: self._menu_at_button())
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

    def _menu(self, at: QPoint) -> None:
        viewport = self.list.viewport()
        if viewport is not None:
            self.menu_wanted.emit(viewport.mapToGlobal(at))

    def _menu_at_button(self) -> None:
        self.menu_wanted.emit(self.actions_button.mapToGlobal(QPoint(0, self.actions_button.height())))

    def _chosen(self) -> None:
        rows = self.rows()
        self.actions_button.setEnabled(bool(rows))
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
