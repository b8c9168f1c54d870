"""A field of the form for each kind of configuration key: how it is made, read, filled and watched."""

from collections.abc import Callable

from devtoolkit.errors import ConfigError
from devtoolkit.gui.panels._config_cron import CronEditor
from devtoolkit.gui.qt import QCheckBox, QComboBox, QLineEdit, QSpinBox, QWidget
from devtoolkit.gui.text import tr
from devtoolkit.model.node_config import ConfigKey, Value, coerce

_UNLIMITED = 1 << 30  # a limit that is only that of the number's type is not told


def make_field(key: ConfigKey) -> QWidget:
    if key.key == "crontasks":
        return CronEditor()
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


def typed(field: QWidget) -> str:
    """What the field holds, as a text."""
    if isinstance(field, QCheckBox):
        return str(field.isChecked())
    if isinstance(field, QSpinBox):
        return str(field.value())
    if isinstance(field, QComboBox):
        return str(field.currentText())
    return str(field.text()).strip() if isinstance(field, QLineEdit | CronEditor) else ""


def put(field: QWidget, value: Value, *, secret: bool = False, quiet: bool = True) -> None:
    """Fill the field; `quiet`: nobody hears of it."""
    field.blockSignals(quiet)
    if isinstance(field, QCheckBox):
        field.setChecked(value is True or value == "True")
    elif isinstance(field, QSpinBox):
        field.setValue(int(value))
    elif isinstance(field, QComboBox):
        if field.findText(str(value)) < 0:
            field.addItem(str(value))
        field.setCurrentText(str(value))
    elif isinstance(field, CronEditor):
        field.setText(str(value))
    elif isinstance(field, QLineEdit):
        field.setText("" if secret else str(value))
        field.setCursorPosition(0)
    field.blockSignals(False)


def on_change(field: QWidget, slot: Callable[[], object]) -> None:
    """Call `slot` whenever the field holds something else."""
    if isinstance(field, QCheckBox):
        field.toggled.connect(lambda _on: slot())
    elif isinstance(field, QSpinBox):
        field.valueChanged.connect(lambda _value: slot())
    elif isinstance(field, QComboBox):
        field.currentIndexChanged.connect(lambda _at: slot())
    elif isinstance(field, QLineEdit | CronEditor):
        field.textChanged.connect(lambda _text: slot())


def problem_of(key: ConfigKey, text: str) -> str:
    """Why this cannot be the key's value; empty when it can."""
    try:
        coerce(key.key, text)
    except ConfigError as error:
        return error.message
    return ""


def explained(key: ConfigKey) -> str:
    """What the key is for, in a sentence."""
    parts = [tr(key.text)]
    if key.low is not None and key.high is not None and key.high < _UNLIMITED:
        parts.append(tr("{low} to {high} {unit}", low=key.low, high=key.high, unit=key.unit).strip())
    if key.written_by_node:
        parts.append(tr("Written by the node"))
    return ". ".join(parts)
