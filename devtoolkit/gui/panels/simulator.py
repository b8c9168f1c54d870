"""Virtual boards: start one or a fleet, switch each on and off, and work with one as on a bench."""

from typing import TYPE_CHECKING, Any

from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import Card, Form, Panel, PanelInfo, buttons
from devtoolkit.gui.panels._fleet import power_on
from devtoolkit.gui.panels._sim_bench import Bench
from devtoolkit.gui.panels._sim_feed import Feed
from devtoolkit.gui.qt import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QCompleter,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    Qt,
)
from devtoolkit.gui.text import tr

if TYPE_CHECKING:
    from devtoolkit.services.sim_panel import BoardLook, BoardRow, Power

_MOST = 200
_LIST_ROWS = 6
_NAME = int(Qt.UserRole)
_OWN = "virtual:"  # how the keys of this window's own jobs begin


class SimulatorPanel(Panel):
    """`list` has the boards that are in use, also those of other programs; `bench` the first selected one."""

    def __init__(self, hub: Hub) -> None:
        intro = tr(
            "A virtual board is a real MicroPython behind a real flash image, with simulated pins, radio and sensors. "
            "Its nodes appear on the left."
        )
        super().__init__(hub, tr("Simulator"), intro)
        self._rows: tuple[BoardRow, ...] = ()
        self.feed = Feed(hub, self)
        self.feed.listed.connect(self._listed)
        self.feed.looked.connect(self._looked)
        self.feed.refused.connect(self._refused)
        self.column.addWidget(self._start_card())
        self.column.addWidget(self._list_card())
        self.bench = Bench(self.feed)
        self.bench.hide()
        self.column.addWidget(self.bench)
        self.column.addStretch(1)
        hub.jobs.ended.connect(lambda _job: self._buttons())
        hub.jobs.added.connect(lambda _job: self._buttons())
        self._types()
        self._buttons()

    # --- parts

    def _start_card(self) -> Card:
        card, form = Card(tr("Start")), Form()
        self.count = QSpinBox(minimum=1, maximum=_MOST, value=1)
        form.row(tr("How many"), self.count)
        self.name = QLineEdit(
            "demo", maxLength=32, toolTip=tr("A board of this name that exists goes on where it was.")
        )
        self._name_help = form.row(tr("Name"), self.name)
        self.prefix = QLineEdit("node", maxLength=28)
        self._prefix_help = form.row(tr("Names begin with"), self.prefix, " ")
        self.type = QComboBox(toolTip=tr("For boards that do not exist yet."))
        form.row(tr("Board type"), self.type)
        self.form = form
        card.column.addLayout(form)
        self.fresh = QCheckBox(tr("Forget what was on them and start anew"))
        self.start = self.button(tr("Power on"), self._start, icon="virtual", primary=True)
        card.column.addLayout(buttons(self.start, self.fresh))
        self.count.valueChanged.connect(lambda _count: self._counted())
        self.prefix.textChanged.connect(lambda _text: self._counted())
        self._counted()
        return card

    def _list_card(self) -> Card:
        card = Card(tr("Powered on"))
        self.list = QListWidget(objectName="boxed")
        self.list.setAccessibleName(tr("Virtual boards that are powered on"))
        self.list.setSelectionMode(QAbstractItemView.ExtendedSelection)
        self.list.itemSelectionChanged.connect(self._selected)
        self.empty = QLabel(tr("No virtual board is on."), objectName="soft")
        self.trouble = QLabel(objectName="bad", wordWrap=True)
        self.trouble.hide()
        self.on = self.button(tr("Plug in"), lambda: self._power("power_on"), icon="mdi6.power-plug-outline")
        self.off = self.button(
            tr("Pull the plug"), lambda: self._power("power_off"), icon="mdi6.power-plug-off-outline",
            tip=tr("As when its power is cut: nothing is saved first."),
        )  # fmt: skip
        self.reset = self.button(tr("Reset"), lambda: self._power("reset"), icon="mdi6.restart")
        self.stop = self.button(tr("Power off all"), self._stop, icon="stop")
        for part in (self.empty, self.list, self.trouble):
            card.column.addWidget(part)
        card.column.addLayout(buttons(self.on, self.off, self.reset, self.stop))
        return card

    # --- what is shown

    def showEvent(self, event: object) -> None:
        self.feed.start()

    def hideEvent(self, event: object) -> None:
        self.feed.stop()

    def leave(self) -> None:
        self.feed.stop()

    def refresh(self) -> None:
        """A virtual board that is selected on the left is the one on the bench."""
        names = {row.name for row in self._rows}
        chosen = next((row.port.removeprefix(_OWN) for row in self.hub.selection if row.kind == "virtual"), "")
        if chosen in names and chosen not in self.names():
            self.choose(chosen)
        self._buttons()

    def choose(self, name: str) -> None:
        """Select one board of the list."""
        for at in range(self.list.count()):
            item = self.list.item(at)
            if item is not None and item.data(_NAME) == name:
                self.list.clearSelection()
                self.list.setCurrentItem(item)
                item.setSelected(True)

    def names(self) -> tuple[str, ...]:
        """The selected boards."""
        return tuple(str(item.data(_NAME)) for item in self.list.selectedItems())

    def _listed(self, rows: "tuple[BoardRow, ...]") -> None:
        if rows == self._rows and self.list.count() == len(rows):
            return
        chosen, fresh = self.names(), [row.name for row in rows] != [row.name for row in self._rows]
        self._rows = rows
        if fresh:
            self._rebuild(chosen)
        for at, row in enumerate(rows):
            item = self.list.item(at)
            if item is not None:
                state = tr("powered off") if row.state == "off" else tr(row.state)
                item.setText(f"{row.name}  \u00b7  {row.chip}  \u00b7  {state}  \u00b7  {row.ip}:{row.shell_port}")
        self._buttons()

    def _rebuild(self, chosen: tuple[str, ...]) -> None:
        """The list anew, with what was selected; the first board where nothing is."""
        self.list.blockSignals(True)
        self.list.clear()
        for row in self._rows:
            item = QListWidgetItem(row.name)
            item.setData(_NAME, row.name)
            self.list.addItem(item)
            item.setSelected(row.name in chosen)
        self.list.blockSignals(False)
        height = self.list.sizeHintForRow(0) * min(_LIST_ROWS, max(1, self.list.count())) + 8
        self.list.setFixedHeight(max(40, height))
        if self._rows and not self.names():
            wanted = next((row.port.removeprefix(_OWN) for row in self.hub.selection if row.kind == "virtual"), "")
            self.choose(wanted if wanted in {row.name for row in self._rows} else self._rows[0].name)
        self._selected()

    def _selected(self) -> None:
        name = next(iter(self.names()), "")
        if name != self.feed.name:
            self.trouble.hide()
            self.bench.hide()
        self.feed.watch(name)
        self._buttons()

    def _looked(self, look: "BoardLook | None") -> None:
        self.bench.setVisible(look is not None)
        if look is not None:
            self.bench.put(look)

    def _refused(self, key: str, text: str) -> None:
        if key in ("", "power"):
            self.trouble.setText(text)
            self.trouble.show()

    def _buttons(self) -> None:
        self.list.setVisible(bool(self._rows))
        self.empty.setVisible(not self._rows)
        states = {row.name: row.state for row in self._rows}
        chosen = [states.get(name, "") for name in self.names()]
        self.on.setEnabled("off" in chosen)
        self.off.setEnabled(any(state != "off" for state in chosen))
        self.reset.setEnabled(bool(chosen))
        self.stop.setEnabled(bool(self._jobs()))

    # --- what is done

    def _jobs(self) -> list[Any]:
        return [job for job in self.hub.jobs.visible if job.key.startswith(_OWN)]

    def _types(self) -> None:
        def found(answer: Any) -> None:
            types, names = answer
            for board in types:
                self.type.addItem(board.title, board.id)
            self.name.setCompleter(QCompleter(list(names), self.name))

        self.hub.fetch(lambda _handle: self.hub.services.virtual_types(), found, lambda _error: None)

    def _counted(self) -> None:
        """One board has a name, several have names that begin alike."""
        several = self.count.value() > 1
        for field, told in ((self.name, self._name_help), (self.prefix, self._prefix_help)):
            shown = (field is self.prefix) == several
            label = self.form.itemAtPosition(self.form.getItemPosition(self.form.indexOf(field))[0], 0)
            for part in (field, told, label.widget() if label is not None else None):
                if part is not None:
                    part.setVisible(shown and (part is not told or several))
        names = self._names()
        self._prefix_help.setText(tr("{first} to {last}", first=names[0], last=names[-1]))

    def _names(self) -> tuple[str, ...]:
        count = self.count.value()
        if count == 1:
            return (self.name.text().strip(),)
        return tuple(f"{self.prefix.text().strip()}{number:02d}" for number in range(1, count + 1))

    def _start(self) -> None:
        options: dict[str, Any] = {}
        if self.type.currentData() not in (None, "esp32"):
            options["board_type"] = self.type.currentData()
        if self.fresh.isChecked():
            options["fresh"] = True
        power_on(self.hub, self._names(), **options)
        self._buttons()

    def _stop(self) -> None:
        for job in self._jobs():
            job.stop()

    def _power(self, how: "Power") -> None:
        names = self.names()
        self.trouble.hide()
        self.feed.want("power", lambda services: services.virtual_power(names, how))


PANEL = PanelInfo("simulator", tr("Simulator"), "mdi6.cube-outline", 90, SimulatorPanel)
