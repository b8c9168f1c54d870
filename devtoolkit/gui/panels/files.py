"""Files: list, get, put and delete, over USB or, for a node that answers, over the air."""

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle
from devtoolkit.gui.panels._base import Card, Panel, PanelInfo, buttons
from devtoolkit.gui.qt import QAbstractItemView, QFileDialog, QLabel, QListWidget, QListWidgetItem, Qt
from devtoolkit.gui.roster import Row
from devtoolkit.gui.text import size, tr

if TYPE_CHECKING:
    from devtoolkit.model.manifest import FileEntry


class FilesPanel(Panel):
    """Reading a board over USB interrupts what it does, so nothing is read before List is pressed."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(
            hub, tr("Files"), tr("The files of a board: over USB, or over the air where the node answers.")
        )
        self._of = ""
        card = Card()
        self.where = QLabel(wordWrap=True)
        self.list = QListWidget(objectName="boxed", selectionMode=QAbstractItemView.ExtendedSelection)
        self.list.setAccessibleName(tr("Files on the board"))
        self.list.setMinimumHeight(260)
        self.read = self.button(tr("List"), self._read, icon="refresh", primary=True)
        self.get = self.button(tr("Get ..."), self._choose_folder, icon="mdi6.download")
        self.put = self.button(tr("Put ..."), self._choose_files, icon="mdi6.upload")
        self.delete = self.button(tr("Delete"), self._ask_delete, icon="mdi6.delete-outline")
        card.column.addWidget(self.where)
        card.column.addLayout(buttons(self.read, self.get, self.put, self.delete))
        card.column.addWidget(self.list)
        self.column.addWidget(card)
        self.column.addStretch(1)
        self.list.itemSelectionChanged.connect(self._enable)
        self.refresh()

    def refresh(self) -> None:
        row = self._row()
        if row is None:
            self.where.setText(tr("Select one board on the left."))
        elif row.online:
            self.where.setText(tr("{name}, over the air", name=row.name))
        else:
            self.where.setText(tr("{port}, over USB: the board is interrupted and starts again", port=row.port))
        if (row.key if row else "") != self._of:
            self._of = row.key if row else ""
            self.list.clear()
        self._enable()

    def rows_changed(self, keys: set[str]) -> None:
        if self._of in keys:
            self.refresh()

    def _row(self) -> Row | None:
        rows = self.hub.selection
        return rows[0] if len(rows) == 1 and (rows[0].online or rows[0].port) else None

    def _enable(self) -> None:
        there, chosen = self._row() is not None, bool(self.list.selectedItems())
        for press, on in ((self.read, there), (self.put, there), (self.get, chosen), (self.delete, chosen)):
            press.setEnabled(there and on)

    def _chosen(self) -> tuple[str, ...]:
        return tuple(item.data(Qt.UserRole) for item in self.list.selectedItems())

    @staticmethod
    def _address(row: Row) -> tuple[str, str]:
        """The node's uid, or the port."""
        return (row.uid, "") if row.online else ("", row.port)

    def _key(self, row: Row) -> str:
        return f"node:{row.uid}" if row.online else f"port:{row.port}"

    # --- doing it

    def _read(self) -> None:
        row = self._row()
        if row is None:
            return
        uid, port = self._address(row)

        def listed(files: "tuple[FileEntry, ...]") -> None:
            if row.key != self._of:
                return
            self.list.clear()
            for entry in files:
                item = QListWidgetItem(f"{entry.path}  \u00b7  {size(entry.size)}")
                item.setData(Qt.UserRole, entry.path)
                self.list.addItem(item)
            self._enable()

        title = tr("List files of {name}", name=row.name)
        self.hub.run(title, lambda handle: self.hub.services.files(uid, port, handle), done=listed, key=self._key(row))

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, tr("Where to"))
        dialog.setFileMode(QFileDialog.Directory)
        dialog.setOption(QFileDialog.ShowDirsOnly)
        dialog.fileSelected.connect(lambda folder: self.fetch_into(Path(folder)))
        dialog.open()

    def fetch_into(self, folder: Path) -> None:
        """Copy the selected files into a folder of this computer."""
        row, names = self._row(), self._chosen()
        if row is None or not names:
            return
        uid, port = self._address(row)

        def work(handle: Handle) -> None:
            self.hub.services.get_files(uid, port, names, folder, handle)

        title = tr("Get {count} files of {name}", count=len(names), name=row.name)
        self.hub.run(title, work, key=self._key(row))

    def _choose_files(self) -> None:
        dialog = QFileDialog(self, tr("Files to put on the board"))
        dialog.setFileMode(QFileDialog.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self.send([Path(name) for name in names]))
        dialog.open()

    def send(self, files: list[Path]) -> None:
        """Put files on the board, after a question."""
        row = self._row()
        if row is None:
            return
        uid, port = self._address(row)

        def work(handle: Handle) -> None:
            self.hub.services.put_files(uid, port, files, handle)

        def go() -> None:
            title = tr("Put files on {name}", name=row.name)
            self.hub.run(title, work, done=lambda _result: self._read(), key=self._key(row))

        names = ", ".join(file.name for file in files)
        text = tr("Put these files on {name}? Files of the same names are replaced.", name=row.name)
        self.hub.ask(Question(tr("Put files"), text, (names,)), go)

    def _ask_delete(self) -> None:
        row, names = self._row(), self._chosen()
        if row is None:
            return
        uid, port = self._address(row)

        def work(handle: Handle) -> None:
            self.hub.services.remove_files(uid, port, names, handle)

        def go() -> None:
            title = tr("Delete files on {name}", name=row.name)
            self.hub.run(title, work, done=lambda _result: self._read(), key=self._key(row))

        text = tr("Delete these files on {name}?", name=row.name)
        self.hub.ask(Question(tr("Delete"), text, (", ".join(names),), yes=tr("Delete"), danger=True), go)


PANEL = PanelInfo("files", tr("Files"), "mdi6.folder-outline", 45, FilesPanel)
