"""Deploy (USB): choose the board's type, press Deploy (USB), answer Yes."""

from typing import TYPE_CHECKING

from devtoolkit.errors import UsageError
from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle
from devtoolkit.gui.panels._base import Card, Panel, PanelInfo
from devtoolkit.gui.panels._boot_drive import BootDriveChoice
from devtoolkit.gui.panels._config_choice import ConfigChoice
from devtoolkit.gui.panels._deployed import DeployedCard
from devtoolkit.gui.panels._driver_help import DriverHelpCard
from devtoolkit.gui.panels._firmware_choice import FirmwareChoice
from devtoolkit.gui.panels._join_wifi import JoinWifi
from devtoolkit.gui.panels._port_form import VIRTUAL, PortForm
from devtoolkit.gui.qt import QCheckBox, QComboBox, QLineEdit
from devtoolkit.gui.roster import Row
from devtoolkit.gui.text import tr
from devtoolkit.gui.widgets.flow import Flow

if TYPE_CHECKING:
    from devtoolkit.gui.seam.usb import Choices
    from devtoolkit.model.board import Board
    from devtoolkit.services.deploy import DeployReport, DeployRequest
    from devtoolkit.services.port_list import PortEntry

_NEW, _DRIVE = "virtual:new", "drive"


class DeployPanel(Panel):
    """The form, the question, and what came of it."""

    def __init__(self, hub: Hub) -> None:
        intro = tr(
            "Erases a board and puts MicroPython, micrOS and this node's configuration on it, proven byte by byte."
        )
        super().__init__(hub, tr("Deploy (USB)"), intro)
        self._boards: tuple[Board, ...] = ()
        self._touched = False  # the user has chosen a board type: it is not changed any more
        self._build()
        self.port.moved.connect(self._port_chosen)
        self.board.activated.connect(lambda _at: self._board_chosen())
        self.board.currentIndexChanged.connect(lambda _at: self._offer())
        hub.fetch(lambda _handle: hub.services.choices(), self._loaded)
        self.drivers.first_use()

    def refresh(self) -> None:
        self.port.follow()
        self.join.fill()
        self.drive.look()
        if self._boards:  # what was downloaded or kept meanwhile
            self.hub.fetch(lambda _handle: self.hub.services.choices(), self._renewed)

    def rows_changed(self, keys: set[str]) -> None:
        self.port.fill()
        self.join.fill()

    def _build(self) -> None:
        self.drivers = DriverHelpCard(self)
        self.column.addWidget(self.drivers)
        card = Card()
        self.detect = self.button(tr("Detect"), self._detect, tip=tr("Ask the boards for their chips; restarts them"))
        extra = ((_NEW, tr("A new virtual board")), (_DRIVE, tr("An RP2 board that shows its boot drive")))
        form = PortForm(self.hub, tr("Where the board is plugged in."), self.detect, extra=extra)
        self.port = form.port
        self.board = QComboBox()
        self.board_told = form.row(tr("Board"), self.board, tr("Its type."))
        self.drive = BootDriveChoice(self, form)
        self.micropython = FirmwareChoice(self, form)
        self.firmware = self.micropython.box
        self.name = QLineEdit("node01", maxLength=32)
        self.wifi = QLineEdit(placeholderText=tr("none: the node opens its own network"))
        self.config = ConfigChoice(self, form, self._config_chosen)
        self._node_rows(form)
        card.column.addLayout(form)
        self.go = self.button(tr("Deploy (USB)"), self._ask, icon="usb", primary=True)
        self.join_button = self.button(tr("Join Wi-Fi ..."), self._join, icon="node")
        self.help = self.button(tr("Board not in the list?"), self.drivers.look, icon="doctor")
        card.column.addLayout(Flow(self.go, self.join_button, self.help))
        self.column.addWidget(card)
        self.join = JoinWifi(self)
        self.done = DeployedCard(self, self.join.open)
        self.column.addWidget(self.done)
        self.column.addWidget(self.join)
        self.column.addStretch(1)
        self.go.setEnabled(False)

    def _node_rows(self, form: PortForm) -> None:
        form.row(tr("Name"), self.name, tr("Prompt, host name, and name of the network it opens by itself."))
        form.row(tr("Wi-Fi"), self.wifi)
        self.wifi_password = QLineEdit(echoMode=QLineEdit.Password)
        form.row(tr("Wi-Fi password"), self.wifi_password)
        self.default_password = QCheckBox(tr("Use the well-known one (less safe)"))
        form.row(tr("Node password"), self.default_password, tr("Otherwise the node gets a random one of its own."))

    # --- what there is to choose

    def _loaded(self, found: "Choices") -> None:
        self._boards = found.boards
        for board in found.boards:
            self.board.addItem(board.title, board.id)
        self.config.load(found.profiles, found.archived)
        self.micropython.load(found.firmware)
        self.go.setEnabled(True)
        self._port_chosen()

    def _renewed(self, found: "Choices") -> None:
        self.config.load(found.profiles, found.archived)
        self.micropython.load(found.firmware)

    def _port_chosen(self) -> None:
        row, port = self.port.row, self.port.port
        self.detect.setEnabled(not port.startswith(VIRTUAL) and port != _DRIVE)
        if not self._touched and self._boards:
            self.board.setCurrentIndex(max(0, self.board.findData(self._likely(row))))
        if row and row.kind == "virtual" and not self.name.isModified():
            self.name.setText(row.name)
        self._offer()

    def _likely(self, row: Row | None) -> str:
        """The board type that the chip or the USB chip speaks for."""
        if self.port.port == _DRIVE:
            return "rp2"
        fitting = row.entry.boards if row and row.entry else ()
        chip = row.entry.chip.casefold() if row and row.entry else ""
        exact = [board.id for board in self._boards if board.id in fitting and board.chip == chip]
        plain = [board for board in (*exact, *fitting) if board in ("esp32", chip)]
        return next(iter([*plain, *exact, *fitting]), "esp32")

    def _board_chosen(self) -> None:
        self._touched = True
        self._tell_board()

    def _tell_board(self) -> None:
        """Where the choice came from, and how this board is brought to listen."""
        row, board = self.port.row, self._board()
        known = bool(row and row.entry and row.entry.boards) and not self._touched
        words = tr("Chosen from the detected chip.") if known else tr("Its type.")
        notes = board.notes if board and board.family != "rp2" and not self.port.port.startswith(VIRTUAL) else ""
        self.board_told.setText(f"{words} {notes}".rstrip())

    def _board(self) -> "Board | None":
        return next((one for one in self._boards if one.id == self.board.currentData()), None)

    def _config_chosen(self, name: str) -> None:
        """A kept configuration brings a name and a Wi-Fi."""
        if name and not self.name.isModified():
            self.name.setText(name)
        kept = tr("as in the configuration") if name else tr("none: the node opens its own network")
        self.wifi.setPlaceholderText(kept)

    def _offer(self) -> None:
        board = self._board()
        virtual = self.port.port.startswith(VIRTUAL)
        self.micropython.offer(board, virtual=virtual)
        self.drive.offer(board, virtual=virtual)
        self._tell_board()

    def _detect(self) -> None:
        def found(entries: "tuple[PortEntry, ...]") -> None:
            self._touched = False
            self.hub.watcher.tell(lambda roster: roster.plugged(entries))

        self.hub.run(tr("Detect chips"), lambda _handle: self.hub.services.probe(), done=found, key="ports")

    def _join(self) -> None:
        self.join.open(self.port.port)

    # --- doing it

    def _port(self) -> str:
        port = self.port.port
        if port == _NEW:
            return f"{VIRTUAL}{self.name.text().strip() or 'demo'}"
        return "" if port == _DRIVE else port

    def _request(self) -> "DeployRequest":
        from devtoolkit.services.deploy import DeployRequest

        wifi, port = self.wifi.text().strip(), self._port()
        return DeployRequest(
            board=str(self.board.currentData()),
            port=port,
            name=self.name.text().strip() or None,
            firmware=self.micropython.path,
            config=self.config.file,
            wifi=(wifi, self.wifi_password.text()) if wifi else None,
            default_password=self.default_password.isChecked(),
            boot_drive=self.drive.folder if port else self.drive.only,
            accept_unverified=self.micropython.unverified.isChecked(),
        )

    def _problem(self, request: "DeployRequest") -> UsageError | None:
        """What is still missing, in plain words."""
        if self.micropython.problem:
            hint = tr("Tick “Take it without a published checksum” if that is enough, or choose a file of yours.")
            return UsageError(self.micropython.problem, hint=hint)
        if not request.port and request.boot_drive is None:
            hint = tr("Hold BOOTSEL while you plug the board in. When the drive is listed, try again.")
            return UsageError(tr("No boot drive is there, or several are and none is chosen."), hint=hint)
        return None

    def _ask(self) -> None:
        request = self._request()
        problem = self._problem(request)
        if problem is not None:
            self.hub.show_error(problem)
            return
        place = request.port or str(request.boot_drive)
        written = tr(
            "Written: MicroPython {firmware}, micrOS, and the name {name}.",
            firmware=self.firmware.currentText(),
            name=request.name or "node01",
        )
        question = Question(
            tr("Deploy (USB)"),
            tr("Deploy micrOS to the {board} on {port}?", board=self.board.currentText(), port=place),
            (
                tr("Erased: everything on this board, its configuration and your own files on it included."),
                tr("Kept: nothing on the board. Files on this computer and other boards are not touched."),
                written,
                tr("Settings: {config}.", config=self.config.box.currentText()),
            ),
            danger=True,
        )
        self.hub.ask(question, lambda: self._deploy(request, place))

    def _deploy(self, request: "DeployRequest", place: str) -> None:
        self.done.hide()
        self.join.hide()

        def work(handle: Handle) -> object:
            return self.hub.services.deploy(request, handle)

        job = self.hub.run(
            tr("Deploy (USB) to {port}", port=place),
            work,
            done=self._deployed,
            ended=lambda _job: self.go.setEnabled(True),
            key=f"port:{place}",
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
