"""Controls: widgets that the node's loaded modules describe themselves (`help True`)."""

import re
from typing import TYPE_CHECKING

from devtoolkit.errors import ToolkitError
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import Card, Panel, PanelInfo, buttons
from devtoolkit.gui.qt import QLabel, QTimer, QVBoxLayout, QWidget
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import Theme
from devtoolkit.gui.widgets.controls import Control, Reading, make_control
from devtoolkit.gui.widgets.graph import History

if TYPE_CHECKING:
    from devtoolkit.services.widget_values import Values
    from devtoolkit.services.widgets import Widget

_PLACE = re.compile(r":(?:range|options):")
_SETTLE_MS = 80  # a slider that is dragged sends at most so often, and always its last value
_LOOK_MS = 500  # after the last value: what does the node stand at now?


class ControlsPanel(Panel):
    """One card per module. Values are sent one after another; while one is under way, only the newest waits."""

    def __init__(self, hub: Hub) -> None:
        intro = tr("What the loaded modules of the node offer: colours, sliders, switches, readings.")
        super().__init__(hub, tr("Controls"), intro)
        self._uid = ""
        self._readable = False  # the node was asked and answered
        self.controls: list[Control] = []
        self._histories: dict[tuple[str, str], History] = {}  # by node and call
        self._waiting: dict[Control, str] = {}
        self._touched: set[str] = set()  # modules whose values were changed since the last look
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
        self._look = QTimer(self, singleShot=True, interval=_LOOK_MS)
        self._look.timeout.connect(self._look_again)
        hub.theme_changed.connect(self._use_theme)

    def refresh(self) -> None:
        if self.node().uid != self._uid:
            self._uid = self.node().uid
            self._read()

    def rows_changed(self, keys: set[str]) -> None:
        """A node that is back is read by itself."""
        if self._uid in keys and not self._readable and self.node().online and not self.state.text().endswith("..."):
            self._read()

    # --- the node

    def _read(self) -> None:
        uid = self._uid
        self._clear()
        self._readable = False
        self.state.setText(tr("Reading {name} ...", name=self.node().name))
        self.state.show()

        def found(widgets: "tuple[Widget, ...]") -> None:
            if uid == self._uid:
                self._readable = True
                self._show(widgets)
                self._ask_values({widget.module for widget in widgets})

        def failed(error: ToolkitError) -> None:
            if uid == self._uid:
                self.state.setText(tr("Could not be read: {why}", why=str(error)))

        self.hub.fetch(lambda handle: self.hub.services.widgets(uid, handle), found, failed)

    def _ask_values(self, modules: set[str]) -> None:
        """Let the controls of these modules show what the node stands at; one that is in use is left alone."""
        uid = self._uid
        widgets = tuple(one.widget for one in self.controls if one.widget.module in modules and one.names)
        if not widgets:
            return

        def found(values: "Values") -> None:
            for control in self.controls if uid == self._uid else ():
                now = values.get((control.widget.module, control.widget.function))
                if now and not control.held and control.widget.module not in self._touched:
                    control.show_values(now)

        self.hub.fetch(
            lambda handle: self.hub.services.control_values(uid, widgets, handle), found, lambda _error: None
        )

    def _look_again(self) -> None:
        if self._busy or self._waiting:
            return  # there is a later look
        modules, self._touched = self._touched, set()
        self._ask_values(modules)

    # --- what is shown

    def _clear(self) -> None:
        self.controls.clear()
        self._waiting.clear()
        self._touched.clear()
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
                    card.column.addWidget(self._control(widget))
            column.addWidget(card)
        self._place.addWidget(self._holder)

    def _control(self, widget: "Widget") -> Control:
        history = self._histories.setdefault((self._uid, widget.call), History())
        control = make_control(widget, self.hub.theme, history)
        control.wanted.connect(lambda values: self._want(control, values))
        self.controls.append(control)
        return control

    def _use_theme(self, theme: Theme) -> None:
        for control in self.controls:
            control.use_theme(theme)

    # --- sending

    def _want(self, control: Control, values: tuple[str, ...]) -> None:
        given = iter(values)
        self._waiting[control] = _PLACE.sub(lambda _found: next(given, ""), control.widget.call)
        if not isinstance(control, Reading):
            self._touched.add(control.widget.module)
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
            if control in self.controls:
                control.refuse(str(error))

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
        elif self._touched:
            self._look.start()


PANEL = PanelInfo("controls", tr("Controls"), "mdi6.tune", 50, ControlsPanel, "node")
