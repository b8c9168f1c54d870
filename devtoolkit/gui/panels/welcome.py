"""The first page: the three first steps, also for somebody without any hardware."""

from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import Card, Panel, PanelInfo
from devtoolkit.gui.panels._fleet import power_on
from devtoolkit.gui.qt import QLabel, QPushButton
from devtoolkit.gui.text import tr
from devtoolkit.gui.widgets.flow import Flow

FIRST_NODE = "demo"
_NAMED = 4


class WelcomePanel(Panel):
    """Get a node, talk to it, make it yours."""

    def __init__(self, hub: Hub) -> None:
        intro = tr("Puts micrOS on ESP32 and RP2 boards, and finds, configures and commands those nodes.")
        super().__init__(hub, tr("Welcome"), intro)
        self.column.addWidget(self._first())
        self.column.addWidget(self._second())
        self.column.addWidget(self._third())
        keys = tr("Keys: Ctrl+F search, Ctrl+L devices, Ctrl+P panels, F5 search the network, Menu key: more.")
        self.column.addWidget(QLabel(keys, objectName="soft", wordWrap=True))
        self.column.addStretch(1)
        self.refresh()

    def _first(self) -> Card:
        first = Card(
            tr("1.  Get a node"),
            tr(
                "A node is a board that runs micrOS. With a board: plug it in, it appears on the left by itself. "
                "No hardware yet? A virtual board is a real MicroPython behind a real flash image; "
                "everything works with it."
            ),
        )
        self.virtual = self.button(tr("Try a virtual board"), self._try, icon="virtual", primary=True)
        self.deploy = self._link(tr("Deploy (USB)"), "deploy", "usb")
        self.workshop = self._link(tr("Many boards"), "workshop", "mdi6.account-group-outline")
        first.column.addLayout(Flow(self.virtual, self.deploy, self.workshop))
        return first

    def _second(self) -> Card:
        second = Card(tr("2.  Talk to it"), tr("Select the node on the left, then move its controls or type commands."))
        self.here = QLabel(objectName="good", wordWrap=True)
        second.column.addWidget(self.here)
        self.controls = self._link(tr("Controls"), "controls", "mdi6.tune")
        self.shell = self._link(tr("Shell"), "shell", "mdi6.console")
        second.column.addLayout(Flow(self.controls, self.shell))
        return second

    def _third(self) -> Card:
        third = Card(
            tr("3.  Make it yours"),
            tr("Give it a name and a Wi-Fi, drop your own load modules onto it, and keep it up to date over the air."),
        )
        self.config = self._link(tr("Configuration"), "config", "mdi6.tune-variant")
        self.modules = self._link(tr("Load modules"), "modules", "mdi6.puzzle-outline")
        self.ota = self._link(tr("Update (OTA)"), "ota", "mdi6.cloud-upload-outline")
        third.column.addLayout(Flow(self.config, self.modules, self.ota))
        return third

    def refresh(self) -> None:
        names = [row.name for row in self.hub.model.rows() if row.online]
        more = tr(" and {count} more", count=len(names) - _NAMED) if len(names) > _NAMED else ""
        self.here.setText(tr("Here now: {names}", names=", ".join(names[:_NAMED]) + more))
        self.here.setVisible(bool(names))

    def rows_changed(self, keys: set[str]) -> None:
        self.refresh()

    def _link(self, words: str, panel: str, icon: str) -> QPushButton:
        return self.button(words, lambda: self.hub.panel_wanted.emit(panel), icon=icon)

    def _try(self) -> None:
        power_on(self.hub, (FIRST_NODE,))


PANEL = PanelInfo("welcome", tr("Welcome"), "mdi6.home-outline", 0, WelcomePanel)
