"""Configuration: a form from the schema, checked while typed; what changes is shown before it is sent."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from devtoolkit.errors import ToolkitError
from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle
from devtoolkit.gui.panels._base import Panel, PanelInfo
from devtoolkit.gui.panels._config_bulk import BulkCard
from devtoolkit.gui.panels._config_form import ConfigForm
from devtoolkit.gui.panels._config_versions import VersionsCard, choose_to_open, choose_to_save
from devtoolkit.gui.qt import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget
from devtoolkit.gui.text import tr
from devtoolkit.gui.widgets.flow import Flow
from devtoolkit.model.node_config import KEYS

if TYPE_CHECKING:
    from devtoolkit.services.config_history import Imported
    from devtoolkit.services.configs import NodeConfig

_SECRETS = frozenset(key.key for key in KEYS if key.secret)


class ConfigPanel(Panel):
    """Reads the node when it is selected; sends only what was changed. Several nodes: one setting for all of them."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub, tr("Configuration"), tr("Settings of the node. What you change is checked as you type."))
        self._uid = ""
        self._takes_back = ""
        self.bulk = BulkCard(hub, self.button)
        self.column.addWidget(self.bulk)
        self._single = QWidget()
        column = QVBoxLayout(self._single)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        self._tools(column)
        self.state = QLabel(objectName="soft", wordWrap=True)
        column.addWidget(self.state)
        self.versions_card = VersionsCard(hub, self.button, self._restored)
        self.versions_card.hide()
        column.addWidget(self.versions_card)
        self.form = ConfigForm()
        self.fields = self.form.fields
        self.changes = self.form.changes
        column.addWidget(self.form)
        self.column.addWidget(self._single)
        self.column.addStretch(1)
        self.form.changed.connect(self._buttons)
        self._buttons()

    def _tools(self, column: QVBoxLayout) -> None:
        self.save = self.button(tr("Save to node"), self._ask, icon="mdi6.content-save-outline", primary=True)
        self.reset = self.button(tr("Discard"), self._fill, icon="mdi6.eraser")
        self.undo = self.button(tr("Undo"), self._ask_undo, icon="undo")
        self.read = self.button(tr("Read again"), self._read, icon="refresh")
        column.addLayout(Flow(self.save, self.reset, self.undo, self.read))
        self.versions = self.button(tr("Versions"), self._versions, icon="mdi6.history")
        self.export = self.button(tr("Export ..."), self._export, icon="mdi6.export")
        self.load = self.button(tr("Import ..."), self._import, icon="mdi6.import")
        column.addLayout(Flow(self.versions, self.export, self.load))
        line = QHBoxLayout()
        self.search = QLineEdit(placeholderText=tr("Find a setting"), clearButtonEnabled=True)
        self.search.setAccessibleName(tr("Find a setting"))
        self.only_changed = QCheckBox(tr("Only what I changed"))
        line.addWidget(self.search, 1)
        line.addWidget(self.only_changed)
        column.addLayout(line)
        self.search.textChanged.connect(lambda _text: self._filter())
        self.only_changed.toggled.connect(lambda _on: self._filter())

    def refresh(self) -> None:
        nodes = self.hub.nodes()
        self.bulk.setVisible(len(nodes) > 1)
        self._single.setVisible(len(nodes) == 1)
        if len(nodes) > 1:
            self.bulk.show_nodes(nodes)
        elif self.node().uid != self._uid:
            self._uid = self.node().uid
            self.versions_card.hide()
            self._read()

    def _buttons(self) -> None:
        changed, there = self.changes(), bool(self.form.values)
        self.save.setEnabled(bool(changed) and not self.form.wrong)
        self.reset.setEnabled(bool(changed))
        self.save.setText(tr("Save to node") if not changed else tr("Save to node ({count})", count=len(changed)))
        self.undo.setEnabled(bool(self._takes_back))
        self.undo.setToolTip(self._takes_back or tr("No change of a setting can be taken back."))
        self.export.setEnabled(there)
        self.load.setEnabled(there)

    def _filter(self) -> None:
        found = self.form.only(self.search.text(), changed=self.only_changed.isChecked())
        self._say("" if found else tr("No setting matches."))

    def _say(self, text: str) -> None:
        self.state.setText(text)
        self.state.setVisible(bool(text))

    # --- the node

    def _read(self) -> None:
        uid, name = self._uid, self.node().name
        self.form.values = {}
        self.form.enable(on=False)
        self._takes_back = ""
        self._buttons()
        self._say(tr("Reading {name} ...", name=name))

        def read(found: "tuple[NodeConfig, str]") -> None:
            if uid == self._uid:
                config, self._takes_back = found
                self._say("")
                self.form.fill(dict(config.values))
                self._filter()
                self._buttons()

        def failed(error: ToolkitError) -> None:
            if uid == self._uid:
                self._say(tr("Could not be read: {why}", why=str(error)))

        def work(handle: Handle) -> object:
            return self.hub.services.config(uid, handle), self.hub.services.last_setting(uid)

        self.hub.fetch(work, read, failed)
        if self.versions_card.isVisible():
            self.versions_card.show_node(uid, name)

    def _fill(self) -> None:
        """Back to what the node has."""
        self.form.fill(self.form.values)
        self._buttons()

    def _ask(self) -> None:
        changed, node = self.changes(), self.node()
        points = [
            tr("{key}: a new secret", key=key)
            if key in _SECRETS
            else f"{key}: {self.form.values[key]}  \u2192  {value}"
            for key, value in changed.items()
        ]
        question = Question(tr("Configuration"), tr("Change this on {name}?", name=node.name), tuple(points))
        secrets = tuple(value for key, value in changed.items() if key in _SECRETS)

        def work(handle: Handle) -> object:
            try:
                self.hub.services.keep_config(node.uid, handle)
            except ToolkitError as error:
                handle.say(tr("The settings from before could not be kept: {why}", why=str(error)))
            return self.hub.services.set_config(node.uid, changed, handle)

        def send() -> None:
            title = tr("Configure {name}", name=node.name)
            self.hub.run(title, work, done=self._saved, key=f"node:{node.uid}", secrets=secrets)

        self.hub.ask(question, send)

    def _saved(self, config: "NodeConfig") -> None:
        self.hub.watcher.seen(config.device)
        if config.device.uid == self._uid:
            self._read()
            if config.reboot:
                self._ask_restart(config.device.uid, config.device.fuid)

    def _ask_restart(self, uid: str, name: str) -> None:
        question = Question(
            tr("Restart"),
            tr("Some of it takes effect after a restart. Restart {name} now?", name=name),
            yes=tr("Restart"),
        )

        def restart() -> None:
            def work(handle: Handle) -> object:
                return self.hub.services.shell(uid, ("reboot",), handle)

            self.hub.run(tr("Restart {name}", name=name), work, key=f"node:{uid}")

        self.hub.ask(question, restart)

    def _restored(self, config: "NodeConfig") -> None:
        self._saved(config)
        left = ", ".join(config.skipped)
        if not config.changes:
            self._say(tr("Nothing had to be set."))
        elif left:
            self._say(tr("Left as they are: {keys}", keys=left))

    # --- undo, versions, files

    def _ask_undo(self) -> None:
        uid, name = self._uid, self.node().name
        question = Question(tr("Undo"), tr("Take this back?"), (self._takes_back,), yes=tr("Undo"))

        def done(undone: Any) -> None:
            if uid == self._uid:
                self._read()
                self._say(tr("Taken back: {what}", what=undone.done))

        def send() -> None:
            title = tr("Undo on {name}", name=name)
            self.hub.run(title, lambda handle: self.hub.services.undo(uid, handle), done=done, key=f"node:{uid}")

        self.hub.ask(question, send)

    def _versions(self) -> None:
        if self.versions_card.isVisible():
            self.versions_card.hide()
        else:
            self.versions_card.show_node(self._uid, self.node().name)
            self.show_part(self.versions_card)

    def _export(self) -> None:
        choose_to_save(self, self.node().name, self.export_to)

    def export_to(self, file: Path) -> None:
        """Save what the node has, without its secrets."""
        values = dict(self.form.values)

        def done(left_out: tuple[str, ...]) -> None:
            told = tr("Saved: {file}.", file=str(file))
            self._say(f"{told} {tr('Left out: {keys}', keys=', '.join(left_out))}" if left_out else told)

        self.hub.run(tr("Export settings"), lambda _handle: self.hub.services.write_config(file, values), done=done)

    def _import(self) -> None:
        choose_to_open(self, self.import_from)

    def import_from(self, file: Path) -> None:
        """Put a file's values into the fields; nothing is sent before Save."""

        def done(found: "Imported") -> None:
            self.form.take_over(found.values)
            self._buttons()
            told = tr("{count} settings differ now. Nothing was sent yet.", count=len(self.changes()))
            left = tr("Left out: {keys}", keys=", ".join(found.left_out))
            self._say(f"{told} {left}" if found.left_out else told)

        self.hub.run(tr("Import settings"), lambda _handle: self.hub.services.read_config(file), done=done)


PANEL = PanelInfo("config", tr("Configuration"), "mdi6.tune-variant", 60, ConfigPanel, "nodes")
