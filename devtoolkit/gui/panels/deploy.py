"""Deploy (USB): choose the board's type, press Deploy (USB), answer Yes."""

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle
from devtoolkit.gui.panels._base import Card, Form, Panel, PanelInfo, buttons
from devtoolkit.gui.panels._deployed import DeployedCard
from devtoolkit.gui.qt import QCheckBox, QComboBox, QFileDialog, QLineEdit
from devtoolkit.gui.roster import Row
from devtoolkit.gui.text import tr

if TYPE_CHECKING:
    from devtoolkit.model.board import Board
    from devtoolkit.services.deploy import DeployReport, DeployRequest
    from devtoolkit.services.firmware_store import StoredFirmware

_NEW = "virtual:new"
_VIRTUAL = "virtual:"
_FILE = "file"


class DeployPanel(Panel):
    """The form, the question, and what came of it."""

    def __init__(self, hub: Hub) -> None:
        intro = tr(
            "Erases a board and puts MicroPython, micrOS and this node's configuration on it, proven byte by byte."
        )
        super().__init__(hub, tr("Deploy (USB)"), intro)
        self._boards: tuple[Board, ...] = ()
        self._stored: tuple[StoredFirmware, ...] = ()
        self._touched = False  # the user has chosen a board type: it is not changed any more
        self._port_touched = False
        self._build()
        self.port.currentIndexChanged.connect(lambda _at: self._port_chosen())
        self.port.activated.connect(lambda _at: self._port_was_chosen())
        self.board.activated.connect(lambda _at: self._board_chosen())
        self.board.currentIndexChanged.connect(lambda _at: self._offer_firmware())
        self.firmware.activated.connect(lambda _at: self._firmware_chosen())
        self._loading = hub.fetch(lambda _handle: (hub.services.boards(), hub.services.firmware()), self._loaded)

    def refresh(self) -> None:
        self._fill_ports()
        chosen = next((row.port for row in self.hub.selection if row.port), "")
        if chosen:
            self._port_touched = True
            self.port.setCurrentIndex(max(0, self.port.findData(chosen)))

    def rows_changed(self, keys: set[str]) -> None:
        self._fill_ports()

    def _build(self) -> None:
        card = Card()
        form = Form()
        self.port = QComboBox()
        self.detect = self.button(tr("Detect"), self._detect, tip=tr("Ask the boards for their chips; restarts them"))
        self.port_told = form.row(tr("Port"), self.port, tr("Where the board is plugged in."), self.detect)
        self.board = QComboBox()
        self.board_told = form.row(tr("Board"), self.board, tr("Its type."))
        self.firmware = QComboBox()
        self.firmware_told = form.row(tr("MicroPython"), self.firmware, tr("The firmware below micrOS."))
        self.name = QLineEdit("node01", maxLength=32)
        form.row(tr("Name"), self.name, tr("Prompt, host name, and name of the network it opens by itself."))
        self.wifi = QLineEdit(placeholderText=tr("none: the node opens its own network"))
        form.row(tr("Wi-Fi"), self.wifi)
        self.wifi_password = QLineEdit(echoMode=QLineEdit.Password)
        form.row(tr("Wi-Fi password"), self.wifi_password)
        self.default_password = QCheckBox(tr("Use the well-known one (less safe)"))
        form.row(tr("Node password"), self.default_password, tr("Otherwise the node gets a random one of its own."))
        card.column.addLayout(form)
        self.go = self.button(tr("Deploy (USB)"), self._ask, icon="usb", primary=True)
        card.column.addLayout(buttons(self.go))
        self.column.addWidget(card)
        self.done = DeployedCard(self.hub)
        self.done.hide()
        self.column.addWidget(self.done)
        self.column.addStretch(1)
        self.go.setEnabled(False)

    # --- what there is to choose

    def _loaded(self, found: "tuple[tuple[Board, ...], tuple[StoredFirmware, ...]]") -> None:
        self._boards, self._stored = found
        for board in self._boards:
            self.board.addItem(board.title, board.id)
        self.go.setEnabled(True)
        self._port_chosen()

    def _fill_ports(self) -> None:
        rows = [row for row in self.hub.model.rows() if row.entry is not None]
        wanted = [(row.port, self._named(row)) for row in rows]
        wanted.append((_NEW, tr("A new virtual board")))
        if wanted == [(self.port.itemData(at), self.port.itemText(at)) for at in range(self.port.count())]:
            return
        now = self.port.currentData() if self._port_touched else None
        self.port.blockSignals(True)
        self.port.clear()
        for port, name in wanted:
            self.port.addItem(name, port)
        self.port.setCurrentIndex(max(0, self.port.findData(now)))
        self.port.blockSignals(False)
        self._port_chosen()

    @staticmethod
    def _named(row: Row) -> str:
        entry = row.entry
        told = entry.chip or entry.description if entry else ""
        return f"{row.port}  \u00b7  {told}" if told else row.port

    def _row(self) -> Row | None:
        port = self.port.currentData()
        return next((row for row in self.hub.model.rows() if row.port == port), None)

    def _port_chosen(self) -> None:
        row, port = self._row(), str(self.port.currentData() or "")
        self.detect.setEnabled(not port.startswith(_VIRTUAL))
        if not self._touched and self._boards:
            likely = self._likely(row)
            self.board.setCurrentIndex(max(0, self.board.findData(likely)))
            self.board_told.setText(
                tr("Chosen from the detected chip.") if row and row.entry and row.entry.boards else tr("Its type.")
            )
        if row and row.kind == "virtual" and not self.name.isModified():
            self.name.setText(row.name)
        self._offer_firmware()

    def _likely(self, row: Row | None) -> str:
        """The board type that the chip or the USB chip speaks for."""
        fitting = row.entry.boards if row and row.entry else ()
        chip = row.entry.chip.casefold() if row and row.entry else ""
        exact = [board.id for board in self._boards if board.id in fitting and board.chip == chip]
        plain = [board for board in (*exact, *fitting) if board in ("esp32", chip)]
        return next(iter([*plain, *exact, *fitting]), "esp32")

    def _port_was_chosen(self) -> None:
        self._port_touched = True

    def _board_chosen(self) -> None:
        self._touched = True

    def _offer_firmware(self) -> None:
        board = next((one for one in self._boards if one.id == self.board.currentData()), None)
        self.firmware.clear()
        if board is None:
            return
        if str(self.port.currentData()).startswith(_VIRTUAL):
            self.firmware.addItem(tr("virtual one (recommended)"), None)
            self.firmware_told.setText(tr("A virtual board brings its own."))
            return
        there = [one for one in self._stored if board.id in one.boards and one.trust != "changed"]
        in_store = any(one.file == board.firmware.file for one in there)
        self.firmware.addItem(tr("{version} (recommended)", version=f"v{board.firmware.version}"), None)
        for one in there:
            if one.file != board.firmware.file:
                self.firmware.addItem(one.file, one.path)
        self.firmware.addItem(tr("Choose a file ..."), _FILE)
        store = tr("It is in the firmware store.") if in_store else tr("It is downloaded and checked first.")
        self.firmware_told.setText(store)

    def _firmware_chosen(self) -> None:
        if self.firmware.currentData() != _FILE:
            return
        dialog = QFileDialog(self, tr("MicroPython firmware"), "", tr("Firmware (*.bin *.uf2)"))
        dialog.rejected.connect(lambda: self.firmware.setCurrentIndex(0))
        dialog.fileSelected.connect(self._firmware_file)
        dialog.open()

    def _firmware_file(self, path: str) -> None:
        self.firmware.insertItem(1, Path(path).name, path)
        self.firmware.setCurrentIndex(1)

    def _detect(self) -> None:
        def found(entries: object) -> None:
            self._touched = False
            self.hub.watcher.tell(lambda roster: roster.plugged(entries))  # type: ignore[arg-type]

        self.hub.run(tr("Detect chips"), lambda _handle: self.hub.services.probe(), done=found, key="ports")

    # --- doing it

    def _port(self) -> str:
        port = str(self.port.currentData() or "")
        return f"{_VIRTUAL}{self.name.text().strip() or 'demo'}" if port == _NEW else port

    def _request(self) -> "DeployRequest":
        from devtoolkit.services.deploy import DeployRequest

        firmware, wifi = self.firmware.currentData(), self.wifi.text().strip()
        return DeployRequest(
            board=str(self.board.currentData()),
            port=self._port(),
            name=self.name.text().strip() or None,
            firmware=Path(firmware) if firmware and firmware != _FILE else None,
            wifi=(wifi, self.wifi_password.text()) if wifi else None,
            default_password=self.default_password.isChecked(),
        )

    def _ask(self) -> None:
        request = self._request()
        question = Question(
            tr("Deploy (USB)"),
            tr("Deploy micrOS to the {board} on {port}?", board=self.board.currentText(), port=request.port),
            (
                tr("Erased: everything on this board, its configuration and your own files on it included."),
                tr("Kept: nothing on the board. Files on this computer and other boards are not touched."),
                tr(
                    "Written: MicroPython {firmware}, micrOS, and the name {name}.",
                    firmware=self.firmware.currentText(),
                    name=request.name or "node01",
                ),
            ),
            danger=True,
        )
        self.hub.ask(question, lambda: self._deploy(request))

    def _deploy(self, request: "DeployRequest") -> None:
        self.done.hide()

        def work(handle: Handle) -> object:
            return self.hub.services.deploy(request, handle)

        job = self.hub.run(
            tr("Deploy (USB) to {port}", port=request.port),
            work,
            done=self._deployed,
            ended=lambda _job: self.go.setEnabled(True),
            key=f"port:{request.port}",
            secrets=(request.wifi[1],) if request.wifi else (),
        )
        self.go.setEnabled(job is None)

    def _deployed(self, report: "DeployReport") -> None:
        if report.device:
            self.hub.watcher.seen(report.device)
        self.wifi_password.clear()
        self.done.tell(report)
        self.show_part(self.done)


PANEL = PanelInfo("deploy", tr("Deploy (USB)"), "mdi6.usb-port", 10, DeployPanel)
