"""What came of a workshop: who is ready, who is not and why, labels to print, the failed ones once more."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.gui.panels._base import Card, Panel
from devtoolkit.gui.qt import QDesktopServices, QLabel, Qt, QUrl
from devtoolkit.gui.text import span, tr
from devtoolkit.gui.widgets.flow import Flow

if TYPE_CHECKING:
    from devtoolkit.services.workshop import WorkshopReport


class WorkshopDone(Card):
    """Filled by `tell`; `retry` is called for the failed boards."""

    def __init__(self, panel: Panel, retry: Callable[[], object]) -> None:
        super().__init__()
        self.head = QLabel(objectName="heading")
        self.words = QLabel(wordWrap=True, textFormat=Qt.PlainText)
        self.words.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.column.addWidget(self.head)
        self.column.addWidget(self.words)
        self._files = ("", "", "")
        self.labels = panel.button(
            tr("Print labels"), lambda: self._open(self._files[0]), icon="mdi6.printer-outline", primary=True
        )
        self.labels.setToolTip(tr("Opens the sheet in your browser; print it from there"))
        self.table = panel.button(tr("Open table"), lambda: self._open(self._files[1]), icon="mdi6.table")
        self.folder = panel.button(tr("Open folder"), lambda: self._open(self._files[2]), icon="mdi6.folder-outline")
        self.retry = panel.button(tr("Try the failed ones again"), retry, icon="refresh")
        self.column.addLayout(Flow(self.labels, self.retry, self.table, self.folder))
        told = tr(
            "The labels hold the nodes' passwords and two QR codes: keep them to yourself until you hand them out."
        )
        self.column.addWidget(QLabel(told, objectName="soft", wordWrap=True))
        self.hide()

    def tell(self, report: "WorkshopReport") -> None:
        failed = [one for one in report.boards if one.failure]
        ready = len(report.boards) - len(failed)
        self.head.setText(
            tr("{ready} of {all} boards are ready", ready=ready, all=len(report.boards))
            if failed
            else tr("All {all} boards are ready", all=len(report.boards))
        )
        lines = [tr("It took {time}.", time=span(report.seconds))]
        for one in failed:
            if one.failure:
                lines.append(f"{one.port} ({one.name}): {one.failure.message} {one.failure.hint}".rstrip())
        self.words.setText("\n".join(lines))
        self._files = (report.labels, report.table, report.folder)
        self.labels.setEnabled(ready > 0)
        self.retry.setVisible(bool(failed))

    @staticmethod
    def _open(path: str) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path))))
