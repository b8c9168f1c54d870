"""Configuration: a form from the schema, checked while typed; what changes is shown before it is sent."""

from typing import TYPE_CHECKING

from devtoolkit.errors import ConfigError
from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle
from devtoolkit.gui.panels._base import Card, Form, Panel, PanelInfo, buttons
from devtoolkit.gui.qt import QCheckBox, QComboBox, QLabel, QLineEdit, QSpinBox, QWidget
from devtoolkit.gui.text import tr
from devtoolkit.model.node_config import KEYS, ConfigKey, Value, coerce

if TYPE_CHECKING:
    from devtoolkit.services.configs import NodeConfig

_GROUPS = {
    "identity": "Identity",
    "network": "Network",
    "security": "Security",
    "services": "Services",
    "system": "System",
    "boot": "Boot",
    "scheduler": "Scheduler",
    "interrupts": "Interrupts",
}


class ConfigPanel(Panel):
    """Reads the node when it is selected; sends only what was changed."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub, tr("Configuration"), tr("Settings of the node. What you change is checked as you type."))
        self._uid = ""
        self._node: dict[str, Value] = {}
        self.fields: dict[str, QWidget] = {}
        self._told: dict[str, QLabel] = {}
        self.state = QLabel(objectName="soft", wordWrap=True)
        self.save = self.button(tr("Save to node"), self._ask, icon="mdi6.content-save-outline", primary=True)
        self.reset = self.button(tr("Discard"), self._fill, icon="undo")
        self.read = self.button(tr("Read again"), self._read, icon="refresh")
        self.column.addLayout(buttons(self.save, self.reset, self.read))
        self.column.addWidget(self.state)
        self._cards = QWidget()
        self._build()
        self.column.addStretch(1)

    def refresh(self) -> None:
        if self.node().uid != self._uid:
            self._uid = self.node().uid
            self._read()

    def changes(self) -> dict[str, str]:
        """What differs from the node, as texts."""
        found = {}
        for key in KEYS:
            field = self.fields.get(key.key)
            if field is None or key.key not in self._node:
                continue
            typed = _typed(field)
            if key.secret:
                if typed:
                    found[key.key] = typed
            elif typed != str(self._node[key.key]):
                found[key.key] = typed
        return found

    # --- the form

    def _build(self) -> None:
        for group, heading in _GROUPS.items():
            card, form = Card(tr(heading)), Form()
            for key in KEYS:
                if key.group == group and key.key != "guimeta":
                    field = _field(key)
                    self._told[key.key] = form.row(key.key, field, _explained(key))
                    self.fields[key.key] = field
                    _on_change(field, lambda key=key: self._check(key))
            card.column.addLayout(form)
            self.column.addWidget(card)
        self._enable(on=False)

    def _enable(self, *, on: bool) -> None:
        for key in KEYS:
            field = self.fields.get(key.key)
            if field is not None:
                field.setEnabled(on and key.key in self._node and not key.written_by_node)
        self._buttons()

    def _check(self, key: ConfigKey) -> None:
        """The field's own word on its value, at once."""
        field = self.fields[key.key]
        told = self._told[key.key]
        problem = ""
        if key.key in self.changes():
            try:
                coerce(key.key, _typed(field))
            except ConfigError as error:
                problem = error.message
        told.setText(problem or _explained(key))
        told.setObjectName("bad" if problem else "soft")
        field.setProperty("wrong", bool(problem))
        for part in (field, told):
            style = part.style()
            if style is not None:
                style.unpolish(part)
                style.polish(part)
        self._buttons()

    def _buttons(self) -> None:
        wrong = any(field.property("wrong") for field in self.fields.values())
        changed = self.changes()
        self.save.setEnabled(bool(changed) and not wrong)
        self.reset.setEnabled(bool(changed))
        self.save.setText(tr("Save to node") if not changed else tr("Save to node ({count})", count=len(changed)))

    # --- the node

    def _read(self) -> None:
        uid = self._uid
        self._node = {}
        self._enable(on=False)
        self.state.setText(tr("Reading {name} ...", name=self.node().name))
        self.state.show()

        def read(config: "NodeConfig") -> None:
            if uid == self._uid:
                self._node = dict(config.values)
                self.state.hide()
                self._fill()

        def failed(error: object) -> None:
            if uid == self._uid:
                self.state.setText(tr("Could not be read: {why}", why=str(error)))

        self.hub.fetch(lambda handle: self.hub.services.config(uid, handle), read, failed)

    def _fill(self) -> None:
        for key in KEYS:
            field = self.fields.get(key.key)
            if field is not None and key.key in self._node:
                _put(field, self._node[key.key], secret=key.secret)
                self._check(key)
        self._enable(on=True)

    def _ask(self) -> None:
        changed, node = self.changes(), self.node()
        secret = {key.key for key in KEYS if key.secret}
        points = [
            tr("{key}: a new secret", key=key) if key in secret else f"{key}: {self._node[key]}  \u2192  {value}"
            for key, value in changed.items()
        ]
        question = Question(tr("Configuration"), tr("Change this on {name}?", name=node.name), tuple(points))
        secrets = tuple(value for key, value in changed.items() if key in secret)

        def work(handle: Handle) -> object:
            return self.hub.services.set_config(node.uid, changed, handle)

        def send() -> None:
            title = tr("Configure {name}", name=node.name)
            self.hub.run(title, work, done=self._saved, key=f"node:{node.uid}", secrets=secrets)

        self.hub.ask(question, send)

    def _saved(self, config: "NodeConfig") -> None:
        self.hub.watcher.seen(config.device)
        if config.device.uid != self._uid:
            return
        self._read()
        if config.reboot:
            uid, name = config.device.uid, config.device.fuid
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


