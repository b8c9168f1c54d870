"""What came of a deploy, and what to do next with the new node."""

from typing import TYPE_CHECKING

from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import Card
from devtoolkit.gui.qt import QLabel, Qt, QVBoxLayout
from devtoolkit.gui.text import size, span, tr
from devtoolkit.gui.widgets.secret import SecretLine

if TYPE_CHECKING:
    from devtoolkit.services.deploy import DeployReport


class DeployedCard(Card):
    """Filled by `tell`."""

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self._hub = hub
        self.head = QLabel(objectName="good")
        self.words = QLabel(wordWrap=True)
        self.words.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self._place = QVBoxLayout()
        self.secret: SecretLine | None = None
        self.column.addWidget(self.head)
        self.column.addWidget(self.words)
        self.column.addLayout(self._place)

    def tell(self, report: "DeployReport") -> None:
        self.head.setText(tr("{name} is ready", name=report.name))
        written = tr("{bytes} written and read back in {time}.", bytes=size(report.bytes), time=span(report.seconds))
        system = tr("micrOS {a} on MicroPython {b}.", a=report.versions.micros, b=report.versions.micropython or "-")
        self.words.setText(f"{written} {system}\n{self._next(report)}")
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
            "then set staessid and stapwd in Configuration:",
            name=report.name,
        )
