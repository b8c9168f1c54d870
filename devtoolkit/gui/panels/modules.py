"""Load modules: drop files anywhere on the panel; upload, delete, run, take back."""

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.gui import icons
from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.job import Handle
from devtoolkit.gui.panels._base import Card, Panel, PanelInfo, buttons
from devtoolkit.gui.qt import (
    QAbstractItemView,
    QDragEnterEvent,
    QDropEvent,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    Qt,
    QVBoxLayout,
)
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import restyle

if TYPE_CHECKING:
    from devtoolkit.services.ota.live import LiveReport

_ENDINGS = (".py", ".mpy")
_PREFIX = "LM_"


class ModulesPanel(Panel):
    """What is to be sent, and what is on the node."""

    def __init__(self, hub: Hub) -> None:
        intro = tr(
            "Files go into the running node: no restart, its other work goes on. A module that runs is reloaded."
        )
        super().__init__(hub, tr("Load modules"), intro)
        self.setAcceptDrops(True)
        self.files: list[Path] = []
        self._shown_uid = ""
        self._build_sending()
        self._build_there()
        self.column.addStretch(1)
        self._show_files()

    def refresh(self) -> None:
        if self._shown_uid != self.node().uid:
            self._shown_uid = self.node().uid
            self.there.clear()
            self.answer.hide()
            self._list()

    # --- dropping

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        data = event.mimeData() if event else None
        if event and data and data.hasUrls():
            event.acceptProposedAction()
            self._mark(over=True)

    def dragLeaveEvent(self, event: object) -> None:
        self._mark(over=False)

    def dropEvent(self, event: QDropEvent | None) -> None:
        self._mark(over=False)
        data = event.mimeData() if event else None
        if event and data:
            event.acceptProposedAction()
            self.add([Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()])

    def add(self, files: list[Path]) -> None:
        """Collect these files; what is no module is refused with a word, what is there already ignored."""
        refused = [file.name for file in files if file.suffix not in _ENDINGS]
        for file in files:
            if file.suffix in _ENDINGS and file not in self.files:
                self.files.append(file)
        self._show_files()
        if refused:
            told = tr("Not taken: {names}. Only .py and .mpy files are load modules.", names=", ".join(refused))
            self.note.setText(told)
            self.note.show()

    # --- parts

    def _build_sending(self) -> None:
        self.drop = QFrame(objectName="drop")
        inside = QVBoxLayout(self.drop)
        inside.setContentsMargins(20, 18, 20, 18)
        picture = QLabel(alignment=Qt.AlignCenter, pixmap=icons.picture("drop", self.hub.theme.soft, 36))
        self.hub.theme_changed.connect(lambda theme: picture.setPixmap(icons.picture("drop", theme.soft, 36)))
        words = QLabel(tr("Drop load modules here (LM_*.py, LM_*.mpy)"), alignment=Qt.AlignCenter)
        inside.addWidget(picture)
        inside.addWidget(words)
        self.column.addWidget(self.drop)
        self.pending = QListWidget(objectName="boxed")
        self.pending.setAccessibleName(tr("Files to send"))
        self.pending.setMaximumHeight(130)
        self.column.addWidget(self.pending)
        self.note = QLabel(objectName="warn", wordWrap=True)
        self.note.hide()
        self.column.addWidget(self.note)
        choose = self.button(tr("Choose ..."), self._choose, icon="add")
        self.upload = self.button(tr("Upload"), self._upload, icon="mdi6.upload", primary=True)
        self.clean = self.button(tr("Clean"), self._clean, icon="clean")
        self.undo = self.button(tr("Undo"), self._undo, icon="undo", tip=tr("Take the last change on this node back"))
        self.column.addLayout(buttons(self.upload, choose, self.clean, self.undo))

    def _build_there(self) -> None:
        card = Card(tr("On the node"))
        self.there = QListWidget(objectName="boxed", selectionMode=QAbstractItemView.ExtendedSelection)
        self.there.setAccessibleName(tr("Modules on the node"))
        self.there.setMinimumHeight(150)
        card.column.addWidget(self.there)
        self.delete = self.button(tr("Delete"), self._delete)
        refresh = self.button(tr("Refresh"), self._list, icon="refresh")
        card.column.addLayout(buttons(refresh, self.delete))
        line = QHBoxLayout()
        self.call = QLineEdit(placeholderText=tr("module function arguments, for example: system info"))
        self.call.setAccessibleName(tr("Function to run"))
        self.run = self.button(tr("Run"), self._run, icon="mdi6.play")
        line.addWidget(self.call, 1)
        line.addWidget(self.run)
        card.column.addLayout(line)
        self.answer = QLabel(wordWrap=True, textFormat=Qt.PlainText, objectName="soft")
        self.answer.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.answer.hide()
        card.column.addWidget(self.answer)
        self.column.addWidget(card)
        self.call.returnPressed.connect(self._run)
        self.there.itemSelectionChanged.connect(self._chosen)
        self._chosen()

    def _mark(self, *, over: bool) -> None:
        self.drop.setProperty("over", over)
        restyle(self.drop)

    def _show_files(self) -> None:
        self.note.hide()
        self.pending.clear()
        self.pending.addItems([f"{file.name}  \u00b7  {file.parent}" for file in self.files])
        self.pending.setVisible(bool(self.files))
        self.upload.setEnabled(bool(self.files))
        self.clean.setEnabled(bool(self.files))

    # --- sending

    def _choose(self) -> None:
        dialog = QFileDialog(self, tr("Load modules"), "", tr("Load modules (*.py *.mpy)"))
        dialog.setFileMode(QFileDialog.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self.add([Path(name) for name in names]))
        dialog.open()

    def _clean(self) -> None:
        self.files.clear()
        self._show_files()

    def _upload(self) -> None:
        files, node = tuple(self.files), self.node()
        plain = [file.name for file in files if not file.name.startswith((_PREFIX, "IO_"))]
        points = [", ".join(file.name for file in files)]
        if plain:
            points.append(tr("{names} get LM_ in front of the name.", names=", ".join(plain)))
        question = Question(tr("Upload"), tr("Put these modules on {name}?", name=node.name), tuple(points))
        self.hub.ask(question, lambda: self._send(files, node.uid, node.name))

    def _send(self, files: tuple[Path, ...], uid: str, name: str) -> None:
        def work(handle: Handle) -> object:
            return self.hub.services.upload(uid, files, handle, prefix=True)

        def sent(report: "LiveReport") -> None:
            self.files = [file for file in self.files if file not in files]
            self._show_files()
            told = ", ".join(f"{one.name} {_state(one.unchanged, one.loaded)}" for one in report.files)
            self.note.setText(tr("{name}: {told}.", name=name, told=told))
            self.note.show()
            self._list()

        self.hub.run(tr("Upload to {name}", name=name), work, done=sent, key=f"node:{uid}")

    def _undo(self) -> None:
        node = self.node()

        def taken(result: object) -> None:
            self.note.setText(tr("Taken back: {what}.", what=getattr(result, "done", "")))
            self.note.show()
            self._list()

        self.hub.run(
            tr("Undo on {name}", name=node.name),
            lambda handle: self.hub.services.undo(node.uid, handle),
            done=taken,
            key=f"node:{node.uid}",
        )

    # --- what is there

    def _list(self) -> None:
        uid = self.node().uid

        def listed(replies: tuple[tuple[str, ...], ...]) -> None:
            if uid == self._shown_uid:
                names = sorted(line.strip() for line in replies[0] if line.strip().startswith(_PREFIX))
                self.there.clear()
                self.there.addItems(names)

        self.hub.fetch(
            lambda handle: self.hub.services.shell(uid, ("lmpacman listmods",), handle), listed, self._no_list
        )

    def _no_list(self, error: object) -> None:
        self.note.setText(tr("The modules could not be listed: {why}", why=getattr(error, "message", "")))
        self.note.show()

    def _chosen(self) -> None:
        names = [item.text() for item in self.there.selectedItems()]
        self.delete.setEnabled(len(names) == 1)
        if len(names) == 1:
            module = names[0].removeprefix(_PREFIX).rpartition(".")[0]
            self.call.setText(f"{module} help")

    def _delete(self) -> None:
        node, name = self.node(), self.there.selectedItems()[0].text()
        question = Question(
            tr("Delete"),
            tr("Delete {module} on {name}?", module=name, name=node.name),
            (tr("Undo brings it back."),),
            yes=tr("Delete"),
            danger=True,
        )

        def work(handle: Handle) -> object:
            return self.hub.services.delete_module(node.uid, name, handle)

        title = tr("Delete {module} on {name}", module=name, name=node.name)
        self.hub.ask(question, lambda: self.hub.run(title, work, done=lambda _r: self._list(), key=f"node:{node.uid}"))

    def _run(self) -> None:
        uid, command = self.node().uid, self.call.text().strip()
        if not command:
            return

        def told(replies: tuple[tuple[str, ...], ...]) -> None:
            self.answer.setText("\n".join(replies[0]) or tr("(no answer)"))
            self.answer.show()

        self.hub.run(
            tr("Run {command}", command=command),
            lambda handle: self.hub.services.shell(uid, (command,), handle),
            done=told,
            quiet=True,
        )


def _state(unchanged: bool, loaded: bool) -> str:
    if unchanged:
        return tr("is there already")
    return tr("runs in its new form") if loaded else tr("is there")


PANEL = PanelInfo("modules", tr("Load modules"), "mdi6.puzzle-outline", 40, ModulesPanel, "node")
