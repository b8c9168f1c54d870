"""The few dialogs: errors, yes-or-no questions, a node's password, a job's log. None of them stops the event loop."""

from collections.abc import Callable

from devtoolkit.errors import ToolkitError
from devtoolkit.gui import icons
from devtoolkit.gui.hub import Question
from devtoolkit.gui.job import Job
from devtoolkit.gui.qt import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QShowEvent,
    Qt,
    QVBoxLayout,
    QWidget,
)
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import Theme

_WIDTH, _MARGIN, _PICTURE = 540, 20, 44


class _Dialog(QDialog):
    """Icon, heading, text, and a row of buttons."""

    def __init__(self, parent: QWidget, theme: Theme, title: str, heading: str, icon: str, tone: str) -> None:
        super().__init__(parent, Qt.Dialog | Qt.WindowTitleHint | Qt.WindowCloseButtonHint)
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setMinimumWidth(_WIDTH)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(_MARGIN, 18, _MARGIN, 16)
        self.column.setSpacing(12)
        head = QHBoxLayout()
        head.setSpacing(12)
        picture = QLabel(pixmap=icons.picture(icon, getattr(theme, tone), 32))
        head.addWidget(picture, 0, Qt.AlignTop)
        self.heading = QLabel(heading, objectName="heading", wordWrap=True)
        self.heading.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.heading.setMinimumWidth(_WIDTH - 2 * _MARGIN - _PICTURE)  # else it asks for height as if it were narrow
        head.addWidget(self.heading, 1)
        self.column.addLayout(head)
        self.buttons = QHBoxLayout()

    def say(self, text: str, kind: str = "") -> QLabel:
        label = QLabel(text, wordWrap=True, objectName=kind, textFormat=Qt.PlainText)
        label.setMinimumWidth(_WIDTH - 2 * _MARGIN)
        label.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.column.addWidget(label)
        return label

    def button(self, text: str, slot: Callable[[], object], *, primary: bool = False) -> QPushButton:
        made = QPushButton(text, objectName="primary" if primary else "")
        made.setAccessibleName(text)
        made.setAutoDefault(False)
        made.clicked.connect(lambda _on: slot())
        self.buttons.addWidget(made)
        return made

    def finish(self) -> None:
        self.column.addLayout(self.buttons)

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self.fit()

    def fit(self) -> None:
        """As high as the wrapped words need: Qt itself gives a dialog at most two thirds of a small screen."""
        self.setMinimumHeight(0)
        self.adjustSize()
        needed = self.column.totalHeightForWidth(self.width())
        if needed > self.height():
            self.resize(self.width(), needed)
        self.setMinimumHeight(needed)


class ErrorDialog(_Dialog):
    """Plain words, what to try, and the details folded."""

    def __init__(self, parent: QWidget, theme: Theme, error: ToolkitError, job: Job | None) -> None:
        title = job.title if job and job.title else tr("That did not work")
        super().__init__(parent, theme, title, error.message, "failed", "bad")
        self._report = job.report() if job else f"{error.type}: {error.message}\n{error.hint}"
        if error.hint:
            self.say(tr("What to try"), "heading")
            self.say(error.hint)
        self.details = QPlainTextEdit(self._report, readOnly=True, visible=False)
        self.details.setAccessibleName(tr("Details"))
        self.details.setMinimumHeight(170)
        self.column.addWidget(self.details)
        self.fold = self.button(tr("Details"), self._fold)
        self.button(tr("Copy report"), self._copy)
        self.buttons.addStretch(1)
        close = self.button(tr("Close"), self.accept, primary=True)
        self.finish()
        close.setDefault(True)
        close.setFocus()

    def _fold(self) -> None:
        self.details.setVisible(not self.details.isVisible())
        self.fold.setText(tr("Hide details") if self.details.isVisible() else tr("Details"))
        self.fit()

    def _copy(self) -> None:
        copy(self._report)


class AskDialog(_Dialog):
    """A yes-or-no question; Enter means No where something is lost."""

    def __init__(self, parent: QWidget, theme: Theme, question: Question, on_yes: Callable[[], object]) -> None:
        tone = "warn" if question.danger else "accent"
        super().__init__(
            parent, theme, question.title, question.text, "warning" if question.danger else "details", tone
        )
        for point in question.points:
            self.say(point)
        self.buttons.addStretch(1)
        self.no = self.button(tr("No"), self.reject)
        self.yes = self.button(question.yes or tr("Yes"), self._yes, primary=True)
        self.finish()
        self._on_yes = on_yes
        first = self.no if question.danger else self.yes
        first.setDefault(True)
        first.setFocus()

    def _yes(self) -> None:
        self.accept()
        self._on_yes()


class PasswordDialog(_Dialog):
    """A node's password, never shown; `job` waits for the answer."""

    def __init__(self, parent: QWidget, theme: Theme, job: Job, name: str) -> None:
        super().__init__(
            parent, theme, tr("Password"), tr("{name} asks for its password.", name=name), "warning", "accent"
        )
        self.say(tr("It is the node's appwd. It is kept on this computer when it is right."), "soft")
        self.field = QLineEdit(echoMode=QLineEdit.Password)
        self.field.setAccessibleName(tr("Password of {name}", name=name))
        self.column.addWidget(self.field)
        self.buttons.addStretch(1)
        self.button(tr("Cancel"), self.reject)
        ok = self.button(tr("Go on"), self.accept, primary=True)
        ok.setDefault(True)
        self.finish()
        self.accepted.connect(lambda: job.answer(self.field.text()))
        self.rejected.connect(lambda: job.answer(None))
        job.ended.connect(self.close)
        self.field.setFocus()


class LogDialog(_Dialog):
    """All that a job said."""

    def __init__(self, parent: QWidget, theme: Theme, job: Job) -> None:
        super().__init__(parent, theme, tr("Log"), job.title, "details", "accent")
        self.job = job
        self.box = QPlainTextEdit(readOnly=True)
        self.box.setAccessibleName(tr("Log of {title}", title=job.title))
        self.box.setMinimumSize(620, 320)
        self.column.addWidget(self.box)
        self.button(tr("Copy report"), lambda: copy(job.report()))
        self.buttons.addStretch(1)
        self.button(tr("Close"), self.accept, primary=True).setDefault(True)
        self.finish()
        job.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        self.box.setPlainText("\n".join([*self.job.log, self.job.line()]))


def copy(text: str) -> None:
    """Into the clipboard."""
    clipboard = QApplication.clipboard()
    if clipboard is not None:
        clipboard.setText(text)
