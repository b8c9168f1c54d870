"""The nodes that the monitor watches: how it stands with each, and its newest values."""

from collections.abc import Collection

from devtoolkit.gui.panels._base import Card
from devtoolkit.gui.qt import QLabel, Qt, QVBoxLayout
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import restyle

MOST = 6  # nodes at once: so many colours a plot has
_SIGNS = {"good": "\u25cf", "bad": "\u00d7", "soft": "\u25cb"}


class WatchedNodes(Card):
    """Two lines for each node, and one where more are selected than are watched."""

    def __init__(self) -> None:
        super().__init__(tr("Now"))
        self.rows: dict[str, tuple[QLabel, QLabel]] = {}  # by uid
        self._place = QVBoxLayout()
        self._place.setSpacing(4)
        self.column.addLayout(self._place)
        self.more = QLabel(tr("Only the first {count} of the selected nodes are watched.", count=MOST))
        self.more.setObjectName("soft")
        self.column.addWidget(self.more)

    def keep_only(self, uids: Collection[str]) -> None:
        """Forget all others."""
        for uid in [uid for uid in self.rows if uid not in uids]:
            for label in self.rows.pop(uid):
                self._place.removeWidget(label)
                label.deleteLater()

    def tell(self, uid: str, name: str, kind: str, state: str, values: list[str]) -> None:
        """`kind` is good, bad or soft, `state` says it in words."""
        if uid not in self.rows:
            self.rows[uid] = (QLabel(wordWrap=True), QLabel(wordWrap=True))
            for label in self.rows[uid]:
                label.setTextFormat(Qt.PlainText)
                self._place.addWidget(label)
        first, second = self.rows[uid]
        first.setText(f"{_SIGNS[kind]} {name}  \u00b7  {state}")
        second.setText("  \u00b7  ".join(values))
        second.setVisible(bool(values))
        if first.objectName() != kind:
            first.setObjectName(kind)
            restyle(first)
