"""The sensors that can be wired to a virtual board: a box to wire each, a slider for what it measures."""

from typing import TYPE_CHECKING

from devtoolkit.gui.panels._base import Card
from devtoolkit.gui.panels._sim_feed import Feed
from devtoolkit.gui.qt import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QLabel, QSlider, Qt, QVBoxLayout, QWidget
from devtoolkit.gui.text import tr

if TYPE_CHECKING:
    from devtoolkit.services.sim_wiring import Quantity, SensorKind, SensorState

_VALUE_WIDTH = 76
_NAME_WIDTH = 96


class ValueSlider(QWidget):
    """A slider for a quantity with its value and unit beside it."""

    def __init__(self, quantity: "Quantity", owner: str) -> None:
        super().__init__()
        self.quantity = quantity
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        self.slider = QSlider(Qt.Horizontal, minimum=0, maximum=round((quantity.high - quantity.low) / quantity.step))
        self.slider.setAccessibleName(f"{owner} {tr(quantity.name)}, {quantity.unit}")
        name = QLabel(tr(quantity.name), objectName="soft")
        name.setFixedWidth(_NAME_WIDTH)
        self.told = QLabel()
        self.told.setFixedWidth(_VALUE_WIDTH)
        line.addWidget(name)
        line.addWidget(self.slider, 1)
        line.addWidget(self.told)
        self.slider.valueChanged.connect(lambda _at: self._tell())
        self.put(quantity.usual)

    @property
    def value(self) -> float:
        return self.quantity.low + int(self.slider.value()) * self.quantity.step

    def put(self, value: float) -> None:
        """Show a value; nothing is sent."""
        self.slider.blockSignals(True)
        self.slider.setValue(round((value - self.quantity.low) / self.quantity.step))
        self.slider.blockSignals(False)
        self._tell()

    def _tell(self) -> None:
        self.told.setText(f"{self.value:g} {self.quantity.unit}")


class SensorRow(QWidget):
    """One sensor."""

    def __init__(self, kind: "SensorKind", feed: Feed) -> None:
        super().__init__()
        self.kind, self._feed = kind, feed
        self.key = f"sensor {kind.name}"
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        head = QHBoxLayout()
        self.wired = QCheckBox(kind.title)
        self.wired.setAccessibleName(tr("{sensor} is wired", sensor=kind.title))
        head.addWidget(self.wired)
        head.addStretch(1)
        self.fault = QComboBox()
        self.fault.setAccessibleName(tr("What is wrong with the {sensor}", sensor=kind.title))
        self.fault.addItem(tr("works"), None)
        for fault in kind.faults:
            self.fault.addItem(tr("fault: {fault}", fault=fault), fault)
        head.addWidget(self.fault)
        column.addLayout(head)
        self.trouble = QLabel(objectName="bad", wordWrap=True)
        self.trouble.hide()
        column.addWidget(self.trouble)
        self.values = [ValueSlider(quantity, kind.title) for quantity in kind.quantities]
        for value in self.values:
            column.addWidget(value)
            value.slider.valueChanged.connect(lambda _at: self._send())
        self.wired.toggled.connect(lambda _on: self._send())
        self.fault.activated.connect(lambda _at: self._send())
        self._open()

    def put(self, state: "SensorState") -> None:
        """What the board says; while the user is at it, the user is right."""
        if self._feed.pending(self.key) or any(value.slider.isSliderDown() for value in self.values):
            return
        self.wired.blockSignals(True)
        self.wired.setChecked(state.values is not None)
        self.wired.blockSignals(False)
        for value in self.values:
            if state.values is not None:
                value.put(state.values[value.quantity.name])
        if state.values is not None and not self._choosing():
            self.fault.setCurrentIndex(max(0, self.fault.findData(state.fault)))
        self._open()

    def _choosing(self) -> bool:
        """The list of faults is open: what is picked there counts."""
        view = self.fault.view()
        return view is not None and view.isVisible()

    def _send(self) -> None:
        self._open()
        self.trouble.hide()
        name, board, fault = self.kind.name, self._feed.name, self.fault.currentData()
        values = {one.quantity.name: one.value for one in self.values} if self.wired.isChecked() else None
        self._feed.want(self.key, lambda services: services.virtual_sense(board, name, values, fault))

    def _open(self) -> None:
        for value in self.values:
            value.setVisible(self.wired.isChecked())
        self.fault.setVisible(self.wired.isChecked() and bool(self.kind.faults))


class SensorsCard(Card):
    """All sensors that the board has pins for."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(
            tr("Sensors"), tr("Wire one, then load its module on the node. What you set is what it measures.")
        )
        self._feed = feed
        self.rows: dict[str, SensorRow] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(28)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(0, 1)
        self.column.addLayout(self._grid)

    def put(self, states: "tuple[SensorState, ...]") -> None:
        names = [state.kind.name for state in states]
        for state in states:
            if state.kind.name not in self.rows:
                row = SensorRow(state.kind, self._feed)
                self._grid.addWidget(row, len(self.rows), 0)
                self.rows[state.kind.name] = row
            self.rows[state.kind.name].put(state)
        for name, row in self.rows.items():
            row.setVisible(name in names)

    def forget(self) -> None:
        """Another board: what the last one refused is not its matter."""
        for row in self.rows.values():
            row.trouble.hide()

    def refused(self, key: str, text: str) -> None:
        for row in self.rows.values():
            if row.key == key:
                row.trouble.setText(text)
                row.trouble.show()
