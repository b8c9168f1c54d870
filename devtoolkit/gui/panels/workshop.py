"""Workshop: many boards at once, a name for each, one row of progress per board, and a sheet of labels at the end."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from devtoolkit.errors import CancelledByUser, ToolkitError, UsageError
from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle
from devtoolkit.gui.panels._base import Card, Form, Panel, PanelInfo
from devtoolkit.gui.panels._config_choice import ConfigChoice
from devtoolkit.gui.panels._firmware_choice import FirmwareChoice
from devtoolkit.gui.panels._port_form import VIRTUAL, named
from devtoolkit.gui.panels._seats import SeatTable
from devtoolkit.gui.panels._workshop_done import WorkshopDone
from devtoolkit.gui.qt import QComboBox, QFileDialog, QLabel, QLineEdit, QTimer
from devtoolkit.gui.text import tr
from devtoolkit.gui.widgets.flow import Flow
from devtoolkit.pipelines.base import Event

if TYPE_CHECKING:
    from devtoolkit.gui.seam.usb import Choices
    from devtoolkit.model.board import Board
    from devtoolkit.services.class_list import ListedName, Seat
    from devtoolkit.services.deploy import DeployRequest
    from devtoolkit.services.workshop import WorkshopReport

_SHOW_MS = 100  # rows are drawn this often, however many boards talk
_BASE_MAX = 28


class WorkshopPanel(Panel):
    """The boards, what they get in common, and what came of it."""

    def __init__(self, hub: Hub) -> None:
        intro = tr("Puts micrOS on many boards at the same time. Each gets a name and a password of its own.")
        super().__init__(hub, tr("Workshop"), intro)
        self._boards: tuple[Board, ...] = ()
        self._virtual: list[str] = []  # boards to try it with, not made yet
        self._heard: dict[str, Event] = {}  # the newest word of each board, written by their threads
        self._report: WorkshopReport | None = None
        self._template: DeployRequest | None = None
        self._seats_card()
        self._common_card()
        self.done = WorkshopDone(self, self._retry)
        self.column.addWidget(self.done)
        self.column.addStretch(1)
        self._timer = QTimer(self, interval=_SHOW_MS)
        self._timer.timeout.connect(self._tell_rows)
        self._running = False
        self.table.changed.connect(self._count)
        self.base.textEdited.connect(self.table.number)
        self.board.currentIndexChanged.connect(lambda _at: self._offer())
        hub.fetch(lambda _handle: hub.services.choices(), self._loaded)
        self.refresh()

    def refresh(self) -> None:
        """The boards of now; while they are written, those that were there at the start."""
        if self._running:
            return
        ports = [(row.port, named(row), row.kind == "usb") for row in self.hub.model.rows() if row.entry is not None]
        there = {port for port, _told, _chosen in ports}
        ports += [(port, tr("{port}, a new one", port=port), True) for port in self._virtual if port not in there]
        self.table.offer(ports)
        self.empty.setVisible(not ports)

    def rows_changed(self, keys: set[str]) -> None:
        self.refresh()

    def _seats_card(self) -> None:
        card = Card(tr("Boards"), tr("Plug them all in. Untick what shall be left alone."))
        self.table = SeatTable()
        self.empty = QLabel(
            tr("No board is plugged in. To try it without any, press Add a virtual board."),
            objectName="soft",
            wordWrap=True,
        )
        self.note = QLabel(objectName="warn", wordWrap=True)
        form = Form()
        self.base = QLineEdit(maxLength=_BASE_MAX, placeholderText=tr("node"))
        self.list = self.button(tr("Class list ..."), self._browse, icon="mdi6.format-list-bulleted")
        self.list.setToolTip(tr("Names from a CSV file, one per line"))
        form.row(
            tr("Names"),
            self.base,
            tr("Type lamp for lamp-01, lamp-02 ..., or take a class list. Each name can be changed below."),
        )
        self.more = self.button(tr("Add a virtual board"), self._add_virtual, icon="virtual")
        card.column.addLayout(form)
        card.column.addLayout(Flow(self.list, self.more))
        for part in (self.table, self.empty, self.note):
            card.column.addWidget(part)
        self.column.addWidget(card)

    def _common_card(self) -> None:
        card = Card(tr("For all of them"))
        form = Form()
        self.board = QComboBox()
        form.row(tr("Board"), self.board, tr("The type of all these boards."))
        self.micropython = FirmwareChoice(self, form)
        self.config = ConfigChoice(self, form, lambda _name: None)
        self.wifi = QLineEdit(placeholderText=tr("none: each node opens its own network"))
        form.row(tr("Wi-Fi"), self.wifi)
        self.wifi_password = QLineEdit(echoMode=QLineEdit.Password)
        form.row(tr("Wi-Fi password"), self.wifi_password)
        card.column.addLayout(form)
        self.go = self.button(tr("Deploy to all"), self._ask, icon="usb", primary=True)
        card.column.addLayout(Flow(self.go))
        self.column.addWidget(card)

    # --- what there is to choose

    def _loaded(self, found: "Choices") -> None:
        self._boards = found.boards
        for board in found.boards:
            self.board.addItem(board.title, board.id)
        self.board.setCurrentIndex(max(0, self.board.findData(self._likely())))
        self.micropython.load(found.firmware)
        self.config.load(found.profiles, ())
        self._offer()
        self._count()

    def _likely(self) -> str:
        """The type that most of the plugged boards may be."""
        entries = [row.entry for row in self.hub.model.rows() if row.entry is not None and row.kind == "usb"]
        kinds = [entry.boards[0] for entry in entries if entry.boards]
        return max(kinds, key=kinds.count) if kinds else "esp32"

    def _offer(self) -> None:
        chosen = next((one for one in self._boards if one.id == self.board.currentData()), None)
        ports = [row.port for row in self.table.chosen()]
        only_virtual = bool(ports) and all(port.startswith(VIRTUAL) for port in ports)
        self.micropython.offer(chosen, virtual=only_virtual)

    def _count(self) -> None:
        chosen = len(self.table.chosen())
        self.go.setEnabled(bool(self._boards) and chosen > 0 and not self._running)
        self.go.setText(tr("Deploy to {count} boards", count=chosen) if chosen != 1 else tr("Deploy to 1 board"))
        left = tr("Without a board: {names}.", names=", ".join(self.table.left)) if self.table.left else ""
        self.note.setText(self.table.problem or left)
        self.note.setVisible(bool(self.note.text()))
        self._offer()

    def _add_virtual(self) -> None:
        taken = {*self.table.rows, *self._virtual}
        number = next(n for n in range(1, 1000) if f"{VIRTUAL}seat{n:02d}" not in taken)
        self._virtual.append(f"{VIRTUAL}seat{number:02d}")
        self.refresh()

    def _browse(self) -> None:
        dialog = QFileDialog(self, tr("Class list"), "", tr("Lists (*.csv *.txt)"))
        dialog.fileSelected.connect(lambda path: self.use_list(Path(path)))
        dialog.open()

    def use_list(self, file: Path) -> None:
        """Names from this file."""

        def done(names: "tuple[ListedName, ...]") -> None:
            self.table.use_list(names)

        self.hub.fetch(lambda _handle: self.hub.services.class_list(file), done)

    # --- doing it

    def _request(self) -> "DeployRequest":
        from devtoolkit.services.deploy import DeployRequest

        wifi = self.wifi.text().strip()
        return DeployRequest(
            board=str(self.board.currentData()),
            port="",
            firmware=self.micropython.path,
            config=self.config.file,
            wifi=(wifi, self.wifi_password.text()) if wifi else None,
            accept_unverified=self.micropython.unverified.isChecked(),
        )

    def _ask(self) -> None:
        try:
            seats = self.table.seats()
            if self.micropython.problem:
                hint = tr("Tick “Take it without a published checksum” if that is enough, or choose a file of yours.")
                raise UsageError(self.micropython.problem, hint=hint)
        except UsageError as error:
            self.hub.show_error(error)
            return
        template = self._request()
        question = Question(
            tr("Workshop"),
            tr("Deploy micrOS to {count} boards ({board})?", count=len(seats), board=self.board.currentText()),
            (
                tr("Erased: everything on these boards: {ports}.", ports=", ".join(seat.port for seat in seats)),
                tr("Names: {names}.", names=", ".join(seat.name for seat in seats)),
                *self._wifi_told(template),
                tr("A board that fails stops no other; it can be tried again at the end."),
            ),
            danger=True,
        )
        self.hub.ask(question, lambda: self._deploy(template, seats, ()))

    @staticmethod
    def _wifi_told(template: "DeployRequest") -> tuple[str, ...]:
        """Whether there is a password: the field forgets it, so somebody may have typed it only once."""
        if template.wifi is None:
            return ()
        name, password = template.wifi
        if password:
            return (tr("Wi-Fi: {name}, with the password that was typed.", name=name),)
        return (tr("Wi-Fi: {name}, without a password.", name=name),)

    def hideEvent(self, event: object) -> None:
        """Another panel is opened; a window that is only minimised keeps what was typed."""
        if not self.window().isMinimized():
            self.wifi_password.clear()

    def leave(self) -> None:
        self.wifi_password.clear()

    def _retry(self) -> None:
        """The failed ones again; those that are done stay in the report and on the labels."""
        from devtoolkit.services.class_list import Seat

        report, template = self._report, self._template
        if report is None or template is None:
            return
        failed = tuple(Seat(one.port, one.name, one.title) for one in report.boards if one.failure)
        self._deploy(template, failed, tuple(one for one in report.boards if one.report))

    def _deploy(self, template: "DeployRequest", seats: "tuple[Seat, ...]", earlier: tuple[Any, ...]) -> None:
        self.done.hide()
        self._template = template
        self._heard.clear()
        ended: set[str] = set()

        def heard(handle: Handle, port: str, event: Event) -> None:
            """Called by the boards' threads."""
            self._heard[port] = event
            if event.step == "board":
                ended.add(port)
                handle.say(f"{port}: {event.title} {event.note}".rstrip())
                handle.listener(Event("progress", "boards", tr("Boards"), len(ended), len(seats)))
            elif event.kind == "start":
                handle.say(f"{port}: {event.title}")

        def work(handle: Handle) -> object:
            handle.listener(Event("start", "boards", tr("Boards"), 0, len(seats)))
            report = self.hub.services.workshop(
                template, seats, lambda port, event: heard(handle, port, event), handle, earlier
            )
            self._report = report
            if handle.cancel.wanted:
                raise CancelledByUser(tr("Stopped. The boards that were not done can be tried again."))
            if report.error:
                raise report.error
            return report

        job = self.hub.run(
            tr("Workshop: {count} boards", count=len(seats)),
            work,
            failed=self._failed,
            ended=lambda _job: self._ended(),
            key="workshop",
            secrets=(template.wifi[1],) if template.wifi else (),
        )
        if job is not None:
            self._began(seats)

    def _began(self, seats: "tuple[Seat, ...]") -> None:
        self._report = None
        self._running = True
        for seat in seats:
            self.table.rows[seat.port].wait()
        self.table.lock(on=True)
        self.show_part(self.table)
        self.more.setEnabled(False)
        self._timer.start()
        self._count()

    def _failed(self, error: ToolkitError) -> None:
        """What failed on a board stands in its row; only what stopped them all is a dialog."""
        if self._report is None:
            self.hub.show_error(error)

    def _ended(self) -> None:
        self._timer.stop()
        self._tell_rows()
        self._running = False
        self.table.lock(on=False)
        self.more.setEnabled(True)
        self._count()
        report = self._report
        if report is None:
            return
        for one in report.boards:
            if one.report and one.report.device:
                self.hub.watcher.seen(one.report.device)
        if not any(one.failure for one in report.boards):  # nothing to try again: nobody needs it any more
            self._template = None
            self.wifi_password.clear()
        self.done.tell(report)
        self.show_part(self.done)

    def _tell_rows(self) -> None:
        for port, event in list(self._heard.items()):
            row = self.table.rows.get(port)
            if row is not None:
                row.tell(event)


PANEL = PanelInfo("workshop", tr("Workshop"), "mdi6.account-group-outline", 15, WorkshopPanel)
