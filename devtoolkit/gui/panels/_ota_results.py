"""How each node took an update: one row per node, filled while it goes on, and staying."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from devtoolkit.gui.dialogs import copy
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import Card
from devtoolkit.gui.qt import QHBoxLayout, QLabel, QPushButton, QTimer
from devtoolkit.gui.roster import Row
from devtoolkit.gui.text import size, span, tr
from devtoolkit.gui.widgets.result_table import ResultTable, counted
from devtoolkit.pipelines.base import Event

if TYPE_CHECKING:
    from devtoolkit.services.ota.request import NodeUpdate

_TICK_MS = 150  # the steps of many nodes are shown together, this often


class OtaResults(Card):
    """`expect` begins a new list; `step` and `node` fill it; `end` says how it was in all."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(tr("Results"))
        columns = (tr("Node"), tr("Outcome"), tr("Why"), tr("Version"), tr("Files"), tr("Time"))
        self.table = ResultTable(hub, tr("Results of the update"), columns)
        self.column.addWidget(self.table)
        self.summary = QLabel(objectName="soft", wordWrap=True)
        copied = QPushButton(tr("Copy report"))
        copied.setAccessibleName(tr("Copy report"))
        copied.clicked.connect(lambda _on: copy(self.table.text()))
        line = QHBoxLayout()
        line.addWidget(self.summary, 1)
        line.addWidget(copied)
        self.column.addLayout(line)
        self._steps: dict[str, Event] = {}
        self._ended: dict[str, bool] = {}
        self._names: dict[str, str] = {}  # whose answer is expected
        self._tick = QTimer(self, singleShot=True, interval=_TICK_MS)
        self._tick.timeout.connect(self._show_steps)

    def expect(self, rows: Sequence[Row]) -> None:
        self._steps.clear()
        self._ended.clear()
        self._names = {row.uid: row.name for row in rows}
        self.summary.setText("")
        self.table.begin([(row.uid, (row.name, tr("waiting"), "", "", "", "")) for row in rows])
        self.table.fit_columns()

    def step(self, event: Event) -> None:
        """What one node does now; shown a moment later, with those of the others."""
        self._steps[event.step] = event
        if not self._tick.isActive():
            self._tick.start()

    def node(self, node: "NodeUpdate") -> None:
        """How it went with one node."""
        self._ended[node.device.uid] = node.good
        outcome, tone = _outcome(node)
        took = sum(node.seconds.values())
        files = tr("{count} files, {bytes}", count=len(node.sent), bytes=size(node.bytes)) if node.sent else ""
        cells = (node.device.fuid, outcome, _why(node), _versions(node), files, span(took) if took else "")
        self.table.put(node.device.uid, cells, tone)

    def end(self, why: str = "") -> None:
        """Nothing more comes; `why` is told of the nodes that nothing was said about."""
        for uid in self._names.keys() - self._ended.keys():
            self._ended[uid] = False
            self.table.put(uid, (self._names[uid], tr("not finished"), why), "bad")
        bad = sum(not good for good in self._ended.values())
        self.summary.setText(counted(len(self._ended) - bad, bad))
        self.table.fit_columns()

    def _show_steps(self) -> None:
        for uid, event in self._steps.items():
            if uid in self._ended:
                continue
            part = f" {100 * event.done // event.total} %" if event.total else ""
            self.table.put(uid, (event.title, f"{event.note or tr('begins')}{part}"), "accent")
        self._steps.clear()


def _outcome(node: "NodeUpdate") -> tuple[str, str]:
    """The outcome in a word, and the colour that goes with it."""
    return {
        "updated": (tr("updated"), "good"),
        "unchanged": (tr("unchanged"), "good"),
        "planned": (tr("would be updated"), "accent"),
        "trial": (tr("on trial"), "warn"),
        "rolled_back": (tr("went back"), "bad"),
        "failed": (tr("failed"), "bad"),
        "not_started": (tr("not begun"), "soft"),
    }.get(node.outcome, (node.outcome, "soft"))


def _versions(node: "NodeUpdate") -> str:
    if not node.version_before or node.version_before == node.version:
        return node.version
    return f"{node.version_before} \u2192 {node.version}"


def _why(node: "NodeUpdate") -> str:
    if node.failure:
        return f"{node.failure.message} {node.failure.hint}".strip()
    plan = [*node.sent, *(tr("remove {file}", file=path) for path in node.removed)] if node.outcome == "planned" else []
    return "; ".join(part for part in (node.reason, *node.notes, ", ".join(plan)) if part)
