"""Controls: widgets that the node's loaded modules describe themselves (`help True`)."""

import re
from typing import TYPE_CHECKING

from devtoolkit.errors import ToolkitError
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import Card, Panel, PanelInfo, buttons
from devtoolkit.gui.qt import QLabel, QTimer, QVBoxLayout, QWidget
from devtoolkit.gui.text import tr
from devtoolkit.gui.widgets.controls import Control, make_control

if TYPE_CHECKING:
    from devtoolkit.services.widgets import Widget

_PLACE = re.compile(r":(?:range|options):")
_SETTLE_MS = 80  # a slider that is dragged sends at most so often, and always its last value


class ControlsPanel(Panel):
    """One card per module. Values are sent one after another; while one is under way, only the newest waits."""

    def __init__(self, hub: Hub) -> None:
        intro = tr("What the loaded modules of the node offer: colours, sliders, switches, readings.")
        super().__init__(hub, tr("Controls"), intro)
        self._uid = ""
        self.controls: list[Control] = []
        self._waiting: dict[Control, str] = {}
        self._busy = False
        self._load = self.button(tr("Read again"), self._read, icon="refresh")
        self.state = QLabel(objectName="soft", wordWrap=True)
        self.column.addLayout(buttons(self._load))
        self.column.addWidget(self.state)
        self._holder: QWidget | None = None
        self._place = QVBoxLayout()
        self.column.addLayout(self._place)
        self.column.addStretch(1)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._send_next)

    def refresh(self) -> None:
        if self.node().uid != self._uid:
            self._uid = self.node().uid
            self._read()

    def _read(self) -> None:
        uid = self._uid
        self._clear()
        self.state.setText(tr("Reading {name} ...", name=self.node().name))
        self.state.show()

        def found(widgets: "tuple[Widget, ...]") -> None:
            if uid == self._uid:
                self._show(widgets)

        def failed(error: ToolkitError) -> None:
            if uid == self._uid:
                self.state.setText(tr("Could not be read: {why}", why=str(error)))

        self.hub.fetch(lambda handle: self.hub.services.widgets(uid, handle), found, failed)

    def _clear(self) -> None:
        self.controls.clear()
        self._waiting.clear()
        if self._holder is not None:
            self._place.removeWidget(self._holder)
            self._holder.deleteLater()
            self._holder = None

    def _show(self, widgets: "tuple[Widget, ...]") -> None:
        self._clear()
        self.state.setVisible(not widgets)
        if not widgets:
            none = tr(
                "No loaded module of this node has controls. Load one first, for example in Shell: rgb load_n_init"
            )
            self.state.setText(none)
        self._holder = QWidget()
        column = QVBoxLayout(self._holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        for module in dict.fromkeys(widget.module for widget in widgets):
            card = Card(module)
            for widget in widgets:
                if widget.module == module:
                    control = make_control(widget, self.hub.theme)
                    control.wanted.connect(lambda values, control=control: self._want(control, values))
                    self.controls.append(control)
                    card.column.addWidget(control)
            column.addWidget(card)
        self._place.addWidget(self._holder)

    # --- sending

    def _want(self, control: Control, values: tuple[str, ...]) -> None:
        given = iter(values)
        self._waiting[control] = _PLACE.sub(lambda _found: next(given, ""), control.widget.call)
        if not self._busy and not self._settle.isActive():
            self._settle.start()

    def _send_next(self) -> None:
        if self._busy or not self._waiting:
            return
        control = next(iter(self._waiting))
        command, uid = self._waiting.pop(control), self._uid
        self._busy = True

        def told(replies: tuple[tuple[str, ...], ...]) -> None:
            if control in self.controls:
                control.answer(replies[0])

        def failed(error: ToolkitError) -> None:
            self._waiting.clear()
            self.hub.show_error(error)

        self.hub.run(
            "",
            lambda handle: self.hub.services.shell(uid, (command,), handle),
            done=told,
            failed=failed,
            ended=lambda _job: self._sent(),
            quiet=True,
        )

    def _sent(self) -> None:
        self._busy = False
        if self._waiting:
            self._settle.start()


PANEL = PanelInfo("controls", tr("Controls"), "mdi6.tune", 50, ControlsPanel, "node")
