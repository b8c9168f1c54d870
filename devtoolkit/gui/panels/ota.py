"""Update (OTA): all, what changed, or load modules only, for the selected nodes."""

from typing import TYPE_CHECKING

from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle
from devtoolkit.gui.panels._base import Card, Form, Panel, PanelInfo, buttons
from devtoolkit.gui.qt import QCheckBox, QComboBox, QLabel, QListWidget
from devtoolkit.gui.text import size, tr

if TYPE_CHECKING:
    from devtoolkit.services.ota.request import NodeUpdate, UpdateReport


class OtaPanel(Panel):
    """What is sent, to whom, and how each node took it."""

    def __init__(self, hub: Hub) -> None:
        intro = tr(
            "The node stages the files, changes over in one step and tries the new version. "
            "If that does not work, it goes back to the old one by itself."
        )
        super().__init__(hub, tr("Update (OTA)"), intro)
        card = Card()
        self.targets = QLabel(wordWrap=True)
        card.column.addWidget(self.targets)
        form = Form()
        self.mode = QComboBox()
        for value, name in (
            ("changed", tr("What changed (recommended)")),
            ("modules", tr("Load modules only")),
            ("full", tr("Every file")),
        ):
            self.mode.addItem(name, value)
        form.row(tr("Send"), self.mode)
        self.confirm = QComboBox()
        for value, name in (
            ("node", tr("The node, after its trial of one minute")),
            ("toolkit", tr("This computer, after 10 s without trouble")),
        ):
            self.confirm.addItem(name, value)
        form.row(tr("Who confirms"), self.confirm)
        self.loader = QCheckBox(tr("Overwrite loader files too"))
        form.row(tr("Loader"), self.loader, tr("The part that repairs a broken update. Only for developers."))
        card.column.addLayout(form)
        self.go = self.button(tr("Update (OTA)"), self._ask, icon="mdi6.cloud-upload-outline", primary=True)
        card.column.addLayout(buttons(self.go))
        self.column.addWidget(card)
        self.results = QListWidget(objectName="boxed")
        self.results.setAccessibleName(tr("Results of the update"))
        self.results.hide()
        self.column.addWidget(self.results)
        self.column.addStretch(1)

    def refresh(self) -> None:
        names = [row.name for row in self.hub.nodes()]
        self.targets.setText(tr("Nodes: {names}", names=", ".join(names)))

    def _ask(self) -> None:
        nodes = self.hub.nodes()
        names = ", ".join(row.name for row in nodes)
        points = [tr("Kept: configuration, module state, your own modules.")]
        if self.loader.isChecked():
            points.append(tr("Careful: the loader is overwritten. A power cut then may need a USB cable."))
        question = Question(
            tr("Update (OTA)"),
            tr("Update {names} over the air?", names=names),
            tuple(points),
            danger=self.loader.isChecked(),
        )
        uids = tuple(row.uid for row in nodes)
        options = {
            "mode": self.mode.currentData(),
            "confirm": self.confirm.currentData(),
            "force": self.loader.isChecked(),
        }
        self.hub.ask(question, lambda: self._update(uids, names, options))

    def _update(self, uids: tuple[str, ...], names: str, options: dict[str, object]) -> None:
        self.results.hide()

        def work(handle: Handle) -> object:
            return self.hub.services.ota(uids, handle, **options)

        key = f"node:{','.join(uids)}"
        self.hub.run(tr("Update (OTA) of {names}", names=names), work, done=self._updated, key=key)

    def _updated(self, report: "UpdateReport") -> None:
        self.results.clear()
        for node in report.nodes:
            self.results.addItem(f"{node.device.fuid}:  {_told(node)}")
            self.hub.watcher.seen(node.device)
        self.show_part(self.results)


def _told(node: "NodeUpdate") -> str:
    if node.outcome == "updated":
        moved = tr("{count} files, {bytes}", count=len(node.sent), bytes=size(node.bytes))
        return tr("updated to {version}, {moved}", version=node.version, moved=moved)
    if node.outcome == "unchanged":
        return tr("{version} is on it already, nothing was sent", version=node.version)
    if node.outcome == "rolled_back":
        return tr("went back to {version}: {why}", version=node.version, why=node.reason)
    return tr("runs {version} on trial", version=node.version) if node.outcome == "trial" else node.outcome


PANEL = PanelInfo("ota", tr("Update (OTA)"), "mdi6.cloud-upload-outline", 30, OtaPanel, "nodes")
