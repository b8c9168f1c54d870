"""What is asked of an update: to whom, what is sent, who confirms, and how a fleet is led through it."""

from pathlib import Path
from typing import Any

from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import Card, Form, buttons
from devtoolkit.gui.qt import QCheckBox, QComboBox, QFileDialog, QListWidget, QPushButton, QSpinBox, QWidget
from devtoolkit.gui.text import tr

SELECTED, OUTDATED, ALL = "selected", "outdated", "all"  # the last two as in services.ota.jobs
FILES = "files"
_PARALLEL, _MOST_PARALLEL, _ABORT_PERCENT = 8, 200, 20  # the services' own, which are not imported before they work
_FILES_HEIGHT = 96
_NAMES_SHOWN = 12


class OtaForm(Card):
    """The choices, with what does not apply hidden."""

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self._hub = hub
        self.files: list[Path] = []
        self.target = _choice((SELECTED, ""), (OUTDATED, tr("All with an older version")), (ALL, tr("All known nodes")))
        self.mode = _choice(
            ("changed", tr("What changed (recommended)")),
            ("modules", tr("Load modules only")),
            ("full", tr("Every file")),
            (FILES, tr("Files of mine")),
        )
        self.confirm = _choice(
            ("node", tr("The node, after its trial of one minute")),
            ("toolkit", tr("This computer, after 10 s without trouble")),
            ("none", tr("Nobody waits; the node decides by itself")),
        )
        self.loader = QCheckBox(tr("Overwrite loader files too"))
        form = Form()
        self.names = form.row(tr("To"), self.target, "-")
        form.row(tr("Send"), self.mode)
        form.row(tr("Who confirms"), self.confirm)
        form.row(tr("Loader"), self.loader, tr("The part that repairs a broken update. Only for developers."))
        self.column.addLayout(form)
        self.column.addWidget(self._files())
        self.column.addWidget(self._fleet())
        self.target.currentIndexChanged.connect(lambda _at: self.refresh())
        self.mode.currentIndexChanged.connect(lambda _at: self.refresh())

    def refresh(self) -> None:
        """The selection, or a choice, is another one."""
        rows = self._hub.nodes()
        self.target.setItemText(0, tr("The selected nodes ({count})", count=len(rows)))
        picked = self.target.currentData() == SELECTED
        names = ", ".join(row.name for row in rows[:_NAMES_SHOWN]) + (" ..." if len(rows) > _NAMES_SHOWN else "")
        self.names.setText(names or tr("Select nodes on the left, or choose all with an older version."))
        self.names.setVisible(picked)
        self.chosen_files.setVisible(self.mode.currentData() == FILES)
        self.fleet.setVisible(not picked or len(rows) > 1)

    @property
    def ready(self) -> bool:
        """Whether there is somebody to update, and something to send."""
        whom = self.target.currentData() != SELECTED or bool(self._hub.nodes())
        return whom and (self.mode.currentData() != FILES or bool(self.files))

    def targets(self) -> tuple[str, ...]:
        """uids, or the word for a group."""
        word = self.target.currentData()
        return tuple(row.uid for row in self._hub.nodes()) if word == SELECTED else (word,)

    def options(self) -> dict[str, Any]:
        """Fields of the services' UpdateRequest."""
        mode = self.mode.currentData()
        return {
            "mode": mode,
            "confirm": self.confirm.currentData(),
            "force": self.loader.isChecked(),
            "files": tuple(self.files) if mode == FILES else (),
        }

    def rollout(self) -> dict[str, Any]:
        """Fields of the services' Rollout."""
        return {
            "parallel": self.parallel.value(),
            "canary": self.canary.isChecked(),
            "abort_share": self.abort.value() / 100,
        }

    def add(self, files: list[Path]) -> None:
        """Send these files, too."""
        self.files = list(dict.fromkeys([*self.files, *files]))
        self._list_files()

    def _files(self) -> QWidget:
        self.chosen_files = Card(tr("Files of mine"), tr("They are installed like an update, with its trial."))
        self.file_list = QListWidget(objectName="boxed")
        self.file_list.setAccessibleName(tr("Files that are sent"))
        self.file_list.setFixedHeight(_FILES_HEIGHT)
        self.chosen_files.column.addWidget(self.file_list)
        pick, drop = QPushButton(tr("Add files ...")), QPushButton(tr("Take none"))
        pick.clicked.connect(lambda _on: self._pick())
        drop.clicked.connect(lambda _on: self._take_none())
        for button in (pick, drop):
            button.setAccessibleName(button.text())
        self.chosen_files.column.addLayout(buttons(pick, drop))
        return self.chosen_files

    def _fleet(self) -> QWidget:
        self.fleet = Card(tr("Several nodes"))
        self.canary = QCheckBox(tr("One node first, then a tenth, then all"))
        self.parallel = QSpinBox(minimum=1, maximum=_MOST_PARALLEL, value=_PARALLEL)
        self.abort = QSpinBox(minimum=0, maximum=100, value=_ABORT_PERCENT, suffix=" %")
        form = Form()
        form.row(tr("Canary"), self.canary)
        form.row(tr("At the same time"), self.parallel)
        form.row(tr("Stop when more fail"), self.abort, tr("No further node is begun then."))
        self.fleet.column.addLayout(form)
        return self.fleet

    def _pick(self) -> None:
        dialog = QFileDialog(self, tr("Add files ..."))
        dialog.setFileMode(QFileDialog.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self.add([Path(name) for name in names]))
        dialog.open()

    def _take_none(self) -> None:
        self.files.clear()
        self._list_files()

    def _list_files(self) -> None:
        self.file_list.clear()
        self.file_list.addItems([str(file) for file in self.files])
        self._hub.rows_changed.emit(set())  # the buttons look anew


def _choice(*entries: tuple[str, str]) -> QComboBox:
    box = QComboBox()
    for value, name in entries:
        box.addItem(name, value)
    return box
