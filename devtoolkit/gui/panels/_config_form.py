"""The form of a node's configuration: fields in groups, checked while typed; beside a change, what is on the node."""

from devtoolkit.gui.panels._base import Card, Form
from devtoolkit.gui.panels._config_cron import CronEditor
from devtoolkit.gui.panels._config_fields import explained, make_field, on_change, problem_of, put, typed
from devtoolkit.gui.panels._config_irq import IrqRow
from devtoolkit.gui.qt import QLabel, QVBoxLayout, QWidget, pyqtSignal
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import restyle
from devtoolkit.model.node_config import BY_NAME, KEYS, ConfigKey, Value

GROUPS = {
    "identity": "Identity",
    "network": "Network",
    "security": "Security",
    "services": "Services",
    "system": "System",
    "boot": "Boot",
    "scheduler": "Scheduler",
    "interrupts": "Interrupts",
}
_LAYOUT_ONLY = "guimeta"  # belongs to the phone client


class ConfigForm(QWidget):
    """`values` is what the node has; `changed` after every edit."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, Value] = {}
        self.fields: dict[str, QWidget] = {}
        self.told: dict[str, QLabel] = {}
        self._parts: dict[str, list[QWidget]] = {}
        self._cards: dict[str, Card] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        for group, heading in GROUPS.items():
            self._cards[group] = self._card(group, tr(heading))
            column.addWidget(self._cards[group])
        self.irqs = [IrqRow(number, self.fields) for number in range(1, 5)]
        words = tr("Four pins: switched on, GPIO, which edge counts (n/a means up), and commands separated by ;")
        self._cards["interrupts"].column.addWidget(QLabel(words, objectName="soft", wordWrap=True))
        for row in self.irqs:
            self._cards["interrupts"].column.addWidget(row)
            for key, told in row.told.items():
                self._add(BY_NAME[key], told, [row])
        self.enable(on=False)

    # --- the node's values

    def fill(self, values: dict[str, Value]) -> None:
        """Show what the node has; nothing is changed then."""
        self.values = values
        for name, field in self.fields.items():
            if name in values:
                put(field, values[name], secret=BY_NAME[name].secret)
        for name in self.fields:
            self._check(BY_NAME[name])
        for row in self.irqs:
            row.show_pin()
        self.enable(on=True)

    def take_over(self, texts: dict[str, str]) -> None:
        """Type these values into the fields, as the user would."""
        for name, text in texts.items():
            if name in self.fields and name in self.values and not BY_NAME[name].written_by_node:
                put(self.fields[name], text, quiet=False)

    def enable(self, *, on: bool) -> None:
        for name, field in self.fields.items():
            field.setEnabled(on and name in self.values and not BY_NAME[name].written_by_node)
        for row in self.irqs:
            row.pin.setEnabled(on and "cstmpmap" in self.values)

    def changes(self) -> dict[str, str]:
        """What differs from the node, as texts."""
        found = {}
        for key in KEYS:
            field = self.fields.get(key.key)
            if field is None or key.key not in self.values:
                continue
            text = typed(field)
            if text if key.secret else text != str(self.values[key.key]):
                found[key.key] = text
        return found

    @property
    def wrong(self) -> bool:
        """Something typed cannot be sent."""
        return any(field.property("wrong") for field in self.fields.values())

    def only(self, typed_words: str, *, changed: bool) -> int:
        """Show the keys with all these words, or only those changed; how many are shown."""
        words, mine = typed_words.casefold().split(), self.changes()
        shown: set[str] = set()
        for key in KEYS:
            if key.key in self.fields:
                text = f"{key.key} {tr(key.text)} {GROUPS[key.group]}".casefold()
                if all(word in text for word in words) and (key.key in mine or not changed):
                    shown.add(key.key)
        visible = {part for name in shown for part in self._parts[name]}
        for name, parts in self._parts.items():
            for part in parts:
                part.setVisible(part in visible and (part is not self.told[name] or bool(self.told[name].text())))
        for group, card in self._cards.items():
            card.setVisible(any(BY_NAME[name].group == group for name in shown))
        return len(shown)

    # --- parts

    def _card(self, group: str, heading: str) -> Card:
        card, form = Card(heading), Form()
        for key in KEYS:
            if key.group == group and key.key != _LAYOUT_ONLY and not IrqRow.has(key.key):
                field = make_field(key)
                told = form.row(key.key, field, explained(key))
                label = form.itemAtPosition(form.rowCount() - 2, 0)
                self.fields[key.key] = field
                named = label.widget() if label is not None else None
                self._add(key, told, [part for part in (named, field, told) if part is not None])
        card.column.addLayout(form)
        return card

    def _add(self, key: ConfigKey, told: QLabel, parts: list[QWidget]) -> None:
        self.told[key.key] = told
        self._parts[key.key] = parts
        on_change(self.fields[key.key], lambda: self._edited(key))

    def _edited(self, key: ConfigKey) -> None:
        self._check(key)
        self.changed.emit()

    def _check(self, key: ConfigKey) -> None:
        """The field's own word on its value, at once; beside a change, what is on the node."""
        field, told = self.fields[key.key], self.told[key.key]
        is_changed = key.key in self.changes()
        problem = problem_of(key, typed(field)) if is_changed else ""
        text = "" if isinstance(field, CronEditor) else problem  # its rows have said it
        if is_changed and not problem:
            before = tr("a new secret") if key.secret else tr("on the node: {value}", value=self.values[key.key])
            text = f"\u270e {before}"
        told.setText(text or ("" if IrqRow.has(key.key) else explained(key)))
        told.setObjectName("warn" if is_changed and not problem else "bad" if text else "soft")
        if IrqRow.has(key.key):
            told.setVisible(bool(text))
        field.setProperty("wrong", bool(problem))
        restyle(field, told)
