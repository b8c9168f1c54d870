"""The end of the window: it asks while something runs, stops all of it, and goes when all is quiet."""

from collections.abc import Callable

from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.qt import QObject, QTimer, pyqtSignal
from devtoolkit.gui.text import tr

_TICK_MS = 50


class Closing(QObject):
    """`begin` ends everything that runs; `done` is emitted when nothing is left. `going` from `begin` on."""

    done = pyqtSignal()

    def __init__(self, hub: Hub, parent: QObject) -> None:
        super().__init__(parent)
        self._hub = hub
        self.going = self.ended = False
        self._tick = QTimer(self, interval=_TICK_MS)
        self._tick.timeout.connect(self._look)

    def wanted(self, ask: Callable[[Question, Callable[[], object]], object], end: Callable[[], object]) -> None:
        """The user wants to close: `end` at once, or after a yes while something runs that would be missed."""
        if self.going:
            return
        busy = self._hub.jobs.visible
        if not busy:
            end()
            return
        question = Question(
            tr("Close"),
            tr("Something is still running. Stop it and close the window?"),
            tuple(f"\u2022 {job.title}: {job.line()}" for job in busy),
            yes=tr("Stop and close"),
            danger=True,
        )
        ask(question, end)

    def begin(self) -> None:
        if not self.going:
            self.going = True
            self._hub.jobs.stop_all()
            self._tick.start()

    def _look(self) -> None:
        if self.ended:
            return
        hub = self._hub
        if hub.jobs.running:
            hub.jobs.stop_all()  # what was begun since the last look
            return
        hub.watcher.halt()
        if hub.watcher.working or hub.settings.writing:  # a slow disk: the window is not frozen meanwhile
            return
        self._tick.stop()
        hub.watcher.stop()
        self.ended = True
        self.done.emit()
