"""The window's settings, in `window.ini`: read once at the start, written by a thread of its own.

A QSettings would write in the GUI's thread, with a dozen file operations each time: on a slow disk the window stands
still for a second.
"""

import threading
from pathlib import Path

from devtoolkit.gui.qt import QObject, QSettings, pyqtSignal
from devtoolkit.gui.text import tr


class Kept(QObject):
    """Values by key. No method but the constructor waits for the disk.

    `failed` tells in plain words that the file could not be written; the values hold until the window is closed.
    """

    failed = pyqtSignal(str)

    def __init__(self, file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = file
        stored = QSettings(str(file), QSettings.IniFormat)
        self._values: dict[str, object] = {key: stored.value(key) for key in stored.allKeys()}
        del stored  # Qt shares one lock between all that are open on a file
        self._lock = threading.Lock()
        self._unwritten: dict[str, object] = {}
        self._writer: threading.Thread | None = None

    def value(self, key: str, default: object = None) -> object:
        """As it was put last, in this window or in an earlier one."""
        return self._values.get(key, default)

    def put(self, key: str, value: object) -> None:
        """Holds at once, and is written soon."""
        self._values[key] = value
        with self._lock:
            self._unwritten[key] = value
            if self._writer is None:
                self._writer = threading.Thread(target=self._write, name="window settings")
                self._writer.start()

    def keys(self) -> tuple[str, ...]:
        return tuple(self._values)

    @property
    def writing(self) -> bool:
        """Whether something is not on the disk yet."""
        with self._lock:
            return self._writer is not None

    def _write(self) -> None:
        """In its own thread, until nothing is left. Other windows' keys stay as they are in the file."""
        while True:
            with self._lock:
                values, self._unwritten = self._unwritten, {}
                if not values:
                    self._writer = None
                    return
            file = QSettings(str(self._file), QSettings.IniFormat)
            for key, value in values.items():
                file.setValue(key, value)
            file.sync()
            if file.status() != QSettings.NoError:
                told = tr("The window's settings cannot be kept: {file} cannot be written.", file=self._file)
                self.failed.emit(told)
