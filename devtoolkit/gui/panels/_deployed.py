"""What came of a deploy, and what to do next with the new node."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from devtoolkit.gui.panels._base import Card, Panel
from devtoolkit.gui.qt import QLabel, Qt, QVBoxLayout
from devtoolkit.gui.text import size, span, tr
from devtoolkit.gui.widgets.flow import Flow
from devtoolkit.gui.widgets.secret import SecretLine

if TYPE_CHECKING:
    from devtoolkit.services.deploy import DeployReport


class DeployedCard(Card):
    """Filled by `tell`. `join` is called with the port of a node that has no Wi-Fi yet."""

    def __init__(self, panel: Panel, join: Callable[[str], object]) -> None:
        super().__init__()
        self._hub = panel.hub
        self._port = ""
        self.head = QLabel(objectName="good")
        self.words = QLabel(wordWrap=True)
        self.words.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.pins = QLabel(objectName="warn", wordWrap=True)
        self._place = QVBoxLayout()
        self.secret: SecretLine | None = None
        self.join = panel.button(tr("Join Wi-Fi"), lambda: join(self._port), icon="node", primary=True)
        for part in (self.head, self.words, self.pins):
            self.column.addWidget(part)
        self.column.addLayout(self._place)
        self.column.addLayout(Flow(self.join))
        self.hide()

    def tell(self, report: "DeployReport") -> None:
        self._port = report.port
        self.head.setText(tr("{name} is ready", name=report.name))
        written = tr("{bytes} written and read back in {time}.", bytes=size(report.bytes), time=span(report.seconds))
        system = tr("micrOS {a} on MicroPython {b}.", a=report.versions.micros, b=report.versions.micropython or "-")
        self.words.setText(f"{written} {system}\n{self._next(report)}")
        self.pins.setText("\n".join(tr("Pins: {what}", what=one) for one in report.warnings))
        self.pins.setVisible(bool(report.warnings))
        self.join.setVisible(report.device is None)
        if self.secret is not None:
            self._place.removeWidget(self.secret)
            self.secret.deleteLater()
        self.secret = SecretLine(self._hub, report.uid, report.name)
        self._place.addWidget(self.secret)

    @staticmethod
    def _next(report: "DeployReport") -> str:
        if report.device:
            return tr("It answers at {ip}. Its password, for shell and updates:", ip=report.device.ip)
        return tr(
            "It has no Wi-Fi yet, so it opens its own network {name}. Join that network with this password, "
            "or press Join Wi-Fi to bring the node into yours:",
            name=report.name,
        )
