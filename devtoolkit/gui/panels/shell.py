"""Shell: a terminal to one node, with history, completion and the task list."""

import functools

from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import Panel, PanelInfo, buttons
from devtoolkit.gui.panels._session import ShellSession
from devtoolkit.gui.panels._tasks import TaskList
from devtoolkit.gui.qt import (
    QCompleter,
    QEvent,
    QFontDatabase,
    QHBoxLayout,
    QHideEvent,
    QKeyEvent,
    QLineEdit,
    QObject,
    QPlainTextEdit,
    QStringListModel,
    Qt,
)
from devtoolkit.gui.text import tr

_LINES = 4000
_QUICK = ("hello", "system info", "task list")


class ShellPanel(Panel):
    """The session of the selected node; another node gets another one, and both outputs stay."""

    scrolls = False

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub, tr("Shell"))
        self._sessions: dict[str, ShellSession] = {}
        self._texts: dict[str, str] = {}
        self._words: dict[str, dict[str, tuple[str, ...]]] = {}
        self._history: list[str] = []
        self._at = 0
        self._uid = ""
        self.output = QPlainTextEdit(readOnly=True, maximumBlockCount=_LINES, objectName="terminal")
        self.output.setAccessibleName(tr("Answers of the node"))
        self.output.setFont(QFontDatabase.systemFont(QFontDatabase.FixedFont))
        self.output.setPlaceholderText(tr("Type a command below, for example: help"))
        self.tasks = TaskList(hub)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self.output, 1)
        middle.addWidget(self.tasks)
        self.column.addLayout(middle, 1)
        line = QHBoxLayout()
        self.line = QLineEdit(placeholderText=tr("Command"))
        self.line.setAccessibleName(tr("Command"))
        self.line.setFont(QFontDatabase.systemFont(QFontDatabase.FixedFont))
        self.line.installEventFilter(self)
        self._offers = QStringListModel(self)
        completer = QCompleter(self._offers, self)
        completer.setCaseSensitivity(Qt.CaseInsensitive)
        self.line.setCompleter(completer)
        send = self.button(tr("Send"), self.send, primary=True)
        line.addWidget(self.line, 1)
        line.addWidget(send)
        self.column.addLayout(line)
        quick = [self.button(word, functools.partial(self._send, word)) for word in _QUICK]
        self.column.addLayout(buttons(*quick, self.button(tr("Clean"), self._clean, icon="clean")))
        self.line.returnPressed.connect(self.send)
        self.line.textEdited.connect(self._complete)

    def refresh(self) -> None:
        node = self.node()
        self.tasks.watch(node)
        if node.uid == self._uid:
            return
        if self._uid:
            self._texts[self._uid] = self.output.toPlainText()
        self._uid = node.uid
        self.output.setPlainText(self._texts.get(node.uid, ""))
        self._ask_words(node.uid)
        self.line.setFocus()

    def rows_changed(self, keys: set[str]) -> None:
        if self._uid in keys:
            self.tasks.watch(self.node())

    def hideEvent(self, event: QHideEvent | None) -> None:
        self.tasks.rest()
        super().hideEvent(event)

    def leave(self) -> None:
        self.tasks.rest()
        for session in self._sessions.values():
            session.close()

    def send(self) -> None:
        """Send what is typed."""
        self._send(self.line.text().strip())
        self.line.clear()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Arrow keys walk through the history."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.KeyPress:
            step = {Qt.Key_Up: -1, Qt.Key_Down: 1}.get(event.key())
            if step is not None and not self.line.completer().popup().isVisible():
                self._walk(step)
                return True
        return bool(super().eventFilter(watched, event))

    def _walk(self, step: int) -> None:
        self._at = min(len(self._history), max(0, self._at + step))
        self.line.setText(self._history[self._at] if self._at < len(self._history) else "")

    def _send(self, command: str) -> None:
        if not command:
            return
        self._history.append(command)
        self._at = len(self._history)
        self._say(self._uid, f"{self.node().name} $ {_safe(command)}")
        self._session(self._uid).send(command)

    def _session(self, uid: str) -> ShellSession:
        if uid not in self._sessions:
            session = ShellSession(self.hub, uid)
            session.replied.connect(lambda lines: self._say(uid, "\n".join(lines)))
            session.ended.connect(lambda error: self._ended(uid, error))
            self._sessions[uid] = session
        return self._sessions[uid]

    def _ended(self, uid: str, error: object) -> None:
        """Said in the terminal, where it happened; the next command opens a new session."""
        if error is not None:
            self._say(uid, f"[{error}]")

    def _say(self, uid: str, text: str) -> None:
        if uid == self._uid:
            self.output.appendPlainText(text)
        else:
            self._texts[uid] = f"{self._texts.get(uid, '')}\n{text}"

    def _clean(self) -> None:
        self.output.clear()
        self._texts.pop(self._uid, None)

    def _ask_words(self, uid: str) -> None:
        """What can be typed, from the node's own help."""
        if uid in self._words:
            return

        def found(replies: tuple[tuple[str, ...], ...]) -> None:
            from devtoolkit.services.shell_words import modules

            self._words[uid] = modules(replies[0])

        self.hub.fetch(lambda handle: self.hub.services.shell(uid, ("help lm",), handle), found, lambda _error: None)

    def _complete(self, typed: str) -> None:
        from devtoolkit.services.shell_words import completions

        head = typed.rpartition(" ")[0]
        words = completions(typed, self._words.get(self._uid, {}))
        self._offers.setStringList([f"{head} {word}".strip() for word in words])


def _safe(command: str) -> str:
    """As it is shown: what follows a word that takes a password is not."""
    words = command.split()
    if len(words) > 1 and words[0] in ("login", "appwd", "stapwd", "telegram"):
        return f"{words[0]} \u2022\u2022\u2022\u2022"
    return command


PANEL = PanelInfo("shell", tr("Shell"), "mdi6.console", 70, ShellPanel, "node")
