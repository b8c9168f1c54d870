"""Apps: run a dashboard app on the selected node and see what it says, measures and plots while it runs."""

import threading
from collections import deque
from typing import TYPE_CHECKING

from devtoolkit.gui.hub import Hub
from devtoolkit.gui.job import Handle
from devtoolkit.gui.panels._base import Card, Form, Panel, PanelInfo, buttons
from devtoolkit.gui.qt import QCheckBox, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget, pyqtSignal
from devtoolkit.gui.text import tr
from devtoolkit.gui.widgets.controls import Graph

if TYPE_CHECKING:
    from devtoolkit.services.apps_types import AppEvent, AppInfo, AppList, PlotData

_LINES, _POINTS = 2000, 300


class AppsPanel(Panel):
    """Choose an app, its parameters, run it. Stop (below) ends it early; what it has found is kept."""

    told = pyqtSignal(object)  # AppEvent, from the app's thread

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub, tr("Apps"), tr("Small programs that use a node: checks, measurements, demonstrations."))
        self._apps: dict[str, AppInfo] = {}
        self.fields: dict[str, QWidget] = {}
        self._curves: dict[int, list[tuple[deque[float], Graph]]] = {}
        card = Card()
        form = Form()
        self.app = QComboBox()
        self.about = form.row(tr("App"), self.app, tr("Reading the list ..."))
        card.column.addLayout(form)
        self._settings_place = QVBoxLayout()
        self._settings: QWidget | None = None
        card.column.addLayout(self._settings_place)
        self.go = self.button(tr("Run app"), self._run, icon="mdi6.play", primary=True)
        card.column.addLayout(buttons(self.go))
        self.column.addWidget(card)
        self._plots_place = QVBoxLayout()
        self.column.addLayout(self._plots_place)
        self.output = QPlainTextEdit(readOnly=True, maximumBlockCount=_LINES, objectName="terminal")
        self.output.setAccessibleName(tr("What the app says"))
        self.output.setPlaceholderText(tr("What the app says appears here."))
        self.output.setMinimumHeight(200)
        self.column.addWidget(self.output)
        self.column.addStretch(1)
        self.go.setEnabled(False)
        self.app.currentIndexChanged.connect(lambda _at: self._chosen())
        self.told.connect(self._take)
        hub.fetch(lambda _handle: hub.services.apps(), self._listed)

    def _listed(self, found: "AppList") -> None:
        self._apps = {info.name: info for info in found.apps}
        for info in found.apps:
            self.app.addItem(info.name, info.name)
        self._chosen()

    def _chosen(self) -> None:
        info = self._apps.get(self.app.currentData() or "")
        self.go.setEnabled(info is not None and not info.problem)
        if self._settings is not None:
            self._settings_place.removeWidget(self._settings)
            self._settings.deleteLater()
            self._settings = None
        self.fields = {}
        if info is None:
            return
        self.about.setText(info.problem or info.title)
        self._settings = QWidget()
        form = Form()
        form.setContentsMargins(0, 0, 0, 0)
        self._settings.setLayout(form)
        for parameter in info.parameters:
            if parameter.type == "bool":
                field: QWidget = QCheckBox(tr("on"))
                field.setChecked(parameter.default is True)
            else:
                field = QLineEdit(str(parameter.default))
            form.row(parameter.name, field)
            self.fields[parameter.name] = field
        self._settings_place.addWidget(self._settings)

    def _values(self) -> dict[str, str]:
        return {
            name: str(field.isChecked()) if isinstance(field, QCheckBox) else str(field.text()).strip()
            for name, field in self.fields.items()
        }

    def _run(self) -> None:
        node, name, values = self.node(), str(self.app.currentData()), self._values()
        stop = threading.Event()
        self.output.clear()
        self._no_plots()

        def work(handle: Handle) -> object:
            def take(event: "AppEvent") -> None:
                self.told.emit(event)

            return self.hub.services.run_app(name, node.uid, values, take, stop, handle)

        def stopped() -> None:
            if job is not None and job.cancel.wanted:
                stop.set()

        title = tr("{app} on {name}", app=name, name=node.name)
        job = self.hub.run(title, work, ended=lambda _job: self.go.setEnabled(True), key=f"node:{node.uid}")
        if job is not None:
            job.changed.connect(stopped)
        self.go.setEnabled(job is None)

    # --- what it tells

    def _take(self, event: "AppEvent") -> None:
        from devtoolkit.services.apps_types import Checked, Measured, PlotOpened, PointAdded, Said

        match event:
            case Said(text):
                self.output.appendPlainText(text)
            case Measured(figure):
                self.output.appendPlainText(f"{figure.name}: {figure.value} {figure.unit}".rstrip())
            case Checked(check):
                self.output.appendPlainText(f"{check.state}  {check.name}: {check.text}")
            case PlotOpened(number, plot):
                self._open_plot(number, plot)
            case PointAdded(number, row):
                for (points, graph), value in zip(self._curves.get(number, ()), row[1:], strict=False):
                    if value is not None:
                        points.append(value)
                        graph.update()

    def _open_plot(self, number: int, plot: "PlotData") -> None:
        self._curves[number] = []
        card = Card(plot.title)
        for series in plot.series:
            points: deque[float] = deque(maxlen=_POINTS)
            graph = Graph(points, self.hub.theme)
            graph.setAccessibleName(series.label)
            card.column.addWidget(QLabel(series.label, objectName="soft"))
            card.column.addWidget(graph)
            self._curves[number].append((points, graph))
        self._plots_place.addWidget(card)

    def _no_plots(self) -> None:
        self._curves.clear()
        while (item := self._plots_place.takeAt(0)) is not None:
            item.widget().deleteLater()


PANEL = PanelInfo("apps", tr("Apps"), "mdi6.apps", 80, AppsPanel, "node")
