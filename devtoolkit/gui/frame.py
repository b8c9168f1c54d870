"""How the window is divided: list of devices, header, navigation and panel, jobs."""

from collections.abc import Sequence

from devtoolkit.gui.device_view import DeviceView
from devtoolkit.gui.header import Header
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.jobs_bar import JobsBar
from devtoolkit.gui.navigation import Navigation
from devtoolkit.gui.panel_stack import PanelStack
from devtoolkit.gui.panels._base import PanelInfo
from devtoolkit.gui.qt import QFrame, QHBoxLayout, QSplitter, Qt, QVBoxLayout, QWidget
from devtoolkit.gui.theme import Theme

_LEFT, _RIGHT = 272, 968


class Frame(QWidget):
    """The parts, each reachable by its name."""

    def __init__(self, infos: Sequence[PanelInfo], hub: Hub) -> None:
        super().__init__()
        self.devices = DeviceView(hub.model, hub.theme)
        self.header = Header(hub.theme)
        self.navigation = Navigation(infos, hub.theme)
        self.stack = PanelStack(infos, hub)
        self.jobs = JobsBar(hub)
        self.splitter = QSplitter(Qt.Horizontal, childrenCollapsible=False, handleWidth=1)
        self.splitter.addWidget(self.devices)
        self.splitter.addWidget(self._centre())
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([_LEFT, _RIGHT])
        rows = _column(self)
        rows.addWidget(self.splitter, 1)
        rows.addWidget(_rule(horizontal=True))
        rows.addWidget(self.jobs)

    def use_theme(self, theme: Theme) -> None:
        for part in (self.devices, self.navigation, self.header):
            part.use_theme(theme)

    def _centre(self) -> QWidget:
        centre = QWidget()
        column = _column(centre)
        column.addWidget(self.header)
        column.addWidget(_rule(horizontal=True))
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.navigation)
        middle.addWidget(_rule(horizontal=False))
        middle.addWidget(self.stack, 1)
        column.addLayout(middle, 1)
        return centre


def _column(widget: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    return column


def _rule(*, horizontal: bool) -> QFrame:
    rule = QFrame(objectName="rule")
    if horizontal:
        rule.setFixedHeight(1)
    else:
        rule.setFixedWidth(1)
    return rule