def _field(key: ConfigKey) -> QWidget:
    if key.type == "bool":
        return QCheckBox(tr("on"))
    if key.type == "int" and key.low is not None and key.high is not None:
        return QSpinBox(minimum=key.low, maximum=key.high, suffix=f" {key.unit}" if key.unit else "")
    if key.choices:
        box = QComboBox()
        box.addItems(key.choices)
        return box
    field = QLineEdit(clearButtonEnabled=not key.written_by_node)
    if key.secret:
        field.setEchoMode(QLineEdit.Password)
        field.setPlaceholderText(tr("unchanged"))
    return field


def _typed(field: QWidget) -> str:
    if isinstance(field, QCheckBox):
        return str(field.isChecked())
    if isinstance(field, QSpinBox):
        return str(field.value())
    if isinstance(field, QComboBox):
        return str(field.currentText())
    return str(field.text()).strip() if isinstance(field, QLineEdit) else ""


def _put(field: QWidget, value: Value, *, secret: bool) -> None:
    field.blockSignals(True)
    if isinstance(field, QCheckBox):
        field.setChecked(value is True)
    elif isinstance(field, QSpinBox):
        field.setValue(int(value))
    elif isinstance(field, QComboBox):
        if field.findText(str(value)) < 0:
            field.addItem(str(value))
        field.setCurrentText(str(value))
    elif isinstance(field, QLineEdit):
        field.setText("" if secret else str(value))
        field.setCursorPosition(0)
    field.blockSignals(False)


def _on_change(field: QWidget, slot: object) -> None:
    if isinstance(field, QCheckBox):
        field.toggled.connect(lambda _on: slot())  # type: ignore[operator]
    elif isinstance(field, QSpinBox):
        field.valueChanged.connect(lambda _value: slot())  # type: ignore[operator]
    elif isinstance(field, QComboBox):
        field.currentIndexChanged.connect(lambda _at: slot())  # type: ignore[operator]
    elif isinstance(field, QLineEdit):
        field.textChanged.connect(lambda _text: slot())  # type: ignore[operator]


def _explained(key: ConfigKey) -> str:
    parts = [tr(key.text)]
    if key.low is not None and key.high is not None and key.high < 1 << 30:
        parts.append(tr("{low} to {high} {unit}", low=key.low, high=key.high, unit=key.unit).strip())
    if key.written_by_node:
        parts.append(tr("Written by the node"))
    return ". ".join(parts)


PANEL = PanelInfo("config", tr("Configuration"), "mdi6.tune-variant", 60, ConfigPanel, "node")
