"""Monitor: what the selected nodes say of themselves, as lines that grow: latency, memory, processor, sensors."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit import paths
from devtoolkit.errors import ToolkitError
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.job import Handle, Job
from devtoolkit.gui.panels._base import Card, Panel, PanelInfo, buttons
from devtoolkit.gui.panels._history import History
from devtoolkit.gui.panels._plots import PlotArea
from devtoolkit.gui.panels._watched import MOST, WatchedNodes
from devtoolkit.gui.qt import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHideEvent,
    QLabel,
    pyqtSignal,
)
from devtoolkit.gui.text import tr

if TYPE_CHECKING:
    from devtoolkit.services.monitor_types import Event, Line

_PAUSES = (1, 2, 5, 10, 30, 60)
_PAUSE = 2
_FIRST_ON = ("latency", "memory", "cpu")
_COLUMNS = 3


class MonitorPanel(Panel):
    """One quiet job with one session for each node, while the panel is open (or longer, if that is wanted)."""

    told = pyqtSignal(str, object)  # uid, Event; from the jobs' threads

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub, tr("Monitor"), tr("What the selected nodes say of themselves, while this panel is open."))
        self.nodes: dict[str, str] = {}  # uid -> name, of those that are watched
        self.states: dict[str, tuple[str, str]] = {}  # kind and words
        self.boxes: dict[str, QCheckBox] = {}  # by the key of a line, or the call of a sensor
        self.history = History()
        self.paused = False
        self._jobs: dict[str, Job] = {}
        self._lack: str | None = None  # how to get plots; empty: they can be drawn; None: not known yet
        self._seconds = float(_PAUSE)  # read by the jobs' threads, as is the next one
        self._unwanted: frozenset[str] = frozenset()
        self._build()
        self.told.connect(self._take)
        hub.theme_changed.connect(lambda _theme: self._draw(anew=True))
        hub.fetch(lambda _handle: hub.services.plots_lack(), self._ready, lambda error: self._ready(str(error)))

    # --- the page

    def _build(self) -> None:
        self.pause_button = self.button(tr("Pause"), self.pause_or_go, icon="mdi6.play-pause")
        self.clear_button = self.button(tr("Clear"), self._clear, icon="clean")
        self.save_button = self.button(tr("Save ..."), self._choose_folder, icon="mdi6.content-save-outline")
        self.save_button.setToolTip(tr("Tables (CSV) and pictures (PNG) of the lines that are drawn"))
        self.every = QComboBox()
        self.every.setAccessibleName(tr("How often the nodes are asked"))
        for seconds in _PAUSES:
            self.every.addItem(tr("every {count} s", count=seconds), seconds)
        self.every.setCurrentIndex(_PAUSES.index(_PAUSE))
        self.keep = QCheckBox(tr("Go on while other panels are open"))
        line = buttons(self.pause_button, self.clear_button, self.save_button, self.every)
        self.column.addLayout(line)
        self.column.addWidget(self.keep)
        self.saved = QLabel(objectName="soft", wordWrap=True)
        self.saved.hide()
        self.column.addWidget(self.saved)
        self.watched = WatchedNodes()
        self.column.addWidget(self.watched)
        self.column.addWidget(self._choice())
        self.empty = QLabel(objectName="soft", wordWrap=True)
        self.column.addWidget(self.empty)
        self.area = PlotArea(self.hub, self.history)
        self.column.addWidget(self.area)
        self.column.addStretch(1)
        self.every.currentIndexChanged.connect(lambda _at: self._every_chosen())

    def _choice(self) -> Card:
        from devtoolkit.services.monitor_types import OWN

        card = Card(tr("Lines"))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        card.column.addLayout(self._grid)
        about = tr("Sensors appear here by themselves when their module is loaded. One that is off is not read.")
        card.column.addWidget(QLabel(about, objectName="soft", wordWrap=True))
        for own in OWN:
            self._box(own.key, own.name, on=own.key in _FIRST_ON)
        return card

    def _box(self, key: str, name: str, *, on: bool) -> None:
        if key not in self.boxes:
            box = QCheckBox(name, checked=on)
            box.setAccessibleName(tr("Draw {line}", line=name))
            self._grid.addWidget(box, len(self.boxes) // _COLUMNS, len(self.boxes) % _COLUMNS)
            self.boxes[key] = box
            box.toggled.connect(lambda _on: self._lines_chosen())

    def _tell(self) -> None:
        """The list of nodes, and the words where there are no plots."""
        from devtoolkit.services.monitor_types import OWN

        self.watched.keep_only(self.nodes)
        for uid, name in self.nodes.items():
            kind, state = self.states.get(uid, ("soft", ""))
            values = ((line, self.history.last(line.key, uid)) for line in self._lines() or OWN)
            parts = [f"{line.name} {value:.4g} {line.unit}".rstrip() for line, value in values if value is not None]
            self.watched.tell(uid, name, kind, state, parts)
        self.save_button.setEnabled(bool(self._lines()))
        self.clear_button.setEnabled(bool(self.history.lines))
        self.empty.setText(self._words())
        self.empty.setVisible(bool(self.empty.text()))

    def _words(self) -> str:
        if self._lack:
            return tr("Lines are drawn with pyqtgraph, which is not installed: {command}", command=self._lack)
        if not any(box.isChecked() for box in self.boxes.values()):
            return tr("No line is chosen.")
        if not self._lines():
            return tr("Paused.") if self.paused else tr("Waiting for the first values ...")
        return ""

    def _lines(self) -> "list[Line]":
        """Those that are chosen and of which something is known."""
        uids = list(self.nodes)
        on = {key for key, box in self.boxes.items() if box.isChecked()}
        lines = self.history.lines.values()
        return [one for one in lines if (one.source or one.key) in on and self.history.has(one.key, uids)]

    # --- which nodes, and how long

    def refresh(self) -> None:
        rows = self.hub.nodes()
        wanted = {row.uid: row.name for row in rows[:MOST]}
        self.watched.more.setVisible(len(rows) > MOST)
        if wanted != self.nodes:
            for uid in set(self.nodes) - set(wanted):
                self._stop(uid)
            self.nodes = wanted
            self._draw(anew=True)
        self._watch()
        self._tell()

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Another panel is open: the nodes' places are for others again. A minimised window goes on."""
        super().hideEvent(event)
        if event is not None and not event.spontaneous() and not self.keep.isChecked():
            self._stop_all()

    def leave(self) -> None:
        self.paused = True
        self._stop_all()

    def pause_or_go(self) -> None:
        """Pause gives the sessions back; what is drawn stays."""
        self.paused = not self.paused
        self.pause_button.setText(tr("Go on") if self.paused else tr("Pause"))
        self.pause_button.setAccessibleName(self.pause_button.text())
        if self.paused:
            self._stop_all()
        else:
            self._watch()
        self._tell()

    def _watch(self) -> None:
        for uid in self.nodes if not self.paused else ():
            if uid not in self._jobs:
                self.states[uid] = "soft", tr("Connecting ...")
                failed = partial(self._failed, uid)
                ended = partial(self._ended, uid)
                job = self.hub.run("", partial(self._work, uid), failed=failed, ended=ended, quiet=True)
                if job is not None:
                    self._jobs[uid] = job

    def _work(self, uid: str, handle: Handle) -> None:
        tell = partial(self.told.emit, uid)
        self.hub.services.monitor(uid, tell, lambda: self._seconds, lambda: self._unwanted, handle)

    def _failed(self, uid: str, error: ToolkitError) -> None:
        self.states[uid] = "bad", tr("Not watched: {why}", why=error.message)

    def _ended(self, uid: str, job: Job) -> None:
        """Its session is closed. It is opened again if that is wanted by now."""
        self._jobs.pop(uid, None)
        if job.error is None:
            self.states[uid] = "soft", tr("Paused")
            if self.isVisible() or self.keep.isChecked():
                self._watch()
        self._tell()

    def _stop(self, uid: str) -> None:
        if uid in self._jobs:
            self._jobs[uid].stop()

    def _stop_all(self) -> None:
        for job in self._jobs.values():
            job.stop()

    # --- what they say

    def _take(self, uid: str, event: "Event") -> None:
        from devtoolkit.services.monitor_types import Lost, Offered, Sampled

        match event:
            case Offered(sources):
                for source in sources:
                    self._box(source, source, on=True)
            case Sampled(at, values):
                self.states[uid] = "good", tr("Live")
                known = len(self.history.lines)
                fresh = not all(self.history.has(line.key, (uid,)) for line, _value in values)
                seconds = self.history.add(uid, at, values)
                for line, value in values:
                    self.area.add(line.key, uid, seconds, value)
                if fresh or known != len(self.history.lines):
                    self._draw()
            case Lost(at, reason):
                if self.history.last("latency", uid) is not None:
                    self.history.gap(uid, at)
                    for key in self.area.plots:
                        self.area.add(key, uid, at - self.history.began, float("nan"))
                self.states[uid] = "bad", tr("Does not answer, is tried again: {why}", why=reason)
        self._tell()

    def _ready(self, lack: str) -> None:
        self._lack = lack
        self._draw()
        self._tell()

    def _draw(self, *, anew: bool = False) -> None:
        if self._lack == "":
            self.area.show_lines([line.key for line in self._lines()], self.nodes, anew=anew)

    def _lines_chosen(self) -> None:
        self._unwanted = frozenset(key for key, box in self.boxes.items() if not box.isChecked())
        self._draw()
        self._tell()

    def _every_chosen(self) -> None:
        self._seconds = float(self.every.currentData())

    def _clear(self) -> None:
        self.history = History()
        self.area.forget(self.history)
        self._tell()

    # --- files

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, tr("Where to"), str(paths.user_data()))
        dialog.setFileMode(QFileDialog.Directory)
        dialog.setOption(QFileDialog.ShowDirsOnly)
        dialog.fileSelected.connect(lambda folder: self.save_into(Path(folder)))
        dialog.open()

    def save_into(self, folder: Path) -> None:
        """A table of each line that is drawn, and a picture of it where Pillow is installed."""
        plots = [self.history.plot(line.key, self.nodes) for line in self._lines()]
        name = "-".join(self.nodes.values())
        seconds = self.history.ended - self.history.began

        def saved(files: tuple[str, ...]) -> None:
            names = ", ".join(Path(file).name for file in files)
            self.saved.setText(tr("Saved in {folder}: {names}", folder=str(folder), names=names))
            self.saved.show()

        self.hub.run(
            tr("Save what the monitor has drawn"),
            lambda _handle: self.hub.services.save_monitor(folder, name, seconds, plots),
            done=saved,
        )


PANEL = PanelInfo("monitor", tr("Monitor"), "mdi6.chart-line", 75, MonitorPanel, "nodes")
