"""Virtual boards: start one or a fleet, see what runs, power it off."""

from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import Card, Form, Panel, PanelInfo, buttons
from devtoolkit.gui.panels._fleet import power_on
from devtoolkit.gui.qt import QLabel, QLineEdit, QListWidget, QSpinBox
from devtoolkit.gui.text import tr

_MOST = 200


class SimulatorPanel(Panel):
    """Start and stop."""

    def __init__(self, hub: Hub) -> None:
        intro = tr(
            "A virtual board is a real MicroPython behind a real flash image, with simulated pins, radio and sensors. "
            "Its nodes appear on the left."
        )
        super().__init__(hub, tr("Simulator"), intro)
        start = Card(tr("Start"))
        form = Form()
        self.count = QSpinBox(minimum=1, maximum=_MOST, value=1)
        form.row(tr("How many"), self.count, tr("Several get the names node01, node02 ..."))
        self.name = QLineEdit("demo", maxLength=32)
        form.row(tr("Name"), self.name, tr("A board of this name that exists goes on where it was."))
        start.column.addLayout(form)
        self.start = self.button(tr("Power on"), self._start, icon="virtual", primary=True)
        start.column.addLayout(buttons(self.start))
        self.column.addWidget(start)
        running = Card(tr("Powered on"))
        self.list = QListWidget(objectName="boxed")
        self.list.setAccessibleName(tr("Virtual boards that are powered on"))
        self.empty = QLabel(tr("No virtual board is on."), objectName="soft")
        running.column.addWidget(self.empty)
        running.column.addWidget(self.list)
        self.stop = self.button(tr("Power off all"), self._stop, icon="stop")
        running.column.addLayout(buttons(self.stop))
        self.column.addWidget(running)
        self.column.addStretch(1)
        self.count.valueChanged.connect(lambda count: self.name.setEnabled(count == 1))
        hub.jobs.ended.connect(lambda _job: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        rows = [row for row in self.hub.model.rows() if row.kind == "virtual" and row.here]
        self.list.clear()
        self.list.addItems([f"{row.name}  \u00b7  {row.state}  \u00b7  {row.line}" for row in rows])
        self.list.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        self.stop.setEnabled(bool(self._jobs()))

    def rows_changed(self, keys: set[str]) -> None:
        self.refresh()

    def _jobs(self) -> list[object]:
        return [job for job in self.hub.jobs.visible if job.key.startswith("virtual:")]

    def _start(self) -> None:
        count = self.count.value()
        names = tuple(f"node{n:02d}" for n in range(1, count + 1)) if count > 1 else (self.name.text().strip(),)
        power_on(self.hub, names)
        self.refresh()

    def _stop(self) -> None:
        for job in self.hub.jobs.visible:
            if job.key.startswith("virtual:"):
                job.stop()


PANEL = PanelInfo("simulator", tr("Simulator"), "mdi6.cube-outline", 90, SimulatorPanel)
