"""One setting for several nodes at once."""

from typing import TYPE_CHECKING

from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle
from devtoolkit.gui.panels._base import Card, buttons
from devtoolkit.gui.panels._config_fields import explained, make_field, on_change, problem_of, put, typed
from devtoolkit.gui.panels._config_versions import Button
from devtoolkit.gui.qt import QComboBox, QLabel, QListWidget, QVBoxLayout, QWidget
from devtoolkit.gui.roster import Row
from devtoolkit.gui.text import tr
from devtoolkit.model.node_config import BY_NAME, KEYS

if TYPE_CHECKING:
    from devtoolkit.services.config_jobs import ConfigResult

_OF_ONE_NODE = ("devfid", "devip", "guimeta")  # two nodes must not have the same
_USUAL = "utc"
_MOST_ROWS = 10


class BulkCard(Card):
    """Key, value, and what came of it for each node."""

    def __init__(self, hub: Hub, button: Button) -> None:
        super().__init__(tr("One setting for all of them"))
        self._hub = hub
        self._nodes: tuple[Row, ...] = ()
        self.names = QLabel(objectName="soft", wordWrap=True)
        self.key = QComboBox()
        self.key.setAccessibleName(tr("Setting"))
        for key in KEYS:
            if not key.written_by_node and key.key not in _OF_ONE_NODE:
                self.key.addItem(key.key)
        self._place = QVBoxLayout()
        self.field: QWidget = QWidget()
        self.told = QLabel(objectName="soft", wordWrap=True)
        self.go = button(tr("Set"), self._ask, icon="mdi6.content-save-outline", primary=True)
        self.results = QListWidget(objectName="boxed")
        self.results.setAccessibleName(tr("What came of it"))
        self.results.hide()
        for part in (self.names, self.key):
            self.column.addWidget(part)
        self.column.addLayout(self._place)
        self.column.addWidget(self.told)
        self.column.addLayout(buttons(self.go))
        self.column.addWidget(self.results)
        self.key.currentIndexChanged.connect(lambda _at: self._choose())
        self.key.setCurrentText(_USUAL)
        self._choose()

    def show_nodes(self, nodes: tuple[Row, ...]) -> None:
        if {row.uid for row in nodes} != {row.uid for row in self._nodes}:
            self.results.clear()
            self.results.hide()
        self._nodes = nodes
        self.names.setText(", ".join(row.name for row in nodes))
        self._check()

    def _choose(self) -> None:
        key = BY_NAME[self.key.currentText()]
        self._place.removeWidget(self.field)
        self.field.hide()
        self.field.deleteLater()
        self.field = make_field(key)
        self.field.setAccessibleName(tr("Value of {key}", key=key.key))
        put(self.field, key.default, secret=key.secret)
        self._place.addWidget(self.field)
        on_change(self.field, self._check)
        self._check()

    def _check(self) -> None:
        key, text = BY_NAME[self.key.currentText()], typed(self.field)
        problem = problem_of(key, text) if text or not key.secret else tr("Type the new secret.")
        self.told.setText(problem or explained(key))
        self.go.setText(tr("Set on {count} nodes", count=len(self._nodes)))
        self.go.setEnabled(not problem and bool(self._nodes))

    def _ask(self) -> None:
        key, text, uids = BY_NAME[self.key.currentText()], typed(self.field), tuple(row.uid for row in self._nodes)
        shown = tr("a new secret") if key.secret else text
        question = Question(
            tr("Configuration"),
            tr("Set {key} to {value} on {count} nodes?", key=key.key, value=shown, count=len(uids)),
            tuple(row.name for row in self._nodes),
        )

        def work(handle: Handle) -> object:
            return self._hub.services.set_configs(uids, {key.key: text}, handle)

        def send() -> None:
            title = tr("Set {key} on {count} nodes", key=key.key, count=len(uids))
            self._hub.run(title, work, done=self._told, secrets=(text,) if key.secret else ())

        self._hub.ask(question, send)

    def _told(self, result: "ConfigResult") -> None:
        self.results.clear()
        for node in result.nodes:
            if node.failure is not None:
                outcome = f"\u2715 {node.failure.message}"
            elif node.config is not None and node.config.changes:
                restart = tr("takes effect after a restart") if node.config.reboot else tr("in effect")
                outcome = f"\u2713 {tr('set')}, {restart}"
            else:
                outcome = f"\u2713 {tr('it was so already')}"
            self.results.addItem(f"{node.device.fuid}:  {outcome}")
        rows = min(_MOST_ROWS, max(1, self.results.count()))
        self.results.setFixedHeight(self.results.sizeHintForRow(0) * rows + 10)
        self.results.show()
