"""Hands for the window: waits for what is seen, presses what is shown, and ends everything afterwards."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from devtoolkit import paths
from devtoolkit.gui.app import make_window
from devtoolkit.gui.dialogs import AskDialog, ErrorDialog
from devtoolkit.gui.job import Job
from devtoolkit.gui.qt import QApplication, QDialog, QEvent
from devtoolkit.gui.services import Services
from devtoolkit.gui.window import MainWindow

LIMIT_S = 60.0


def until(condition: Callable[[], object], what: str, limit_s: float = LIMIT_S) -> None:
    """Let the window work until the condition holds."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {limit_s:.0f} s in vain for: {what}"
        QApplication.processEvents()
        time.sleep(0.002)


@contextmanager
def opened(services: Services, *, begin: bool = True) -> Iterator["Driver"]:
    """A window that looks for devices; at the end everything in it is ended."""
    window = make_window(services)
    window.show()
    if begin:
        window.begin()
    driver = Driver(window)
    try:
        yield driver
    finally:
        driver.end()


@contextmanager
def opened_for_real(folder: Path) -> Iterator["Driver"]:
    """A window with the real services, whose user data lies in `folder`; for several tests, one after another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MICROS_INTERFACES", "127.0.0.1")
        patch.setattr(paths, "_chosen_user_data", folder.resolve())
        with opened(Services()) as driver:
            yield driver


class Driver:
    """One window."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.hub = window.hub

    def panel(self, name: str) -> Any:
        """Open a panel; the panel itself."""
        self.window.open_panel(name)
        return self.window.panels.get(name)

    def select(self, name: str) -> None:
        """Select the board of this name on the left."""
        until(lambda: self._index(name) is not None, f"{name} is in the list")
        self.window.devices.select(self._index(name))
        assert [row.name for row in self.hub.selection] == [name]

    def _index(self, name: str) -> str | None:
        devices = self.window.devices
        for row in self.hub.model.rows():
            if row.name == name and devices.filter.mapFromSource(self.hub.model.index_of(row.key)).isValid():
                return row.key
        return None

    def dialog(self, kind: type = QDialog) -> Any:
        """The dialog that is open."""
        found: list[Any] = []

        def there() -> bool:
            found[:] = [one for one in self.window.findChildren(kind) if one.isVisible()]
            return bool(found)

        until(there, f"a {kind.__name__}")
        return found[-1]

    def yes(self) -> None:
        """Answer the question with Yes."""
        dialog = self.dialog(AskDialog)
        dialog.yes.click()
        until(lambda: not dialog_alive(dialog), "the question is gone")

    def job(self, title: str) -> Job:
        """The newest job whose title begins so."""
        return next(row.job for row in self.window.jobs_bar.rows if row.job.title.startswith(title))

    def ended(self, title: str, limit_s: float = LIMIT_S) -> Job:
        """The job, when it has ended."""
        job = self.job(title)
        until(lambda: job.state not in ("waiting", "running"), f"{title} ends", limit_s)
        return job

    def errors(self) -> list[Any]:
        return [one for one in self.window.findChildren(ErrorDialog) if one.isVisible()]

    def end(self) -> None:
        """Close the window, whatever it asks, and drop it."""
        self.hub.jobs.stop_all()
        if not self.window.ended:
            self.window._end()
        until(lambda: self.window.ended, "everything has ended")
        self.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.DeferredDelete)
        QApplication.processEvents()


def dialog_alive(dialog: Any) -> bool:
    """A dialog deletes itself when it is closed."""
    try:
        return bool(dialog.isVisible())
    except RuntimeError:
        return False
