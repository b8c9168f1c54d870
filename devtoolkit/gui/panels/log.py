"""Everything the jobs said, newest at the end; what went wrong stays readable after its dialog is closed."""

import time
from collections import deque

from devtoolkit.gui.dialogs import copy
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.job import Job
from devtoolkit.gui.panels._base import Panel, PanelInfo, buttons
from devtoolkit.gui.qt import QPlainTextEdit
from devtoolkit.gui.text import tr

_LINES = 5000


class LogPanel(Panel):
    """One text for all jobs of this window."""

    scrolls = False

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub, tr("Log"), tr("What was done since the window was opened. Passwords are never in it."))
        self._told: deque[str] = deque(maxlen=_LINES)
        self.box = QPlainTextEdit(readOnly=True, maximumBlockCount=_LINES, objectName="terminal")
        self.box.setPlaceholderText(tr("Nothing was done yet."))
        self.box.setAccessibleName(tr("Log"))
        self.column.addWidget(self.box, 1)
        clean = self.button(tr("Clean"), self.box.clear, icon="clean")
        self.column.addLayout(
            buttons(self.button(tr("Copy"), lambda: copy(self.box.toPlainText()), icon="copy"), clean)
        )
        for job in hub.jobs.all:
            if job.state != "running" and not job.quiet:
                self._ended(job)
        hub.jobs.ended.connect(self._ended)
        hub.logged.connect(self._add)

    def _ended(self, job: Job) -> None:
        if not job.quiet:
            self._add(f"{job.report()}\n{job.line()}\n")

    def _add(self, text: str) -> None:
        self.box.appendPlainText(f"{time.strftime('%H:%M:%S')}  {text}")


PANEL = PanelInfo("log", tr("Log"), "mdi6.text-box-outline", 110, LogPanel)
