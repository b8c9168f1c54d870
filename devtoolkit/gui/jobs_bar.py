"""The bottom: one row per job, with real progress, what is left, stop, log and report; results stay until dismissed."""

from collections.abc import Callable

from devtoolkit.gui import icons
from devtoolkit.gui.dialogs import LogDialog
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.job import Job
from devtoolkit.gui.qt import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QResizeEvent,
    QScrollArea,
    QSizePolicy,
    Qt,
    QTimer,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import Theme, restyle

_BAR_STEPS = 1000
_SECOND_MS = 1000
_TONES = {"done": "good", "failed": "bad", "cancelled": "warn", "running": "accent", "waiting": "soft"}
_MOST_ROWS_SHOWN, _FEWER = 3, 2
_LOW = 640  # a window of less height keeps its room for the panel
_TITLE = 280


class JobRow(QFrame):
    """One job."""

    def __init__(self, hub: Hub, job: Job, dismiss: Callable[["JobRow"], object]) -> None:
        super().__init__()
        self.hub, self.job = hub, job
        self._dismiss = dismiss
        self.picture = QLabel()
        self.title = QLabel(objectName="heading", textFormat=Qt.PlainText, toolTip=job.title)
        self.title.setFixedWidth(_TITLE)
        self.text = QLabel(objectName="soft", textFormat=Qt.PlainText)
        self.text.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.bar = QProgressBar(textVisible=False, maximum=_BAR_STEPS)
        self.bar.setAccessibleName(tr("Progress of {title}", title=job.title))
        self.stop = self._tool("stop", tr("Stop"), job.stop)
        self.log = self._tool("details", tr("Log and report"), self._log)
        self.close_ = self._tool("close", tr("Dismiss"), lambda: self._dismiss(self))
        self._arrange()
        job.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        job = self.job
        tone = _TONES[job.state]
        self.title.setText(self.title.fontMetrics().elidedText(job.title, Qt.ElideRight, _TITLE - 4))
        self.picture.setPixmap(
            icons.picture(job.state if job.state != "waiting" else "running", self._colour(tone), 22)
        )
        self.tell()
        self.text.setToolTip(job.line())
        self.text.setObjectName({"good": "good", "bad": "bad", "warn": "warn"}.get(tone, "soft"))
        fraction = job.fraction
        running = job.state == "running"
        self.bar.setMaximum(_BAR_STEPS if fraction is not None or job.holding or not running else 0)
        self.bar.setValue(_BAR_STEPS if job.holding else int((fraction or 0) * _BAR_STEPS))
        self.stop.setVisible(running)
        self.stop.setEnabled(not job.stopping)
        self.close_.setVisible(not running)
        if self.bar.property("state") != job.state:
            self.bar.setProperty("state", job.state)
            restyle(self.bar, self.text)

    def tell(self) -> None:
        """How it goes, as much of it as fits; the tool tip and the log have all of it."""
        self.text.setText(self.text.fontMetrics().elidedText(self.job.line(), Qt.ElideRight, self.text.width()))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self.tell)

    def use_theme(self, theme: Theme) -> None:
        for button, name in ((self.stop, "stop"), (self.log, "details"), (self.close_, "close")):
            button.setIcon(icons.icon(name, theme.text))
        self.refresh()

    def _colour(self, tone: str) -> str:
        colour: str = getattr(self.hub.theme, tone)
        return colour

    def _tool(self, name: str, text: str, slot: Callable[[], object]) -> QToolButton:
        button = QToolButton(objectName="flat", toolTip=text)
        button.setAccessibleName(f"{text}: {self.job.title}")
        button.setFocusPolicy(Qt.StrongFocus)
        button.setIcon(icons.icon(name, self.hub.theme.text))
        button.clicked.connect(lambda _on: slot())
        return button

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(10)
        row.addWidget(self.picture)
        row.addWidget(self.title)
        self.bar.setMinimumWidth(160)
        row.addWidget(self.bar, 2)
        self.text.setMinimumWidth(120)
        self.text.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        row.addWidget(self.text, 5)
        for button in (self.stop, self.log, self.close_):
            row.addWidget(button)

    def _log(self) -> None:
        LogDialog(self.window(), self.hub.theme, self.job).open()


class JobsBar(QFrame):
    """All jobs, the newest on top."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(objectName="jobs")
        self.hub = hub
        self.rows: list[JobRow] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 6)
        layout.setSpacing(2)
        self.empty = QLabel(tr("No jobs yet. What you start appears here, with its progress."), objectName="soft")
        self.empty.setContentsMargins(14, 4, 14, 4)
        layout.addWidget(self.empty)
        holder = QWidget()
        self._column = QVBoxLayout(holder)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._area = QScrollArea(widgetResizable=True, visible=False, horizontalScrollBarPolicy=Qt.ScrollBarAlwaysOff)
        self._area.setWidget(holder)
        layout.addWidget(self._area)
        hub.jobs.added.connect(self._add)
        hub.theme_changed.connect(self._use_theme)
        self._seconds = QTimer(self, interval=_SECOND_MS)
        self._seconds.timeout.connect(self._tick)

    def take_focus(self) -> None:
        """The newest job's first button that works."""
        row = next(iter(self.rows), None)
        if row is not None:
            (row.stop if row.stop.isVisible() else row.log).setFocus()

    def _add(self, job: Job) -> None:
        row = JobRow(self.hub, job, self._dismiss)
        self.rows.insert(0, row)
        self._column.insertWidget(0, row)
        self._seconds.start()
        self._fit()

    def _dismiss(self, row: JobRow) -> None:
        self.rows.remove(row)
        self._column.removeWidget(row)
        row.job.changed.disconnect(row.refresh)
        self.hub.jobs.forget(row.job)
        row.deleteLater()
        self._fit()

    def _fit(self) -> None:
        """As high as its rows, up to a few; the rest is scrolled to."""
        self.empty.setVisible(not self.rows)
        self._area.setVisible(bool(self.rows))
        if self.rows:
            height = max(row.sizeHint().height() for row in self.rows)
            most = _FEWER if self.window().height() < _LOW else _MOST_ROWS_SHOWN
            self._area.setFixedHeight(height * min(len(self.rows), most) + 2)

    def _tick(self) -> None:
        """The time that is left counts down while a step is silent; the bar itself only moves with its bytes."""
        busy = [row for row in self.rows if row.job.state == "running"]
        for row in busy:
            row.tell()
        if not busy:
            self._seconds.stop()

    def _use_theme(self, theme: Theme) -> None:
        for row in self.rows:
            row.use_theme(theme)
