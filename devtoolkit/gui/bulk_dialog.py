"""One command to many nodes, with the answer of each in a table that stays."""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from devtoolkit.gui.dialogs import copy
from devtoolkit.gui.hub import Callback, Hub
from devtoolkit.gui.job import Handle, Job
from devtoolkit.gui.qt import QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, Qt, QVBoxLayout, QWidget, pyqtSignal
from devtoolkit.gui.roster import Row
from devtoolkit.gui.text import tr
from devtoolkit.gui.widgets.result_table import ResultTable, counted

if TYPE_CHECKING:
    from devtoolkit.services.bulk import BulkResult, NodeAnswer

_SIZE = (760, 520)
_NAMES_SHOWN = 8


class BulkDialog(QDialog):
    """Several commands are separated by `<a>`. Closing it stops nothing; the job is in the list of jobs."""

    _answered = pyqtSignal(object)

    def __init__(self, parent: QWidget, hub: Hub, rows: tuple[Row, ...], command: str = "") -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.setWindowTitle(tr("Command to {count} nodes", count=len(rows)))
        self.resize(*_SIZE)
        self._hub, self._rows = hub, rows
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(12)
        names = ", ".join(row.name for row in rows[:_NAMES_SHOWN]) + (" ..." if len(rows) > _NAMES_SHOWN else "")
        column.addWidget(QLabel(self.windowTitle(), objectName="title"))
        column.addWidget(QLabel(names, objectName="soft", wordWrap=True, textFormat=Qt.PlainText))
        line = QHBoxLayout()
        self.line = QLineEdit(command, placeholderText=tr("Command, for example: system info"))
        self.line.setAccessibleName(tr("Command"))
        self.send = self._button(tr("Send"), self._send, primary=True)
        line.addWidget(self.line, 1)
        line.addWidget(self.send)
        column.addLayout(line)
        columns = (tr("Node"), tr("Outcome"), tr("Answer"))
        self.results = ResultTable(hub, tr("Answers of the nodes"), columns, tall=True)
        column.addWidget(self.results, 1)
        self.summary = QLabel(objectName="soft", wordWrap=True)
        column.addWidget(self.summary)
        foot = QHBoxLayout()
        foot.addWidget(self._button(tr("Copy report"), lambda: copy(self.results.text())))
        foot.addStretch(1)
        foot.addWidget(self._button(tr("Close"), self.accept))
        column.addLayout(foot)
        self.send.setDefault(True)
        self._answered.connect(self._show)
        self.line.setFocus()

    def _button(self, text: str, slot: Callable[[], object], *, primary: bool = False) -> QPushButton:
        made = QPushButton(text, objectName="primary" if primary else "")
        made.setAccessibleName(text)
        made.setAutoDefault(False)
        made.clicked.connect(lambda _on: slot())
        return made

    def _send(self) -> None:
        commands = tuple(part.strip() for part in self.line.text().split("<a>") if part.strip())
        if not commands:
            return
        self.results.begin([(row.uid, (row.name, tr("waiting"), "")) for row in self._rows])
        self.results.fit_columns()
        self.summary.setText("")
        job = run_on(self._hub, self._rows, commands, self._tell, failed=self._failed)
        if job is not None:
            self.send.setEnabled(False)
            job.succeeded.connect(self._done)
            job.ended.connect(self._ended)

    def _tell(self, answer: "NodeAnswer") -> None:
        """In the job's thread; the dialog may be closed already."""
        with contextlib.suppress(RuntimeError):
            self._answered.emit(answer)

    def _show(self, answer: "NodeAnswer") -> None:
        if answer.failure is not None:
            cells = (answer.device.fuid, tr("failed"), f"{answer.failure.message} {answer.failure.hint}".strip())
            self.results.put(answer.device.uid, cells, "bad")
            return
        told = "\n".join("\n".join(lines) for _command, lines in answer.replies)
        word, colour = (tr("refused"), "bad") if answer.refused else (tr("answered"), "good")
        self.results.put(answer.device.uid, (answer.device.fuid, word, told.strip()), colour)

    def _done(self, result: "BulkResult") -> None:
        bad = sum(answer.failure is not None or bool(answer.refused) for answer in result.nodes)
        self.summary.setText(counted(len(result.nodes) - bad, bad))
        self.results.fit_columns()

    def _ended(self, _job: object) -> None:
        self.send.setEnabled(True)

    def _failed(self, error: object) -> None:
        self.summary.setText(str(error))


def run_on(
    hub: Hub,
    rows: tuple[Row, ...],
    commands: tuple[str, ...],
    on_answer: "Callable[[NodeAnswer], object]",
    *,
    failed: Callback | None = None,
) -> Job | None:
    """The commands to all these nodes as one job; `on_answer` is called in its thread. What fails is in its log."""

    def told(handle: Handle, answer: "NodeAnswer") -> None:
        if not answer.device.site:
            hub.watcher.seen(answer.device)
        words = answer.failure.message if answer.failure else tr("refused") if answer.refused else tr("answered")
        handle.say(f"{answer.device.fuid}: {words}")
        on_answer(answer)

    def work(handle: Handle) -> object:
        uids = tuple(row.uid for row in rows)
        across = any(row.elsewhere for row in rows)
        return hub.services.command(uids, commands, handle, lambda answer: told(handle, answer), across=across)

    title = tr("{command} to {count} nodes", command=commands[0].split()[0], count=len(rows))
    return hub.run(title, work, failed=failed)
