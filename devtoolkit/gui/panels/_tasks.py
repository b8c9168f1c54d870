"""The tasks of a node beside its terminal: what runs, what is done, its last output, and a way to stop one."""

import json

from devtoolkit.errors import ToolkitError
from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Job
from devtoolkit.gui.panels._base import Card, buttons
from devtoolkit.gui.qt import QLabel, QListWidget, QListWidgetItem, QPushButton, Qt, QTimer
from devtoolkit.gui.roster import Row
from devtoolkit.gui.text import tr

_WIDTH = 250
_EVERY_MS = 5000  # a session of its own each time: the node has few to give
_TAG, _ACTIVE = int(Qt.UserRole), int(Qt.UserRole) + 1
_PROTECTED = ("idle", "server")  # the node refuses to stop these


class TaskList(Card):
    """`watch` asks the node now and again; `rest` stops that. Nothing is asked while the list is not seen."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(tr("Tasks"))
        self._hub = hub
        self._node: Row | None = None
        self._asking: Job | None = None
        self.setFixedWidth(_WIDTH)
        self.list = QListWidget(objectName="boxed")
        self.list.setAccessibleName(tr("Tasks of the node"))
        self.column.addWidget(self.list, 1)
        self.told = QLabel(objectName="soft", wordWrap=True, textFormat=Qt.PlainText)
        self.column.addWidget(self.told)
        self.stop, self.show_, self.again = QPushButton(tr("Stop")), QPushButton(tr("Show")), QPushButton(tr("Refresh"))
        names = (tr("Stop the task"), tr("Show what the task said last"), tr("Read the tasks again"))
        slots = (self._stop, self._show_output, self.ask)
        for button, name, slot in zip((self.stop, self.show_, self.again), names, slots, strict=True):
            button.setAccessibleName(name)
            button.setToolTip(name)
            button.clicked.connect(lambda _on, slot=slot: slot())
        self.column.addLayout(buttons(self.stop, self.show_))
        self.column.addLayout(buttons(self.again))
        self.list.currentItemChanged.connect(lambda _new, _old: self._enable())
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self.ask)
        self._enable()

    def watch(self, node: Row) -> None:
        """Show the tasks of this node, from now on."""
        another = self._node is None or self._node.uid != node.uid
        self._node = node
        if another:
            self.list.clear()
            self.told.setText("")
        if not self._timer.isActive() or another:
            self._timer.start()
            self.ask()

    def rest(self) -> None:
        self._timer.stop()

    def ask(self) -> None:
        """Read the list anew; while an answer is on its way nothing more is asked."""
        node = self._node
        if node is None or self._asking is not None:
            return
        if not node.online:
            self.told.setText(tr("The node is not there now."))
            return
        uid = node.uid
        self._asking = self._hub.run(
            "",
            lambda handle: self._hub.services.shell(uid, ("task list >json",), handle),
            done=lambda replies: self._take(uid, replies[0]),
            failed=self._no_answer,
            ended=self._answered,
            quiet=True,
        )

    def _answered(self, _job: object) -> None:
        self._asking = None
        if self._node is not None and self._timer.isActive() and not self.list.count() and not self.told.text():
            self.ask()  # another node was selected meanwhile

    def _take(self, uid: str, lines: tuple[str, ...]) -> None:
        if self._node is None or self._node.uid != uid:
            return
        try:
            value = json.loads("\n".join(lines))
            active, done = ([str(tag) for tag in value[key]] for key in ("active", "inactive"))
        except (ValueError, TypeError, KeyError):
            self.told.setText(tr("The node does not tell its tasks."))
            return
        self._fill(active, done)
        self.told.setText(tr("{active} run, {done} are done", active=len(active), done=len(done)))

    def _fill(self, active: list[str], done: list[str]) -> None:
        wanted = [(tag, True) for tag in active] + [(tag, False) for tag in done]
        items = [self.list.item(at) for at in range(self.list.count())]
        if wanted == [(item.data(_TAG), item.data(_ACTIVE)) for item in items if item is not None]:
            return
        chosen = self._chosen()
        self.list.clear()
        for tag, runs in wanted:
            item = QListWidgetItem(f"{tag}  \u00b7  {tr('runs') if runs else tr('done')}")
            item.setData(_TAG, tag)
            item.setData(_ACTIVE, runs)
            self.list.addItem(item)
            if tag == chosen:
                self.list.setCurrentItem(item)
        self._enable()

    def _no_answer(self, error: ToolkitError) -> None:
        self.told.setText(error.message)

    def _chosen(self) -> str:
        item = self.list.currentItem()
        return str(item.data(_TAG)) if item is not None else ""

    def _enable(self) -> None:
        item = self.list.currentItem()
        self.show_.setEnabled(item is not None)
        self.stop.setEnabled(item is not None and bool(item.data(_ACTIVE)) and self._chosen() not in _PROTECTED)

    def _stop(self) -> None:
        node, tag = self._node, self._chosen()
        if node is None or not tag:
            return
        question = Question(tr("Stop the task"), tr("Stop {tag} on {name}?", tag=tag, name=node.name), yes=tr("Stop"))
        self._hub.ask(question, lambda: self._command(node, f"task kill {tag}"))

    def _show_output(self) -> None:
        if self._node is not None:
            self._command(self._node, f"task show {self._chosen()}")

    def _command(self, node: Row, command: str) -> None:
        def told(replies: tuple[tuple[str, ...], ...]) -> None:
            self.told.setText("\n".join(replies[0]))
            self.list.clear()
            self.ask()

        title = f"{command} \u00b7 {node.name}"
        self._hub.run(title, lambda handle: self._hub.services.shell(node.uid, (command,), handle), done=told)
