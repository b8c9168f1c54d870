"""What the hub wants to say or ask, as dialogs of the window."""

from collections.abc import Callable

from devtoolkit.errors import ToolkitError, UsageError
from devtoolkit.gui.dialogs import AskDialog, ErrorDialog, PasswordDialog
from devtoolkit.gui.doctor_dialog import DoctorDialog
from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Job
from devtoolkit.gui.qt import QObject, QWidget
from devtoolkit.gui.settings_dialog import SettingsDialog
from devtoolkit.gui.text import tr


class Conversation(QObject):
    """Dialogs on top of `window`. `silent` while it is being closed: then nobody is told anything any more."""

    def __init__(self, window: QWidget, hub: Hub, theme_chosen: Callable[[str], object]) -> None:
        super().__init__(window)
        self._window, self._hub, self._theme_chosen = window, hub, theme_chosen
        self.silent = False
        hub.error.connect(self._show_error)
        hub.question.connect(self.ask)
        hub.jobs.refused.connect(self._refused)
        hub.jobs.asked.connect(self._password)

    def ask(self, question: Question, on_yes: Callable[[], object]) -> None:
        AskDialog(self._window, self._hub.theme, question, on_yes).open()

    def settings(self) -> None:
        dialog = SettingsDialog(self._window, self._hub)
        dialog.theme_chosen.connect(self._theme_chosen)
        dialog.open()

    def doctor(self) -> None:
        DoctorDialog(self._window, self._hub).open()

    def _show_error(self, error: ToolkitError, job: Job | None) -> None:
        """One dialog at a time; further errors stay in the list of jobs."""
        open_ = any(dialog.isVisible() for dialog in self._window.findChildren(ErrorDialog))
        if not self.silent and not open_:
            ErrorDialog(self._window, self._hub.theme, error, job).open()

    def _password(self, job: Job, name: str) -> None:
        PasswordDialog(self._window, self._hub.theme, job, name).open()

    def _refused(self, title: str) -> None:
        told = tr("Something already works on this: {title}.", title=title)
        self._hub.show_error(UsageError(told, hint=tr("Wait for it, or stop it.")))
