"""The doctor as a dialog: what is right and wrong with this machine, each with the way out."""

from typing import TYPE_CHECKING

from devtoolkit.gui import icons
from devtoolkit.gui.dialogs import copy
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.qt import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    Qt,
    QVBoxLayout,
    QWidget,
)
from devtoolkit.gui.text import tr

if TYPE_CHECKING:
    from devtoolkit.services.devtools.doctor import DoctorReport

_SIGNS = {"ok": ("done", "good"), "warn": ("warning", "warn"), "fail": ("failed", "bad")}


class DoctorDialog(QDialog):
    """Looks at everything once; the rows come when all has been looked at."""

    def __init__(self, parent: QWidget, hub: Hub) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.setWindowTitle(tr("Doctor"))
        self.resize(720, 520)
        self._hub = hub
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(12)
        column.addWidget(QLabel(tr("Doctor"), objectName="title"))
        self.summary = QLabel(tr("Looking at drivers, ports, firmware, network ..."), objectName="soft", wordWrap=True)
        column.addWidget(self.summary)
        self.list = QListWidget(objectName="boxed", wordWrap=True)
        self.list.setAccessibleName(tr("Findings"))
        column.addWidget(self.list, 1)
        line = QHBoxLayout()
        self.copy = QPushButton(tr("Copy report"))
        close = QPushButton(tr("Close"), objectName="primary")
        for button in (self.copy, close):
            button.setAccessibleName(button.text())
            button.setAutoDefault(False)
        self.copy.clicked.connect(lambda _on: copy(self.report()))
        close.clicked.connect(self.accept)
        line.addWidget(self.copy)
        line.addStretch(1)
        line.addWidget(close)
        column.addLayout(line)
        hub.fetch(lambda _handle: hub.services.doctor(), self._show, self._failed)

    def report(self) -> str:
        """All rows as text."""
        return "\n".join(self.list.item(at).text() for at in range(self.list.count()))

    def _show(self, report: "DoctorReport") -> None:
        told = tr(
            "{bad} failed, {warned} to mind, {good} well.",
            bad=report.counted("fail"),
            warned=report.counted("warn"),
            good=report.counted("ok"),
        )
        try:
            self.summary.setText(told)
        except RuntimeError:  # the dialog was closed meanwhile
            return
        for finding in sorted(report.findings, key=lambda one: ("fail", "warn", "ok").index(one.state)):
            picture, tone = _SIGNS[finding.state]
            way_out = f"\n{tr('What to do: {what}', what=finding.way_out)}" if finding.way_out else ""
            item = QListWidgetItem(
                icons.icon(picture, getattr(self._hub.theme, tone)), f"{finding.area}: {finding.text}{way_out}"
            )
            item.setData(Qt.AccessibleTextRole, f"{finding.state}. {item.text()}")
            self.list.addItem(item)

    def _failed(self, error: object) -> None:
        try:
            self.summary.setText(str(error))
        except RuntimeError:  # the dialog was closed meanwhile
            return
