"""Which MicroPython goes below micrOS: the recommended one, another of the store, or a file."""

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.gui.job import Handle
from devtoolkit.gui.panels._base import Form, Panel
from devtoolkit.gui.qt import QCheckBox, QComboBox, QFileDialog, QLabel
from devtoolkit.gui.text import size, tr

if TYPE_CHECKING:
    from devtoolkit.model.board import Board
    from devtoolkit.services.firmware_store import StoredFirmware

_FILE, _KEEP = "file", "keep"


class FirmwareChoice:
    """A row of a form. With `keep`, the first entry leaves the MicroPython that is on the board."""

    def __init__(self, panel: Panel, form: Form, *, keep: bool = False) -> None:
        self._panel, self._keep = panel, keep
        self._stored: tuple[StoredFirmware, ...] = ()
        self._board: Board | None = None
        self._virtual = False
        self.box = QComboBox()
        self.fetch = panel.button(tr("Download"), self._fetch, icon="mdi6.download", tip=tr("Into the firmware store"))
        self.told = form.row(tr("MicroPython"), self.box, tr("The firmware below micrOS."), self.fetch)
        self.warning = QLabel(objectName="warn", wordWrap=True)
        self.warning.setText(
            tr("Careful: its maker publishes no checksum, so a changed download cannot be told from the real one.")
        )
        self.unverified = QCheckBox(tr("Take it without a published checksum"))
        form.addWidget(self.warning, form.rowCount(), 1)
        form.addWidget(self.unverified, form.rowCount(), 1)
        self.box.activated.connect(lambda _at: self._chosen())
        self.box.currentIndexChanged.connect(lambda _at: self._tell())
        self.unverified.toggled.connect(lambda _on: self._tell())
        self._tell()

    def load(self, stored: "tuple[StoredFirmware, ...]") -> None:
        """What the store holds now; the user's choice stays."""
        if stored != self._stored:
            self._stored = stored
            self.offer(self._board, virtual=self._virtual)

    def offer(self, board: "Board | None", *, virtual: bool) -> None:
        """What fits this board, the recommended one selected unless the user chose for the same board before."""
        same = board == self._board and virtual == self._virtual
        now = self.box.currentIndex() if same else 0
        entry = self.box.currentText() if same else ""
        if board != self._board:
            self.unverified.setChecked(False)
        self._board, self._virtual = board, virtual
        self.box.blockSignals(True)
        self.box.clear()
        if self._keep:
            self.box.addItem(tr("Leave what is on the board (recommended)"), _KEEP)
        if board is not None and virtual and not self._keep:
            self.box.addItem(tr("virtual one (recommended)"), None)
        elif board is not None and not virtual:
            self._offer_files(board)
        if now > 0:
            self.box.setCurrentIndex(max(0, self.box.findText(entry)))
        self.box.blockSignals(False)
        self._tell()

    @property
    def path(self) -> Path | None:
        """The chosen file; None for the recommended one of a deploy, or to leave what is there."""
        data = self.box.currentData()
        if data is None and self._keep and (there := self._in_store()):
            return Path(there.path)
        return None if data in (None, _KEEP, _FILE) else Path(data)

    @property
    def keeps(self) -> bool:
        """Nothing is written below micrOS."""
        return self._keep and self.box.currentData() == _KEEP

    @property
    def missing(self) -> bool:
        """The recommended one is chosen, and has to be downloaded first."""
        chosen = self.box.count() > 0 and self.box.currentData() is None
        return chosen and self._board is not None and not self._virtual and not self._in_store()

    @property
    def problem(self) -> str:
        """Why it cannot be used as it is, in plain words; empty when it can."""
        if self.missing and self._keep:
            return tr("This MicroPython is not in the firmware store yet.")
        if self.missing and self._unpublished() and not self.unverified.isChecked():
            return tr("Nobody publishes a checksum for this board's MicroPython, so a download cannot be checked.")
        return ""

    def _offer_files(self, board: "Board") -> None:
        words = tr("Write v{version} anew") if self._keep else tr("v{version} (recommended)")
        self.box.addItem(words.format(version=board.firmware.version), None)
        for one in self._stored:
            if board.id in one.boards and one.trust != "changed" and one.file != board.firmware.file:
                self.box.addItem(f"{one.file}  \u00b7  {size(one.bytes)}", one.path)
        self.box.addItem(tr("Choose a file ..."), _FILE)

    def _in_store(self) -> "StoredFirmware | None":
        wanted = self._board.firmware.file if self._board else ""
        return next((one for one in self._stored if one.file == wanted and one.trust != "changed"), None)

    def _unpublished(self) -> bool:
        return self._board is not None and not self._board.firmware.sha256

    def _tell(self) -> None:
        missing, unpublished = self.missing, self._unpublished()
        self.fetch.setVisible(missing)
        self.fetch.setEnabled(not unpublished or self.unverified.isChecked())
        self.unverified.setVisible(missing and unpublished)
        self.warning.setVisible(missing and unpublished)
        self.told.setText(self._words())

    def _words(self) -> str:
        if self._virtual:
            return tr("A virtual board brings its own.")
        if self.keeps:
            return tr("It is written anew by itself where it is too old for micrOS; then the board's type counts.")
        if self.missing:
            return tr("Not in the firmware store: it is downloaded and checked first.")
        if self.box.currentData() is None and self._in_store():
            return tr("It is in the firmware store; no network is needed.")
        return tr("The firmware below micrOS. It is checked before anything is erased.")

    def _chosen(self) -> None:
        if self.box.currentData() != _FILE:
            return
        dialog = QFileDialog(self._panel, tr("MicroPython firmware"), "", tr("Firmware (*.bin *.uf2)"))
        dialog.rejected.connect(lambda: self.box.setCurrentIndex(0))
        dialog.fileSelected.connect(self.take_file)
        dialog.open()

    def take_file(self, path: str) -> None:
        """A file of the user's."""
        self.box.insertItem(1, Path(path).name, path)
        self.box.setCurrentIndex(1)

    def _fetch(self) -> None:
        hub, board = self._panel.hub, self._board
        if board is None:
            return
        accept = self.unverified.isChecked()

        def work(handle: Handle) -> object:
            hub.services.fetch_firmware(board.id, handle, accept_unverified=accept)
            return hub.services.firmware()

        def done(stored: "tuple[StoredFirmware, ...]") -> None:
            self.load(stored)

        hub.run(tr("Download {file}", file=board.firmware.file), work, done=done, key=f"firmware:{board.firmware.file}")
