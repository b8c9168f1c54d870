"""Tags of one node, or tags to give to and take from many."""

from typing import TYPE_CHECKING

from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import Form
from devtoolkit.gui.qt import QDialog, QDialogButtonBox, QLabel, QLineEdit, QPushButton, Qt, QVBoxLayout, QWidget
from devtoolkit.gui.roster import Row
from devtoolkit.gui.text import tr

if TYPE_CHECKING:
    from devtoolkit.model.device import Device
    from devtoolkit.services.cache import DeviceFacts

_WIDTH = 460
_NAMES_SHOWN = 8


class TagsDialog(QDialog):
    """Tags are words, separated by blanks or commas. `new_tags` tells what OK would write."""

    def __init__(self, parent: QWidget, hub: Hub, rows: tuple[Row, ...]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.setWindowTitle(tr("Tags"))
        self.setMinimumWidth(_WIDTH)
        self._hub, self._rows = hub, rows
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(12)
        names = ", ".join(row.name for row in rows[:_NAMES_SHOWN]) + (" ..." if len(rows) > _NAMES_SHOWN else "")
        column.addWidget(QLabel(tr("Tags"), objectName="title"))
        column.addWidget(QLabel(names, objectName="soft", wordWrap=True, textFormat=Qt.PlainText))
        form = Form()
        self.add, self.remove = QLineEdit(), QLineEdit()
        if len(rows) == 1:
            self.add.setText(" ".join(rows[0].tags))
            form.row(tr("Tags"), self.add, tr("Words, separated by blanks."))
            self.remove.hide()
        else:
            used = ", ".join(sorted({tag for row in rows for tag in row.tags}))
            form.row(tr("Give"), self.add, tr("Words, separated by blanks."))
            form.row(tr("Take away"), self.remove, tr("In use: {tags}", tags=used) if used else "")
        column.addLayout(form)
        ok, no = QPushButton(tr("OK"), objectName="primary"), QPushButton(tr("Cancel"))
        box = QDialogButtonBox()
        box.addButton(ok, QDialogButtonBox.AcceptRole)
        box.addButton(no, QDialogButtonBox.RejectRole)
        for button in (ok, no):
            button.setAccessibleName(button.text())
        ok.setDefault(True)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        column.addWidget(box)
        self.accepted.connect(self._keep)
        self.add.setFocus()

    def new_tags(self) -> dict[str, tuple[str, ...]]:
        """By uid, for those whose tags change."""
        given, taken = _words(self.add), _words(self.remove)
        one = len(self._rows) == 1
        new = {row.uid: given if one else (set(row.tags) | given) - taken for row in self._rows}
        return {row.uid: tuple(sorted(new[row.uid])) for row in self._rows if new[row.uid] != set(row.tags)}

    def _keep(self) -> None:
        hub, tags = self._hub, self.new_tags()
        if tags:
            hub.fetch(lambda _handle: hub.services.tag_each(tags), lambda _done: read_again(hub))


def read_again(hub: Hub) -> None:
    """What the cache holds now, into the list."""

    def take(found: "tuple[tuple[Device, ...], dict[str, DeviceFacts]]") -> None:
        hub.watcher.tell(lambda roster: roster.known(*found))

    hub.fetch(lambda _handle: hub.services.known(), take)


def _words(field: QLineEdit) -> set[str]:
    return set(field.text().replace(",", " ").split())
