"""The line above the panels: what is selected, and the two buttons that belong to no panel."""

from collections.abc import Sequence

from devtoolkit.gui import icons
from devtoolkit.gui.qt import QFrame, QHBoxLayout, QLabel, QSize, Qt, QToolButton
from devtoolkit.gui.roster import Row
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import Theme

_ICON = QSize(20, 20)
_NAMES_SHOWN = 6


class Header(QFrame):
    """Name and state of the selection on the left, doctor and settings on the right."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(objectName="nav")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 10, 8)
        self.subject = QLabel(objectName="heading", textFormat=Qt.PlainText)
        self.line = QLabel(objectName="soft", textFormat=Qt.PlainText)
        self.line.setMinimumWidth(40)
        self.doctor = _button(tr("Doctor"), tr("Doctor: what is wrong with this machine"))
        self.settings = _button(tr("Settings"), tr("Settings"))
        row.addWidget(self.subject)
        row.addWidget(self.line, 1)
        row.addWidget(self.doctor)
        row.addWidget(self.settings)
        self.use_theme(theme)

    def tell(self, rows: Sequence[Row]) -> None:
        """What is selected now."""
        if not rows:
            self.subject.setText(tr("Nothing selected"))
            self.line.setText("")
        elif len(rows) == 1:
            self.subject.setText(rows[0].name)
            row = rows[0]
            self.line.setText("  \u00b7  ".join(part for part in (row.state, row.site, row.line) if part))
        else:
            self.subject.setText(tr("{count} selected", count=len(rows)))
            more = " ..." if len(rows) > _NAMES_SHOWN else ""
            self.line.setText(", ".join(row.name for row in rows[:_NAMES_SHOWN]) + more)

    def use_theme(self, theme: Theme) -> None:
        self.settings.setIcon(icons.icon("settings", theme.text))
        self.doctor.setIcon(icons.icon("doctor", theme.text))


def _button(tip: str, name: str) -> QToolButton:
    made = QToolButton(objectName="flat", toolTip=tip, focusPolicy=Qt.StrongFocus)
    made.setAccessibleName(name)
    made.setIconSize(_ICON)
    return made
