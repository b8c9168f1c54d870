"""Which settings a new node begins with: the usual ones, a profile, a kept configuration, or a file."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.gui.panels._base import Form, Panel
from devtoolkit.gui.qt import QComboBox, QFileDialog
from devtoolkit.gui.text import tr

if TYPE_CHECKING:
    from devtoolkit.services.profiles import ArchivedConfig, Profile

_FILE = "file"
_TRIED = 2  # commands that are shown to try afterwards


class ConfigChoice:
    """A row of a form. `chosen` is called with the name that a kept configuration brings, empty for any other."""

    def __init__(self, panel: Panel, form: Form, chosen: Callable[[str], object]) -> None:
        self._panel, self._when = panel, chosen
        self._words: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._loaded: object = None
        self.box = QComboBox()
        self.told = form.row(tr("Configuration"), self.box, " ")
        self.load((), ())
        self.box.activated.connect(lambda _at: self._browse())
        self.box.currentIndexChanged.connect(lambda _at: self._tell())

    def load(self, profiles: "tuple[Profile, ...]", kept: "tuple[ArchivedConfig, ...]") -> None:
        """What there is to choose; the user's choice stays."""
        if (profiles, kept) == self._loaded:
            return
        self._loaded = profiles, kept
        now = self.box.currentText()
        self.box.blockSignals(True)
        self.box.clear()
        self._words, self._names = {}, {}
        self.box.addItem(tr("New, with the usual settings"), None)
        for profile in profiles:
            if profile.name != "default":
                self.box.addItem(tr("New, for: {profile}", profile=profile.name), str(profile.file))
                self._words[str(profile.file)] = _told(profile)
        if kept:
            self.box.insertSeparator(self.box.count())
        for one in kept:
            self.box.addItem(tr("As kept: {name}", name=one.name), str(one.file))
            self._names[str(one.file)] = one.name
        self.box.insertSeparator(self.box.count())
        self.box.addItem(tr("Choose a file ..."), _FILE)
        self.box.setCurrentIndex(max(0, self.box.findText(now)) if now else 0)  # a separator has no text
        self.box.blockSignals(False)
        self._tell()

    @property
    def file(self) -> Path | None:
        """The configuration's file; None for the usual settings."""
        data = self.box.currentData()
        return None if data in (None, _FILE) else Path(data)

    @property
    def is_kept(self) -> bool:
        """It is a whole configuration, with a name and maybe a Wi-Fi of its own."""
        return self.file is not None and str(self.file) not in self._words

    def take_file(self, path: str) -> None:
        """A file of the user's."""
        self.box.insertItem(1, Path(path).name, path)
        self.box.setCurrentIndex(1)

    def _tell(self) -> None:
        data = str(self.box.currentData())
        if data in self._words:
            words = self._words[data]
        elif self.is_kept:
            words = tr("All settings of that node; the new one gets its own identity.")
        else:
            words = tr("A fresh node. Everything can be set later in Configuration.")
        self.told.setText(words)
        self._when(self._names.get(data, ""))

    def _browse(self) -> None:
        if self.box.currentData() != _FILE:
            return
        dialog = QFileDialog(self._panel, tr("Configuration"), "", tr("Configuration (*.json)"))
        dialog.rejected.connect(lambda: self.box.setCurrentIndex(0))
        dialog.fileSelected.connect(self.take_file)
        dialog.open()


def _told(profile: "Profile") -> str:
    """What it is for, and what to try afterwards."""
    first, *rest = profile.examples.splitlines()
    tried = ", ".join([line for line in rest if line][:_TRIED])
    return tr("{what} Try afterwards in the Shell: {commands}", what=first.removesuffix(" To use it:"), commands=tried)
