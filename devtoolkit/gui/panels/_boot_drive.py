"""The drive that an RP2 board shows while its boot ROM runs: found by itself, or named; and how to get there."""

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.gui.panels._base import Form, Panel
from devtoolkit.gui.panels._port_form import show_row
from devtoolkit.gui.qt import QComboBox, QFileDialog, QTimer
from devtoolkit.gui.text import tr

if TYPE_CHECKING:
    from devtoolkit.model.board import Board
    from devtoolkit.services.port_list import DriveEntry

LOOK_MS = 2000  # how often drives are looked for while the row is shown
_FOLDER = "folder"


class BootDriveChoice:
    """A row of a form, shown only for boards that have such a drive."""

    def __init__(self, panel: Panel, form: Form) -> None:
        self._panel, self._form = panel, form
        self._drives: tuple[DriveEntry, ...] = ()
        self._wanted = self._looking = False
        self._own = ""  # a folder that the user named
        self.box = QComboBox()
        self.told = form.row(tr("Boot drive"), self.box, " ")
        self.box.activated.connect(lambda _at: self._browse())
        self._timer = QTimer(panel, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._fill()
        self.offer(None, virtual=False)

    def offer(self, board: "Board | None", *, virtual: bool) -> None:
        """Shown for an RP2 board that is not a virtual one."""
        self._wanted = board is not None and board.family == "rp2" and not virtual
        show_row(self._form, self.box, on=self._wanted)
        self._tell()
        if self._wanted:
            self._timer.start()
            self.look()
        else:
            self._timer.stop()

    @property
    def folder(self) -> Path | None:
        """The drive that was named; None: the only one there is, or the board is brought into it."""
        data = self.box.currentData() if self._wanted else None
        return None if data in (None, _FOLDER) else Path(data)

    @property
    def only(self) -> Path | None:
        """The drive to use where there is no port: the named one, else the only one."""
        return self.folder or (Path(self._drives[0].folder) if self._wanted and len(self._drives) == 1 else None)

    def look(self) -> None:
        """Look for drives, while somebody can see the answer."""
        hub = self._panel.hub
        if self._wanted and not self._looking and self._panel.isVisible():
            self._looking = (
                hub.fetch(lambda _handle: hub.services.drives(), self._found, lambda _e: self._found(())) is not None
            )

    def _found(self, drives: "tuple[DriveEntry, ...]") -> None:
        self._looking = False
        if drives != self._drives:
            self._drives = drives
            self._fill()

    def _fill(self) -> None:
        now = self.box.currentData()
        self.box.clear()
        self.box.addItem(tr("Found by itself (recommended)"), None)
        for drive in self._drives:
            self.box.addItem(f"{drive.folder}  \u00b7  {drive.model}", drive.folder)
        if self._own:
            self.box.addItem(self._own, self._own)
        self.box.addItem(tr("Choose a folder ..."), _FOLDER)
        self.box.setCurrentIndex(max(0, self.box.findData(now)) if now != _FOLDER else 0)
        self._tell()

    def _tell(self) -> None:
        if self._drives:
            self.told.setText(tr("{count} found: the board is ready to be written.", count=len(self._drives)))
            return
        self.told.setText(
            tr(
                "A board with MicroPython goes into its boot drive by itself. A new one: unplug it, hold BOOTSEL, "
                "plug it in, let go. It then shows up here."
            )
        )

    def _browse(self) -> None:
        if self.box.currentData() != _FOLDER:
            return
        dialog = QFileDialog(self._panel, tr("Boot drive of the board"))
        dialog.setFileMode(QFileDialog.Directory)
        dialog.rejected.connect(lambda: self.box.setCurrentIndex(0))
        dialog.fileSelected.connect(self.take_folder)
        dialog.open()

    def take_folder(self, path: str) -> None:
        """A folder of the user's."""
        self._own = path
        self._fill()
        self.box.setCurrentIndex(self.box.findData(path))
