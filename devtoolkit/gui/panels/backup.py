"""Backup and restore of a board on USB: every file of it, kept in the data folder, put back where it differs."""

from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle
from devtoolkit.gui.panels._base import Card, Form, Panel, PanelInfo, buttons
from devtoolkit.gui.qt import QComboBox, QLabel, Qt
from devtoolkit.gui.text import tr


class BackupPanel(Panel):
    """Choose the port; save, or put the newest backup back."""

    def __init__(self, hub: Hub) -> None:
        intro = tr("Saves every file of a board, its configuration included, and puts back what differs.")
        super().__init__(hub, tr("Backup"), intro)
        card = Card()
        form = Form()
        self.port = QComboBox()
        form.row(tr("Port"), self.port, tr("The board is interrupted and starts again afterwards."))
        card.column.addLayout(form)
        self.save = self.button(tr("Back up"), self._save, icon="mdi6.content-save-outline", primary=True)
        self.restore = self.button(tr("Restore the newest"), self._ask, icon="mdi6.backup-restore")
        card.column.addLayout(buttons(self.save, self.restore))
        self.empty = QLabel(tr("No board is plugged in, and there is no virtual one."), objectName="soft")
        card.column.addWidget(self.empty)
        self.column.addWidget(card)
        self.told = QLabel(objectName="good", wordWrap=True)
        self.told.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.told.hide()
        self.column.addWidget(self.told)
        self.column.addStretch(1)
        self.refresh()

    def refresh(self) -> None:
        self._fill()
        chosen = next((row.port for row in self.hub.selection if row.port), "")
        if chosen:
            self.port.setCurrentIndex(max(0, self.port.findData(chosen)))

    def rows_changed(self, keys: set[str]) -> None:
        self._fill()

    def _fill(self) -> None:
        ports = [row.port for row in self.hub.model.rows() if row.entry is not None]
        if ports != [self.port.itemData(at) for at in range(self.port.count())]:
            now = self.port.currentData()
            self.port.clear()
            for port in ports:
                self.port.addItem(port, port)
            self.port.setCurrentIndex(max(0, self.port.findData(now)))
        self.empty.setVisible(not ports)
        self.save.setEnabled(bool(ports))
        self.restore.setEnabled(bool(ports))

    def _save(self) -> None:
        self._run(tr("Back up {port}", port=self.port.currentData()), restore=False)

    def _ask(self) -> None:
        port = str(self.port.currentData())
        question = Question(
            tr("Restore"),
            tr("Put the newest backup back on the board on {port}?", port=port),
            (tr("Replaced: files that differ from the backup."), tr("Kept: files that came later.")),
            danger=True,
        )
        self.hub.ask(question, lambda: self._run(tr("Restore {port}", port=port), restore=True))

    def _run(self, title: str, *, restore: bool) -> None:
        port = str(self.port.currentData())
        self.told.hide()

        def work(handle: Handle) -> object:
            services = self.hub.services
            return services.restore(port, handle) if restore else services.backup(port, handle)

        def done(folder: str) -> None:
            words = tr("Put back from {folder}", folder=folder) if restore else tr("Saved in {folder}", folder=folder)
            self.told.setText(words)
            self.show_part(self.told)

        self.hub.run(title, work, done=done, key=f"port:{port}")


PANEL = PanelInfo("backup", tr("Backup"), "mdi6.backup-restore", 47, BackupPanel)
