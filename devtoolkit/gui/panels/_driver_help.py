"""Serial-driver help: shown by itself at the first use, later on request. Nothing is installed by the window."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from devtoolkit.gui.dialogs import copy
from devtoolkit.gui.panels._base import Card, Panel
from devtoolkit.gui.qt import QDesktopServices, QLabel, QLineEdit, QUrl, QVBoxLayout, QWidget
from devtoolkit.gui.text import tr
from devtoolkit.gui.widgets.flow import Flow

if TYPE_CHECKING:
    from devtoolkit.gui.seam.usb import DriverHelp
    from devtoolkit.services.drivers import DriverFinding


class DriverHelpCard(Card):
    """What is missing for boards on USB, with the command to copy or the maker's page to open."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(
            tr("Boards on USB: is everything there?"),
            tr("A board shows up by itself once its driver works and you may open its port."),
        )
        self._panel, self._opened = panel, False
        self._place = QVBoxLayout()
        self._place.setSpacing(8)
        self._holder: QWidget | None = None
        self.again = panel.button(tr("Look again"), self.look, icon="refresh")
        self.close_ = panel.button(tr("Got it"), self._seen)
        self.column.addLayout(self._place)
        self.column.addLayout(Flow(self.again, self.close_))
        self.hide()

    def first_use(self) -> None:
        """Shows itself when something is missing and this user has not been told yet."""
        self._fetch(lambda found: not found.asked and any(not one.ok for one in found.findings))

    def look(self) -> None:
        """Shows itself with what is right and wrong now."""
        self._fetch(lambda _found: True)

    def _fetch(self, wanted: "Callable[[DriverHelp], bool]") -> None:
        hub = self._panel.hub

        def done(found: "DriverHelp") -> None:
            if wanted(found):
                self._tell(found.findings)

        hub.fetch(lambda _handle: hub.services.driver_help(), done)

    def _tell(self, findings: "tuple[DriverFinding, ...]") -> None:
        if self._holder is not None:
            self._place.removeWidget(self._holder)
            self._holder.deleteLater()
        self._holder = QWidget()
        column = QVBoxLayout(self._holder)
        column.setContentsMargins(0, 0, 0, 0)
        for one in sorted(findings, key=lambda finding: finding.ok):
            mark = tr("OK") if one.ok else tr("To do")
            told = QLabel(f"{mark}:  {one.subject}: {one.text}", objectName="soft" if one.ok else "warn", wordWrap=True)
            column.addWidget(told)
            self._help(column, one)
        self._place.addWidget(self._holder)
        self._panel.show_part(self)

    def _help(self, column: QVBoxLayout, finding: "DriverFinding") -> None:
        if finding.command:
            field = QLineEdit(finding.command, readOnly=True)
            field.setAccessibleName(tr("Command to copy into a terminal"))
            field.setCursorPosition(0)
            column.addWidget(field)
            press = self._panel.button(tr("Copy command"), lambda: copy(finding.command), icon="copy")
            column.addLayout(Flow(press))
        if finding.page:
            press = self._panel.button(
                tr("Open page of {chip}", chip=finding.subject),
                lambda: self._open(finding.page),
                icon="mdi6.open-in-new",
            )
            column.addLayout(Flow(press))

    def _open(self, page: str) -> None:
        self._opened = QDesktopServices.openUrl(QUrl(page)) or self._opened

    def _seen(self) -> None:
        self.hide()
        hub, opened = self._panel.hub, self._opened
        hub.fetch(lambda _handle: hub.services.driver_help_seen(opened=opened), lambda _done: None)
