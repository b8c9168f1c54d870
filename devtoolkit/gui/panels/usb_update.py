"""Update (USB): a new micrOS on a board that is plugged in; what is the user's stays."""

from typing import TYPE_CHECKING

from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle
from devtoolkit.gui.panels._base import Card, Form, Panel, PanelInfo, buttons
from devtoolkit.gui.qt import QCheckBox, QComboBox, QLabel
from devtoolkit.gui.text import size, span, tr

if TYPE_CHECKING:
    from devtoolkit.services.usb_update import UpdateReport


class UsbUpdatePanel(Panel):
    """Choose the port, ask, update."""

    def __init__(self, hub: Hub) -> None:
        intro = tr("Sends what changed since the version on the board. Configuration, own modules and logs stay.")
        super().__init__(hub, tr("Update (USB)"), intro)
        card = Card()
        form = Form()
        self.port = QComboBox()
        form.row(tr("Port"), self.port, tr("Where the board is plugged in."))
        self.force = QCheckBox(tr("Send every file"))
        form.row(tr("All files"), self.force, tr("Your own modules that hide one of ours are saved and give way."))
        card.column.addLayout(form)
        self.go = self.button(tr("Update (USB)"), self._ask, icon="usb", primary=True)
        self.empty = QLabel(tr("No board is plugged in, and there is no virtual one."), objectName="soft")
        card.column.addWidget(self.empty)
        card.column.addLayout(buttons(self.go))
        self.column.addWidget(card)
        self.told = QLabel(objectName="good", wordWrap=True)
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
        self.go.setEnabled(bool(ports))

    def _ask(self) -> None:
        port = str(self.port.currentData())
        question = Question(
            tr("Update (USB)"),
            tr("Update the board on {port}?", port=port),
            (tr("Replaced: files of micrOS."), tr("Kept: configuration, module state, your own modules, logs.")),
        )
        self.hub.ask(question, lambda: self._update(port, force=self.force.isChecked()))

    def _update(self, port: str, *, force: bool) -> None:
        self.told.hide()

        def work(handle: Handle) -> object:
            return self.hub.services.usb_update(port, handle, force=force, board=None)

        self.hub.run(tr("Update (USB) on {port}", port=port), work, done=self._updated, key=f"port:{port}")

    def _updated(self, report: "UpdateReport") -> None:
        if report.device:
            self.hub.watcher.seen(report.device)
        moved = tr(
            "{count} files, {bytes} in {time}",
            count=len(report.sent),
            bytes=size(report.bytes),
            time=span(report.seconds),
        )
        self.told.setText(
            tr("{name} runs {version} now: {moved}.", name=report.name, version=report.version, moved=moved)
        )
        self.show_part(self.told)


PANEL = PanelInfo("usb_update", tr("Update (USB)"), "mdi6.usb-flash-drive-outline", 20, UsbUpdatePanel)
