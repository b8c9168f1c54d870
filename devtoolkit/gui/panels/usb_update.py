"""Update (USB): a new micrOS on a board that is plugged in; what is the user's stays."""

from typing import TYPE_CHECKING

from devtoolkit.errors import UsageError
from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle
from devtoolkit.gui.panels._base import Card, Panel, PanelInfo
from devtoolkit.gui.panels._firmware_choice import FirmwareChoice
from devtoolkit.gui.panels._port_form import VIRTUAL, PortForm, no_board
from devtoolkit.gui.panels._update_plan import files_of, points_of
from devtoolkit.gui.qt import QCheckBox, QComboBox, QLabel, QListWidget
from devtoolkit.gui.text import size, span, tr
from devtoolkit.gui.widgets.flow import Flow

if TYPE_CHECKING:
    from collections.abc import Callable

    from devtoolkit.gui.seam.usb import Choices
    from devtoolkit.model.board import Board
    from devtoolkit.services.usb_update import UpdatePreview, UpdateReport


class UsbUpdatePanel(Panel):
    """Choose the port; the plan is read from the board and shown; then ask, and update."""

    def __init__(self, hub: Hub) -> None:
        intro = tr("Sends what changed since the version on the board. Configuration, own modules and logs stay.")
        super().__init__(hub, tr("Update (USB)"), intro)
        self._boards: tuple[Board, ...] = ()
        card = Card()
        self.form = PortForm(hub, tr("Where the board is plugged in."))
        self.port = self.form.port
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

    # --- doing it

    def _options(self) -> dict[str, object]:
        return {
            "force": self.force.isChecked(),
            "board": self.board.currentData(),
            "firmware": self.micropython.path,
        }

    def _looked(self, done: "Callable[[UpdatePreview], object]") -> None:
        """Ask the board what an update would do."""
        if self.micropython.problem:
            self.hub.show_error(UsageError(self.micropython.problem, hint=tr("Press Download first.")))
            return
        port, options = self.port.port, self._options()
        self.told.hide()
        self.plan.hide()

        def work(handle: Handle) -> object:
            return self.hub.services.usb_look(port, handle, **options)  # type: ignore[arg-type]

        self.hub.run(tr("Look at {port}", port=port), work, done=done, key=f"port:{port}")

    def _only_look(self) -> None:
        self._looked(self._show_plan)

    def _show_plan(self, found: "UpdatePreview") -> None:
        self.head.setText("\n".join(points_of(found, force=self.force.isChecked())))
        self.files.clear()
        self.files.addItems(files_of(found))
        self.files.setVisible(self.files.count() > 0)
        self.show_part(self.plan)

    def _ask(self) -> None:
        port, options = self.port.port, self._options()

        def ask(found: "UpdatePreview") -> None:
            if found.plan.nothing and not found.reflash:
                self._tell(tr("{name} has every file of {version} already.", name=found.name, version=found.version))
                return
            if found.reflash and not options["board"] and not found.resumes:
                hint = tr("Choose the board's type above; nothing of yours will be lost.")
                version = tr("MicroPython {version} on the board has to be written anew.", version=found.micropython)
                self.hub.show_error(UsageError(version, hint=hint))
                return
            question = Question(
                tr("Update (USB)"),
                tr("Update {name} on {port} to {version}?", name=found.name, port=port, version=found.version),
                points_of(found, force=bool(options["force"])),
                danger=found.reflash,
            )
            self.hub.ask(question, lambda: self._update(port, options))

        self._looked(ask)

    def _update(self, port: str, options: dict[str, object]) -> None:
        def work(handle: Handle) -> object:
            return self.hub.services.usb_update(port, handle, **options)  # type: ignore[arg-type]

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

    def _tell(self, words: str) -> None:
        self.told.setText(words)
        self.show_part(self.told)


PANEL = PanelInfo("usb_update", tr("Update (USB)"), "mdi6.usb-flash-drive-outline", 20, UsbUpdatePanel)
