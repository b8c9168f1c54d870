"""The first page: what to do next, also for somebody without any hardware."""

from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import Card, Panel, PanelInfo, buttons
from devtoolkit.gui.panels._fleet import power_on
from devtoolkit.gui.qt import QLabel
from devtoolkit.gui.text import tr

FIRST_NODE = "demo"


class WelcomePanel(Panel):
    """Three ways to begin."""

    def __init__(self, hub: Hub) -> None:
        intro = tr("Puts micrOS on ESP32 and RP2 boards, and finds, configures and commands those nodes.")
        super().__init__(hub, tr("Welcome"), intro)
        self._card(
            tr("No hardware yet?"),
            tr(
                "Power on a virtual board: a real MicroPython behind a real flash image. "
                "It shows up on the left like any other node, and everything works with it."
            ),
            tr("Try a virtual board"),
            "virtual",
            self._try,
            primary=True,
        )
        self._card(
            tr("A board on USB"),
            tr("Plug it in. It appears on the left by itself. Choose its type, press Deploy (USB), answer Yes."),
            tr("Deploy (USB)"),
            "usb",
            lambda: hub.panel_wanted.emit("deploy"),
        )
        self._card(
            tr("Nodes that run already"),
            tr("Nodes in your network appear by themselves. Select one to configure, command or update it."),
            tr("Update (OTA)"),
            "node",
            lambda: hub.panel_wanted.emit("ota"),
        )
        keys = tr("Keys: Ctrl+F search, Ctrl+L devices, Ctrl+P panels, F5 search the network, Menu key: more.")
        self.column.addWidget(QLabel(keys, objectName="soft", wordWrap=True))
        self.column.addStretch(1)

    def _card(self, heading: str, words: str, label: str, icon: str, slot: object, *, primary: bool = False) -> None:
        card = Card(heading, words)
        press = self.button(label, slot, icon=icon, primary=primary)  # type: ignore[arg-type]
        card.column.addLayout(buttons(press))
        self.column.addWidget(card)

    def _try(self) -> None:
        power_on(self.hub, (FIRST_NODE,))


PANEL = PanelInfo("welcome", tr("Welcome"), "mdi6.home-outline", 0, WelcomePanel)
