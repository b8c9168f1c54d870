"""The list of panels."""

from collections.abc import Sequence

from devtoolkit.gui import icons
from devtoolkit.gui.panels._base import PanelInfo
from devtoolkit.gui.qt import QFrame, QListWidget, QListWidgetItem, QSize, Qt, QVBoxLayout
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import Theme

_WIDTH, _WIDEST = 176, 216  # as wide as the longest title of the language, within these
_BESIDE = 22  # borders and scroll bar


class Navigation(QFrame):
    """`list` has one entry per panel, in their order."""

    def __init__(self, infos: Sequence[PanelInfo], theme: Theme) -> None:
        super().__init__(objectName="nav")
        self._infos = tuple(infos)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 10, 8, 10)
        self.list = QListWidget(iconSize=QSize(20, 20), horizontalScrollBarPolicy=Qt.ScrollBarAlwaysOff)
        self.list.setAccessibleName(tr("Panels"))
        for info in self._infos:
            item = QListWidgetItem(info.title)
            item.setData(Qt.AccessibleTextRole, info.title)
            item.setToolTip(info.title)
            self.list.addItem(item)
        column.addWidget(self.list)
        self.use_theme(theme)
        self.fit()

    def fit(self) -> None:
        """As wide as the titles need."""
        self.list.ensurePolished()
        self.list.setFixedWidth(max(_WIDTH, min(_WIDEST, self.list.sizeHintForColumn(0) + _BESIDE)))

    def use_theme(self, theme: Theme) -> None:
        for at, info in enumerate(self._infos):
            item = self.list.item(at)
            if item is not None:
                item.setIcon(icons.icon(info.icon, theme.text))
