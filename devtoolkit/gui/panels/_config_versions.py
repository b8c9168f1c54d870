"""Kept versions of a node's configuration: list, compare, restore; and configuration files to take along."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devtoolkit.errors import ToolkitError
from devtoolkit.gui.hub import Hub, Question
from devtoolkit.gui.panels._base import Card, buttons
from devtoolkit.gui.qt import QFileDialog, QLabel, QListWidget, QPlainTextEdit, QPushButton
from devtoolkit.gui.text import tr
from devtoolkit.model.node_config import BY_NAME

if TYPE_CHECKING:
    from devtoolkit.services.config_history import Version
    from devtoolkit.services.configs import Change, NodeConfig

_LIST_HEIGHT, _DIFF_ROWS = 132, 7
Button = Callable[..., QPushButton]


class VersionsCard(Card):
    """For the node that `show_node` named last. `restored` is called with the outcome of a restore."""

    def __init__(self, hub: Hub, button: Button, restored: "Callable[[NodeConfig], object]") -> None:
        intro = tr("Before a change is sent, the settings as they are are kept here. Secrets are never shown.")
        super().__init__(tr("Versions"), intro)
        self._hub, self._restored = hub, restored
        self._uid = self._name = ""
        self._versions: tuple[Version, ...] = ()
        self.list = QListWidget(objectName="boxed")
        self.list.setAccessibleName(tr("Kept versions of this node's settings"))
        self.list.setFixedHeight(_LIST_HEIGHT)
        self.empty = QLabel(tr("Nothing was kept of this node yet."), objectName="soft")
        self.diff = QPlainTextEdit(readOnly=True, objectName="terminal", tabChangesFocus=True)
        self.diff.setAccessibleName(tr("What differs between the node and the version"))
        self.diff.setFixedHeight(self.diff.fontMetrics().lineSpacing() * _DIFF_ROWS + 24)
        self.diff.hide()
        self.compare = button(tr("Compare"), self._compare, icon="mdi6.compare-horizontal")
        self.restore = button(tr("Restore ..."), self._ask, icon="mdi6.backup-restore")
        self.keep = button(tr("Keep one now"), self._keep, icon="mdi6.archive-arrow-down-outline")
        for part in (self.empty, self.list):
            self.column.addWidget(part)
        self.column.addLayout(buttons(self.compare, self.restore, self.keep))
        self.column.addWidget(self.diff)
        self.list.currentRowChanged.connect(lambda _row: self._enable())
        self._enable()

    def show_node(self, uid: str, name: str) -> None:
        """Read this node's versions."""
        if uid != self._uid:
            self.diff.hide()
        self._uid, self._name = uid, name

        def found(versions: "tuple[Version, ...]") -> None:
            if uid == self._uid:
                self._show(versions)

        def failed(error: ToolkitError) -> None:
            self._show(())
            self.empty.setText(tr("Could not be read: {why}", why=str(error)))

        self._hub.fetch(lambda _handle: self._hub.services.config_versions(uid, name), found, failed)

    def _show(self, versions: "tuple[Version, ...]") -> None:
        self._versions = versions
        self.list.clear()
        for version in versions:
            moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(version.at))
            newest = tr("newest") if version.newest else ""
            self.list.addItem(f"{moment}   {newest}".strip())
        self.list.setVisible(bool(versions))
        self.empty.setVisible(not versions)
        if versions:
            self.list.setCurrentRow(0)
        self._enable()

    def _enable(self) -> None:
        chosen = self._chosen() is not None
        self.compare.setEnabled(chosen)
        self.restore.setEnabled(chosen)

    def _chosen(self) -> "Version | None":
        at = self.list.currentRow()
        return self._versions[at] if 0 <= at < len(self._versions) else None

    def _run(self, title: str, work: Callable[[Any], Any], done: Callable[[Any], object]) -> None:
        self._hub.run(tr(title, name=self._name), work, done=done, key=f"node:{self._uid}")

    def _compare(self) -> None:
        version, uid = self._chosen(), self._uid
        if version is not None:
            file = version.file
            self._run("Compare {name}", lambda handle: self._hub.services.config_diff(uid, file, handle), self._told)

    def _told(self, config: "NodeConfig") -> None:
        lines = [_line(one) for one in config.changes]
        head = tr("On the node  \u2192  in the version:")
        self.diff.setPlainText("\n".join([head, *lines]) if lines else tr("The node has exactly these settings."))
        self.diff.show()

    def _ask(self) -> None:
        version, uid = self._chosen(), self._uid
        if version is None:
            return
        file = version.file
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(version.at))
        question = Question(
            tr("Restore"),
            tr("Set the settings of {name} back to {moment}?", name=self._name, moment=moment),
            (tr("Only what differs is set; the node's address and what it writes itself stay."),),
            yes=tr("Restore"),
        )

        def work(handle: Any) -> Any:
            return self._hub.services.restore_config(uid, file, handle)

        self._hub.ask(question, lambda: self._run("Restore the settings of {name}", work, self._restored))

    def _keep(self) -> None:
        uid, name = self._uid, self._name

        def work(handle: Any) -> Any:
            return self._hub.services.keep_config(uid, handle)

        self._run("Keep the settings of {name}", work, lambda _config: self.show_node(uid, name))


def _line(change: "Change") -> str:
    if change.key in BY_NAME and BY_NAME[change.key].secret:
        return tr("{key}: another secret", key=change.key)
    return f"{change.key}: {_shown(change.old)}  \u2192  {_shown(change.new)}"


def _shown(value: object) -> str:
    return tr("not there") if value is None else str(value)


def choose_to_save(panel: object, name: str, then: Callable[[Path], object]) -> None:
    """Ask where to save; the dialog does not block the window."""
    _dialog(panel, tr("Export the settings"), QFileDialog.AcceptSave, then, f"{name}-node_config.json")


def choose_to_open(panel: object, then: Callable[[Path], object]) -> None:
    """Ask which file to read."""
    _dialog(panel, tr("Import settings"), QFileDialog.AcceptOpen, then)


def _dialog(panel: Any, title: str, mode: Any, then: Callable[[Path], object], name: str = "") -> None:
    dialog = QFileDialog(panel, title, str(Path.home()), tr("Settings (*.json)"))
    dialog.setAcceptMode(mode)
    dialog.setFileMode(QFileDialog.AnyFile if mode == QFileDialog.AcceptSave else QFileDialog.ExistingFile)
    dialog.setDefaultSuffix("json")
    if name:
        dialog.selectFile(name)
    dialog.fileSelected.connect(lambda file: then(Path(file)))
    dialog.finished.connect(lambda _code: dialog.deleteLater())
    dialog.open()
