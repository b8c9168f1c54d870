"""Update (USB): a new micrOS on a board that is plugged in; what is the user's stays."""

from dataclasses import replace
from typing import TYPE_CHECKING

from devtoolkit.errors import UsageError
from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle
from devtoolkit.gui.panels._base import Card, Panel, PanelInfo
from devtoolkit.gui.panels._boot_drive import BootDriveChoice
from devtoolkit.gui.panels._firmware_choice import FirmwareChoice
from devtoolkit.gui.panels._port_form import VIRTUAL, PortForm, no_board, show_row
from devtoolkit.gui.panels._update_plan import files_of, points_of
from devtoolkit.gui.qt import QCheckBox, QComboBox, QLabel, QListWidget
from devtoolkit.gui.text import size, span, tr
from devtoolkit.gui.widgets.flow import Flow

if TYPE_CHECKING:
    from collections.abc import Callable

    from devtoolkit.gui.seam.usb import Choices
    from devtoolkit.model.board import Board
    from devtoolkit.services.usb_resume import Interrupted
    from devtoolkit.services.usb_update import UpdatePreview, UpdateReport, UpdateRequest

_DRIVE = "drive"


class UsbUpdatePanel(Panel):
    """Choose the port; the plan is read from the board and shown; then ask, and update.

    Where the update of an RP2 board was interrupted, its boot drive can be chosen instead of a port.
    """

    def __init__(self, hub: Hub) -> None:
        intro = tr("Sends what changed since the version on the board. Configuration, own modules and logs stay.")
        super().__init__(hub, tr("Update (USB)"), intro)
        self._boards: tuple[Board, ...] = ()
        self._waiting: tuple[Interrupted, ...] = ()
        card = Card()
        self.form = PortForm(hub, tr("Where the board is plugged in."))
        self.port = self.form.port
        self.drive = BootDriveChoice(self, self.form)
        self.whose = QComboBox()
        self.whose.currentIndexChanged.connect(lambda _at: self.plan.hide())
        told = tr("Updates of several were interrupted; the boot drive does not tell which of them it is.")
        self.form.row(tr("Node"), self.whose, told)
        self.micropython = FirmwareChoice(self, self.form, keep=True)
        self.board = QComboBox()
        self.board.addItem(tr("Not chosen"), None)
        self.form.row(tr("Board"), self.board, tr("Only where MicroPython is written anew: which board it is."))
        self.force = QCheckBox(tr("Send every file"))
        self.form.row(tr("All files"), self.force, tr("Your own modules that hide one of ours are saved and give way."))
        card.column.addLayout(self.form)
        self.go = self.button(tr("Update (USB)"), self._ask, icon="usb", primary=True)
        tip = tr("What an update would do. Nothing is changed; the node is interrupted for a few seconds.")
        self.look = self.button(tr("Only look"), self._only_look, icon="mdi6.clipboard-search-outline", tip=tip)
        self.empty = QLabel(no_board(), objectName="soft", wordWrap=True)
        card.column.addWidget(self.empty)
        card.column.addLayout(Flow(self.go, self.look))
        self.column.addWidget(card)
        self._results()
        self.port.moved.connect(self._moved)
        self.board.currentIndexChanged.connect(lambda _at: self._offer())
        hub.fetch(lambda _handle: hub.services.choices(), self._loaded)
        self.refresh()

    def refresh(self) -> None:
        self.port.follow()
        self._moved()
        self.hub.fetch(lambda _handle: self.hub.services.usb_waiting(), self._waits)

    def rows_changed(self, keys: set[str]) -> None:
        self.port.fill()

    def _results(self) -> None:
        self.plan = Card(tr("What an update would do"))
        self.head = QLabel(wordWrap=True)
        self.files = QListWidget(objectName="boxed")
        self.files.setAccessibleName(tr("Files of the update"))
        self.plan.column.addWidget(self.head)
        self.plan.column.addWidget(self.files)
        self.plan.hide()
        self.told = QLabel(objectName="good", wordWrap=True)
        self.told.hide()
        self.column.addWidget(self.told)
        self.column.addWidget(self.plan)
        self.column.addStretch(1)

    def _loaded(self, found: "Choices") -> None:
        self._boards = found.boards
        for board in found.boards:
            self.board.addItem(board.title, board.id)
        self.micropython.load(found.firmware)
        self._offer()

    def _moved(self) -> None:
        there = bool(self.port.port)
        self.empty.setVisible(not there)
        for button in (self.go, self.look):
            button.setEnabled(there)
        self.plan.hide()
        self._offer()

    def _offer(self) -> None:
        chosen = next((one for one in self._boards if one.id == self.board.currentData()), None)
        self.micropython.offer(chosen, virtual=self.port.port.startswith(VIRTUAL))
        at_drive = self.port.port == _DRIVE
        self.drive.offer(next((one for one in self._boards if at_drive and one.family == "rp2"), None), virtual=False)
        show_row(self.form, self.whose, on=at_drive and len(self._waiting) > 1)

    def _waits(self, found: "tuple[Interrupted, ...]") -> None:
        """Interrupted updates of RP2 boards: only then the boot drive is offered."""
        if found != self._waiting:
            self._waiting = found
            self.whose.clear()
            for one in found:
                self.whose.addItem(str(one), one.uid)
        self.port.extra = ((_DRIVE, tr("An RP2 board that shows its boot drive")),) if found else ()
        self.port.fill()

    # --- doing it

    def _request(self) -> "UpdateRequest":
        from devtoolkit.services.usb_update import UpdateRequest

        at_drive = self.port.port == _DRIVE
        return UpdateRequest(
            port="" if at_drive else self.port.port,
            board=self.board.currentData(),
            firmware=self.micropython.path,
            force=self.force.isChecked(),
            boot_drive=self.drive.only if at_drive else None,
            node=self.whose.currentData() if at_drive else "",
        )

    def _problem(self, request: "UpdateRequest") -> UsageError | None:
        """What is still missing, in plain words."""
        if self.micropython.problem:
            return UsageError(self.micropython.problem, hint=tr("Press Download first."))
        if not request.port and request.boot_drive is None:
            hint = tr("Hold BOOTSEL while you plug the board in. When the drive is listed, try again.")
            return UsageError(tr("No boot drive is there, or several are and none is chosen."), hint=hint)
        return None

    def _looked(self, request: "UpdateRequest", done: "Callable[[UpdatePreview], object]") -> None:
        """Ask the board what an update would do."""
        problem = self._problem(request)
        if problem is not None:
            self.hub.show_error(problem)
            return
        port = _place(request)
        self.told.hide()
        self.plan.hide()

        def work(handle: Handle) -> object:
            return self.hub.services.usb_look(request, handle)

        self.hub.run(tr("Look at {port}", port=port), work, done=done, key=f"port:{port}")

    def _only_look(self) -> None:
        self._looked(self._request(), self._show_plan)

    def _show_plan(self, found: "UpdatePreview") -> None:
        self.head.setText("\n".join(points_of(found, force=self.force.isChecked())))
        self.files.clear()
        self.files.addItems(files_of(found))
        self.files.setVisible(self.files.count() > 0)
        self.show_part(self.plan)

    def _ask(self) -> None:
        request = self._request()

        def ask(found: "UpdatePreview") -> None:
            if found.plan.nothing and not found.reflash:
                self._tell(tr("{name} has every file of {version} already.", name=found.name, version=found.version))
                return
            if found.reflash and not request.board and not found.resumes:
                hint = tr("Choose the board's type above; nothing of yours will be lost.")
                version = tr("MicroPython {version} on the board has to be written anew.", version=found.micropython)
                self.hub.show_error(UsageError(version, hint=hint))
                return
            question = Question(
                tr("Update (USB)"),
                tr(
                    "Update {name} on {port} to {version}?",
                    name=found.name,
                    port=_place(request),
                    version=found.version,
                ),
                points_of(found, force=request.force),
                danger=found.reflash,
            )
            chosen = replace(request, node=found.uid) if found.boot_drive else request
            self.hub.ask(question, lambda: self._update(chosen))

        self._looked(request, ask)

    def _update(self, request: "UpdateRequest") -> None:
        port = _place(request)

        def work(handle: Handle) -> object:
            return self.hub.services.usb_update(request, handle)

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
        words = [tr("{name} runs {version} now: {moved}.", name=report.name, version=report.version, moved=moved)]
        if report.backup:
            words.append(tr("Your files are saved in {folder} too.", folder=report.backup))
        self._tell("\n".join(words))
        self.refresh()

    def _tell(self, words: str) -> None:
        self.told.setText(words)
        self.show_part(self.told)


def _place(request: "UpdateRequest") -> str:
    return request.port or str(request.boot_drive)


PANEL = PanelInfo("usb_update", tr("Update (USB)"), "mdi6.usb-flash-drive-outline", 20, UsbUpdatePanel)
