"""A pin interrupt in the form: on or off, pin, edge and commands in one row."""

import re

from devtoolkit.gui.panels._config_fields import make_field, on_change
from devtoolkit.gui.qt import QGridLayout, QLabel, QLineEdit, QSpinBox, QWidget
from devtoolkit.gui.text import tr
from devtoolkit.model.node_config import BY_NAME
from devtoolkit.model.node_config_rules import EMPTY

_KEY = re.compile(r"irq[1-4](?:_cbf|_trig)?")
_HIGHEST_PIN = 48  # of the chips in the catalogue
_OWN = -1  # the pin map's own


class IrqRow(QWidget):
    """The fields of one interrupt, entered into `fields`; `told` has a line for each. `pin` edits `cstmpmap`."""

    def __init__(self, number: int, fields: dict[str, QWidget]) -> None:
        super().__init__()
        self.name = f"irq{number}"
        self._fields = fields
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 0, 4)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(4, 1)
        on, edge, command = (make_field(BY_NAME[f"{self.name}{end}"]) for end in ("", "_trig", "_cbf"))
        self.pin = QSpinBox(minimum=_OWN, maximum=_HIGHEST_PIN, prefix="GPIO ", specialValueText=tr("usual pin"))
        named = ((on, tr("{name} is on")), (self.pin, tr("Pin of {name}")), (edge, tr("Edge of {name}")))
        for part, words in (*named, (command, tr("Commands of {name}"))):
            part.setAccessibleName(words.format(name=self.name))
        if isinstance(command, QLineEdit):
            command.setPlaceholderText(tr("module function; module function"))
        for column, part in enumerate((QLabel(self.name), on, self.pin, edge, command)):
            grid.addWidget(part, 0, column)
        self.told: dict[str, QLabel] = {}
        for line, (end, field) in enumerate((("", on), ("_trig", edge), ("_cbf", command)), 1):
            fields[f"{self.name}{end}"] = field
            told = self.told[f"{self.name}{end}"] = QLabel(objectName="soft", wordWrap=True)
            told.hide()
            grid.addWidget(told, line, 1, 1, 4)
        self.pin.valueChanged.connect(lambda _pin: self._choose())
        on_change(fields["cstmpmap"], self.show_pin)

    @staticmethod
    def has(key: str) -> bool:
        """Whether this key stands in such a row."""
        return _KEY.fullmatch(key) is not None

    def show_pin(self) -> None:
        """What `cstmpmap` says."""
        field = self._fields["cstmpmap"]
        if isinstance(field, QLineEdit):
            number = pin_in(field.text(), self.name)
            self.pin.blockSignals(True)
            self.pin.setValue(_OWN if number is None else number)
            self.pin.blockSignals(False)

    def _choose(self) -> None:
        field = self._fields["cstmpmap"]
        if isinstance(field, QLineEdit):
            field.setText(with_pin(field.text(), self.name, None if self.pin.value() == _OWN else self.pin.value()))


def pin_in(pin_map: str, name: str) -> int | None:
    """The GPIO that a `cstmpmap` gives this name; None when it leaves it to the pin map."""
    for part in pin_map.split(";"):
        key, mark, number = part.partition(":")
        if mark and key.strip() == name and number.strip().isdigit():
            return int(number)
    return None


def with_pin(pin_map: str, name: str, gpio: int | None) -> str:
    """The `cstmpmap` with another pin for this name, or with none of its own."""
    parts = [part.strip() for part in pin_map.split(";") if part.strip() not in ("", EMPTY)]
    parts = [part for part in parts if part.partition(":")[0].strip() != name]
    if gpio is not None:
        parts.append(f"{name}:{gpio}")
    return "; ".join(parts) or EMPTY
