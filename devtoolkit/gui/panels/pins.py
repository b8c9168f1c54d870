"""Pins: the board as a picture, who uses which pin, what clashes, and what a pin cannot do."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit import paths
from devtoolkit.errors import ToolkitError
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import Card, Form, Panel, PanelInfo, buttons
from devtoolkit.gui.panels._picture import PictureView
from devtoolkit.gui.qt import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QImage,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QSize,
    Qt,
    QVBoxLayout,
)
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import restyle

if TYPE_CHECKING:
    from devtoolkit.model.board import Board
    from devtoolkit.services.devtools.pinout_picture import Palette
    from devtoolkit.services.devtools.pins import PinReport

_LIST_HIGH, _MODULES_HIGH = 220, 160
_MODULE = QSize(184, 27)  # room for a module's name
_SIGNS = {"clash": "!", "unusable": "\u00d7", "caution": "\u25b2"}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is looked at."""

    board: str
    modules: tuple[str, ...]
    config: dict[str, object] = field(default_factory=dict)
    theme: str = "light"


class PinsPanel(Panel):
    """Without a node: any modules on any board. With one: those that its configuration runs, and others."""

    def __init__(self, hub: Hub) -> None:
        intro = tr("Which module uses which pin, what clashes, and what a pin of the board cannot do.")
        super().__init__(hub, tr("Pins"), intro)
        self._uid = ""
        self._config: dict[str, object] = {}
        self._shown: _Wanted | None = None
        self._busy = False
        self._build()
        hub.theme_changed.connect(lambda _theme: self._look())
        hub.fetch(lambda _handle: (hub.services.boards(), hub.services.pin_modules()), self._listed)

    # --- the page

    def _build(self) -> None:
        self.column.addWidget(self._choice())
        self.column.addWidget(self._result())
        self.picture = PictureView()
        self.column.addWidget(self.picture)
        self.column.addWidget(self._in_use())
        self.column.addStretch(1)
        self.board.currentIndexChanged.connect(lambda _at: self._look())
        self.of_node.toggled.connect(lambda _on: self._look())
        self.modules.itemChanged.connect(lambda _item: self._look())
        self._tell("soft", tr("Reading the pin maps ..."))

    def _choice(self) -> Card:
        choice, form = Card(), Form()
        self.board = QComboBox()
        self.about = form.row(tr("Board"), self.board, tr("Reading the boards ..."))
        self.of_node = QCheckBox(tr("What the node's configuration runs"), checked=True, enabled=False)
        self.told = form.row(tr("Node"), self.of_node, tr("Select a node on the left to see its own pins."))
        self.modules = QListWidget(objectName="boxed")
        self.modules.setFlow(QListView.LeftToRight)
        self.modules.setWrapping(True)
        self.modules.setResizeMode(QListView.Adjust)
        self.modules.setTextElideMode(Qt.ElideNone)
        self.modules.setFixedHeight(_MODULES_HIGH)
        form.row(tr("Modules"), self.modules, tr("With none at all the picture shows the whole pin map."))
        choice.column.addLayout(form)
        self.none = self.button(tr("None"), self._choose_none, icon="clean")
        self.none.setToolTip(tr("Choose no module"))
        self.save = self.button(tr("Save picture ..."), self._choose_file, icon="mdi6.content-save-outline")
        choice.column.addLayout(buttons(self.none, self.save))
        return choice

    def _result(self) -> Card:
        result = Card(tr("What was found"))
        self.summary = QLabel(wordWrap=True)
        result.column.addWidget(self.summary)
        self._findings = QVBoxLayout()
        self._findings.setSpacing(8)
        result.column.addLayout(self._findings)
        return result

    def _in_use(self) -> Card:
        self._used = Card(tr("Pins in use"))
        self.uses = QListWidget(objectName="boxed")
        self.uses.setAccessibleName(tr("Pins in use"))
        self._used.column.addWidget(self.uses)
        self._used.hide()
        return self._used

    def _listed(self, found: "tuple[tuple[Board, ...], tuple[str, ...]]") -> None:
        boards, modules = found
        for part in (self.board, self.modules):
            part.blockSignals(True)
        for board in boards:
            self.board.addItem(board.title, board.id)
        self.board.setCurrentIndex(max(0, self.board.findData("esp32")))
        for name in modules:
            item = QListWidgetItem(name)
            item.setFlags(Qt.ItemIsEnabled | Qt.ItemIsUserCheckable | Qt.ItemIsSelectable)
            item.setCheckState(Qt.Unchecked)
            item.setSizeHint(_MODULE)
            self.modules.addItem(item)
        for part in (self.board, self.modules):
            part.blockSignals(False)
        self.about.hide()
        self._look()

    # --- what is looked at

    def refresh(self) -> None:
        nodes = self.hub.nodes()
        uid = nodes[0].uid if len(nodes) == 1 else ""
        if uid == self._uid:
            return
        self._uid, self._config = uid, {}
        self.of_node.setEnabled(False)
        if not uid:
            self.told.setText(tr("Select a node on the left to see its own pins."))
            self._look()
            return
        name = nodes[0].name
        self.told.setText(tr("Reading {name} ...", name=name))

        def read(found: tuple[str, dict[str, object]]) -> None:
            if uid == self._uid:
                self._read(name, *found)

        def failed(error: ToolkitError) -> None:
            if uid == self._uid:
                self.told.setText(tr("{name} could not be read: {why}", name=name, why=str(error)))

        self.hub.fetch(lambda handle: self.hub.services.pin_config(uid, handle), read, failed)

    def _read(self, name: str, board: str, config: dict[str, object]) -> None:
        self._config = config
        self.of_node.setEnabled(True)
        known = self.board.findData(board)
        if known >= 0:
            self.told.setText(
                tr("{name}: at boot, on interrupts, by the clock. Its board was read from it.", name=name)
            )
            self.board.setCurrentIndex(known)
        else:
            self.told.setText(tr("{name} does not tell its board: choose it above.", name=name))
        self._look()

    def chosen(self) -> tuple[str, ...]:
        """The modules that are ticked."""
        items = (self.modules.item(at) for at in range(self.modules.count()))
        return tuple(item.text() for item in items if item is not None and item.checkState() == Qt.Checked)

    def _choose_none(self) -> None:
        self.modules.blockSignals(True)
        for at in range(self.modules.count()):
            self.modules.item(at).setCheckState(Qt.Unchecked)
        self.modules.blockSignals(False)
        self._look()

    def _wanted(self) -> _Wanted:
        config = self._config if self.of_node.isChecked() else {}
        return _Wanted(str(self.board.currentData() or ""), self.chosen(), config, self.hub.theme.name)

    def _look(self) -> None:
        """One look at a time; what was changed meanwhile is looked at after it."""
        wanted = self._wanted()
        self.save.setEnabled(bool(wanted.board))
        if not wanted.board or wanted == self._shown or self._busy:
            return
        self._busy = True

        def work(_handle: object) -> "tuple[PinReport, QImage, str]":
            palette: Palette = "dark" if wanted.theme == "dark" else "light"
            report, svg = self.hub.services.pins(wanted.board, wanted.modules, wanted.config, palette)
            return report, QImage.fromData(svg.encode(), "SVG"), svg

        def over() -> None:
            self._busy, self._shown = False, wanted
            self._look()

        def looked(found: "tuple[PinReport, QImage, str]") -> None:
            self._show(*found)
            over()

        def failed(error: ToolkitError) -> None:
            self._tell("bad", str(error))
            over()

        self.hub.fetch(work, looked, failed)

    # --- what was found

    def _show(self, report: "PinReport", image: QImage, svg: str) -> None:
        while (item := self._findings.takeAt(0)) is not None:
            item.widget().deleteLater()
        for finding in report.findings if report.modules else ():
            kind = "warn" if finding.level == "caution" else "bad"
            told = QLabel(f"{_SIGNS[finding.level]}  {tr(finding.level)}: {finding}", objectName=kind, wordWrap=True)
            told.setTextFormat(Qt.PlainText)
            self._findings.addWidget(told)
        self.uses.clear()
        for use in sorted(report.uses, key=lambda one: (one.gpio is None, one.gpio or 0)) if report.modules else ():
            gpio = tr("no pin") if use.gpio is None else f"GPIO {use.gpio}"
            self.uses.addItem(f"{gpio}  \u00b7  {use.name or tr('fixed')}  \u00b7  {use.owner}")
        self._used.setVisible(bool(self.uses.count()))
        self.uses.setFixedHeight(min(_LIST_HIGH, self.uses.count() * self.uses.sizeHintForRow(0) + 8))
        self._summarise(report)
        self.picture.show_image(image)
        title = tr("Picture of the board {board}", board=self.board.currentText())
        self.picture.setAccessibleName(title)
        self.picture.setAccessibleDescription(svg.partition("<desc>")[2].partition("</desc>")[0])

    def findings(self) -> list[str]:
        """What is told of clashes and cautions."""
        widgets = (self._findings.itemAt(at).widget() for at in range(self._findings.count()))
        return [widget.text() for widget in widgets if isinstance(widget, QLabel)]

    def _summarise(self, report: "PinReport") -> None:
        if not report.modules:
            self._tell("soft", tr("No module is chosen. The picture shows the pin map {map}.", map=report.map))
            return
        names = ", ".join(report.modules)
        bad = sum(one.level != "caution" for one in report.findings)
        if bad:
            told = tr("1 pin does not work out") if bad == 1 else tr("{count} pins do not work out", count=bad)
            self._tell("bad", tr("\u00d7  {what}: {modules}", what=told, modules=names))
        elif report.findings:
            self._tell("warn", tr("\u25b2  No clash, but mind these: {modules}", modules=names))
        else:
            self._tell("good", tr("\u2713  No clash, and every pin can do what is wanted: {modules}", modules=names))

    def _tell(self, kind: str, text: str) -> None:
        self.summary.setObjectName(kind)
        self.summary.setText(text)
        restyle(self.summary)

    # --- a file

    def _choose_file(self) -> None:
        start = str(paths.user_data() / f"pins-{self.board.currentData()}.svg")
        dialog = QFileDialog(self, tr("Save the picture"), start, tr("Pictures (*.svg)"))
        dialog.setAcceptMode(QFileDialog.AcceptSave)
        dialog.setDefaultSuffix("svg")
        dialog.fileSelected.connect(lambda file: self.save_as(Path(file)))
        dialog.open()

    def save_as(self, file: Path) -> None:
        """The picture with all its words, for a browser or a page."""
        wanted = self._wanted()
        self.hub.run(
            tr("Save {file}", file=file.name),
            lambda _handle: self.hub.services.save_picture(file, wanted.board, wanted.modules, wanted.config),
        )


PANEL = PanelInfo("pins", tr("Pins"), "mdi6.chip", 85, PinsPanel)
