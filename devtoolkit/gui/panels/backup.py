"""Backup and restore of a board on USB: what is kept of which node, and putting it back, whole or settings only."""

import time
from typing import TYPE_CHECKING

from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle
from devtoolkit.gui.panels._base import Card, Panel, PanelInfo
from devtoolkit.gui.panels._port_form import PortForm, no_board
from devtoolkit.gui.qt import QComboBox, QLabel, QListWidget, QListWidgetItem, Qt
from devtoolkit.gui.roster import uid_of
from devtoolkit.gui.text import size, tr
from devtoolkit.gui.widgets.flow import Flow

if TYPE_CHECKING:
    from devtoolkit.services.saved_backups import SavedBackup

_LIST = 150


class BackupPanel(Panel):
    """Save the board on the port; or choose a backup and put it back."""

    def __init__(self, hub: Hub) -> None:
        intro = tr("Saves the files of a board, its configuration included, and puts back what differs.")
        super().__init__(hub, tr("Backup"), intro)
        self._saved: tuple[SavedBackup, ...] = ()
        card = Card(tr("Save"))
        self.form = PortForm(hub, tr("The board is interrupted and starts again afterwards."))
        self.port = self.form.port
        self.what = QComboBox()
        self.what.addItem(tr("Every file (recommended)"), True)
        self.what.addItem(tr("The configuration only"), False)
        self.form.row(tr("What"), self.what)
        card.column.addLayout(self.form)
        self.save = self.button(tr("Back up"), self._save, icon="mdi6.content-save-outline", primary=True)
        self.empty = QLabel(no_board(), objectName="soft", wordWrap=True)
        card.column.addWidget(self.empty)
        card.column.addLayout(Flow(self.save))
        self.told = QLabel(objectName="good", wordWrap=True)
        self.told.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.told.hide()
        card.column.addWidget(self.told)
        self.column.addWidget(card)
        self._history()
        self.column.addStretch(1)
        self.port.moved.connect(self._moved)

    def refresh(self) -> None:
        self.port.follow()
        self._moved()
        self._read()

    def rows_changed(self, keys: set[str]) -> None:
        self.port.fill()

    def _history(self) -> None:
        card = Card(tr("Put back"), tr("Newest first. Those of the chosen board come before the others."))
        self.list = QListWidget(objectName="boxed")
        self.list.setAccessibleName(tr("Backups"))
        self.list.setFixedHeight(_LIST)
        self.none = QLabel(tr("Nothing is saved yet. Press Back up."), objectName="soft", wordWrap=True)
        card.column.addWidget(self.none)
        card.column.addWidget(self.list)
        self.restore = self.button(tr("Restore everything"), lambda: self._ask(whole=True), icon="mdi6.backup-restore")
        self.restore_config = self.button(
            tr("Restore the configuration"), lambda: self._ask(whole=False), icon="mdi6.cog-counterclockwise"
        )
        card.column.addLayout(Flow(self.restore, self.restore_config))
        self.column.addWidget(card)
        self.list.itemSelectionChanged.connect(self._picked)

    # --- what there is

    def _read(self) -> None:
        self.hub.fetch(lambda _handle: self.hub.services.backups(), self._show)

    def _show(self, saved: "tuple[SavedBackup, ...]") -> None:
        self._saved = saved
        self._list()

    def _uid(self) -> str:
        """Of the node on the chosen port, as far as it is known without asking the board."""
        row = self.port.row
        return row.uid or (uid_of(row.entry) if row and row.entry else "") if row else ""

    def _moved(self) -> None:
        there = bool(self.port.port)
        self.empty.setVisible(not there)
        self.save.setEnabled(there)
        self.told.hide()
        self._list()

    def _list(self) -> None:
        uid, chosen = self._uid(), self._chosen()
        self.list.clear()
        for one in sorted(self._saved, key=lambda one: (one.uid != uid) if uid else False):
            item = QListWidgetItem(_line(one))
            item.setData(Qt.UserRole, one)
            item.setToolTip(one.path)
            self.list.addItem(item)
            if one == chosen:
                self.list.setCurrentItem(item)
        if self.list.currentRow() < 0 and self.list.count() and uid and self._saved_of(uid):
            self.list.setCurrentRow(0)
        self.list.setVisible(bool(self._saved))
        self.none.setVisible(not self._saved)
        self._picked()

    def _saved_of(self, uid: str) -> bool:
        return any(one.uid == uid for one in self._saved)

    def _chosen(self) -> "SavedBackup | None":
        items = self.list.selectedItems()
        return items[0].data(Qt.UserRole) if items else None

    def _picked(self) -> None:
        chosen, there = self._chosen(), bool(self.port.port)
        self.restore.setEnabled(there and chosen is not None and chosen.kind == "whole")
        self.restore_config.setEnabled(there and chosen is not None)

    # --- doing it

    def _save(self) -> None:
        port, whole = self.port.port, bool(self.what.currentData())
        self.told.hide()

        def work(handle: Handle) -> object:
            return self.hub.services.backup(port, handle, whole=whole)

        def done(path: str) -> None:
            self._tell(tr("Saved in {folder}", folder=path))
            self._read()

        self.hub.run(tr("Back up {port}", port=port), work, done=done, key=f"port:{port}")

    def _ask(self, *, whole: bool) -> None:
        chosen, port, uid = self._chosen(), self.port.port, self._uid()
        if chosen is None:
            return
        points: tuple[str, ...] = (
            (tr("Replaced: files that differ from the backup."), tr("Kept: files that came later."))
            if whole
            else (tr("Replaced: the settings. What the board has now is kept in the archive."), tr("Kept: all files."))
        )
        stranger = bool(uid) and bool(chosen.uid) and chosen.uid != uid
        if stranger:
            points = (*points, tr("Careful: this backup was made of another board, {name}.", name=chosen.name))
        question = Question(
            tr("Restore"),
            tr("Put “{what}” back on the board on {port}?", what=_line(chosen), port=port),
            points,
            danger=True,
        )
        self.hub.ask(question, lambda: self._restore(chosen, port, whole=whole))

    def _restore(self, chosen: "SavedBackup", port: str, *, whole: bool) -> None:
        self.told.hide()

        def work(handle: Handle) -> object:
            return self.hub.services.restore(port, chosen.path, handle, whole=whole)

        def done(name: str) -> None:
            self._tell(tr("{name} has it back: {what}", name=name, what=_line(chosen)))
            self._read()

        self.hub.run(tr("Restore {port}", port=port), work, done=done, key=f"port:{port}")

    def _tell(self, words: str) -> None:
        self.told.setText(words)
        self.show_part(self.told)


def _line(one: "SavedBackup") -> str:
    """Whose it is, when, and how much."""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.at))
    what = tr("{count} files", count=one.files) if one.kind == "whole" else tr("configuration")
    return f"{one.name or one.uid or tr('unknown')}  \u00b7  {when}  \u00b7  {what}, {size(one.bytes)}"


PANEL = PanelInfo("backup", tr("Backup"), "mdi6.backup-restore", 47, BackupPanel)
