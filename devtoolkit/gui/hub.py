"""What every panel gets: the services, the jobs, the selection, and the few ways to talk to the user."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from devtoolkit import paths
from devtoolkit.errors import CancelledByUser, ToolkitError
from devtoolkit.gui import languages
from devtoolkit.gui import theme as themes
from devtoolkit.gui.device_model import DeviceModel
from devtoolkit.gui.job import Handle, Job, Work
from devtoolkit.gui.jobs import Jobs
from devtoolkit.gui.kept import Kept
from devtoolkit.gui.qt import QObject, pyqtSignal
from devtoolkit.gui.roster import Row
from devtoolkit.gui.services import Services
from devtoolkit.gui.theme import Theme
from devtoolkit.gui.watcher import Watcher

Callback = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Question:
    """A yes-or-no question in plain words. `points` are single facts (what is erased, what is kept)."""

    title: str
    text: str
    points: tuple[str, ...] = ()
    yes: str = ""
    danger: bool = False


class Hub(QObject):
    """The window's middle. Signals: `selection_changed` (tuple of Row), `theme_changed`, `panel_wanted` (its name),
    `error` (ToolkitError, Job or None), `question` (Question, what to do on yes), `logged` (a line)."""

    selection_changed = pyqtSignal(object)
    rows_changed = pyqtSignal(object)
    theme_changed = pyqtSignal(object)
    panel_wanted = pyqtSignal(str)
    error = pyqtSignal(object, object)
    question = pyqtSignal(object, object)
    logged = pyqtSignal(str)

    def __init__(self, services: Services, theme: Theme) -> None:
        super().__init__()
        self.services = services
        self.theme = theme
        self.jobs = Jobs()
        self.model = DeviceModel(self)
        self.settings = Kept(paths.user_data() / "window.ini", self)
        self.settings.failed.connect(self.logged)
        wishes = {name: self.flag(name, default=True) for name in ("scan", "signal")}
        self.watcher = Watcher(services, self.model, **wishes)
        self.watcher.changed.connect(self.rows_changed)
        self.selection: tuple[Row, ...] = ()

    def flag(self, name: str, *, default: bool) -> bool:
        """A yes-or-no setting."""
        value = self.settings.value(name, default)
        return value if isinstance(value, bool) else str(value).lower() == "true"

    def select(self, rows: tuple[Row, ...]) -> None:
        self.selection = rows
        self.selection_changed.emit(rows)

    def use_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.theme_changed.emit(theme)

    def theme_setting(self) -> str:
        return str(self.settings.value("theme", themes.SYSTEM))

    def language_setting(self) -> str:
        return str(self.settings.value("language", languages.SYSTEM))

    def nodes(self) -> tuple[Row, ...]:
        """Selected rows that are known on the network and can be reached from here."""
        return tuple(row for row in self.selection if row.device is not None and not row.elsewhere)

    def run(
        self,
        title: str,
        work: Work,
        *,
        done: Callback | None = None,
        failed: Callback | None = None,
        ended: Callback | None = None,
        key: str = "",
        quiet: bool = False,
        secrets: tuple[str, ...] = (),
    ) -> Job | None:
        """Build a job, connect its signals, start it. None when something already works on the same `key`.

        Without `failed`, a failure is shown in the error dialog; with it, `failed` gets the error instead.
        """
        job = Job(title, work, key=key, quiet=quiet, secrets=secrets)
        if done:
            job.succeeded.connect(done)
        job.failed.connect(failed if failed else lambda error: self.show_error(error, job))
        if ended:
            job.ended.connect(ended)
        return job if self.jobs.start(job) else None

    def fetch(self, work: Callable[[Handle], Any], done: Callback, failed: Callback | None = None) -> Job | None:
        """A short question to the services that needs no row in the list of jobs."""
        return self.run("", work, done=done, failed=failed, quiet=True)

    def show_error(self, error: ToolkitError, job: Job | None = None) -> None:
        """The error dialog; what the user stopped is no error."""
        if not isinstance(error, CancelledByUser):
            self.error.emit(error, job)

    def ask(self, question: Question, on_yes: Callable[[], object]) -> None:
        self.question.emit(question, on_yes)
