"""A node's password: dots, until somebody deliberately presses Reveal, Copy or QR; it hides itself again."""

from collections.abc import Callable

from devtoolkit.gui import icons
from devtoolkit.gui.dialogs import copy
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.qt import (
    QColor,
    QDialog,
    QHBoxLayout,
    QImage,
    QLabel,
    QPixmap,
    QPushButton,
    Qt,
    QTimer,
    QVBoxLayout,
    QWidget,
)
from devtoolkit.gui.roster import Row
from devtoolkit.gui.text import tr

DOTS = "\u2022" * 9
_SHOWN_MS = 20_000
_QR_SIDE = 220


class SecretLine(QWidget):
    """The password that the toolkit keeps for a uid. It is read when it is wanted, and held by no widget before."""

    def __init__(self, hub: Hub, uid: str, network: str) -> None:
        super().__init__()
        self._hub, self._uid, self._network = hub, uid, network
        self._then: Callable[[str], None] = copy  # what the password was asked for
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        line = QHBoxLayout()
        self.shown = QLabel(DOTS)
        self.shown.setMinimumWidth(110)
        self.shown.setAccessibleName(tr("Password, hidden"))
        line.addWidget(self.shown)
        self.reveal = self._button(tr("Reveal"), "reveal", self._reveal)
        self.copy = self._button(tr("Copy"), "copy", self._copy)
        self.qr = self._button(tr("QR"), "qr", self._qr)
        for button in (self.reveal, self.copy, self.qr):
            line.addWidget(button)
        line.addStretch(1)
        column.addLayout(line)
        self.code = QLabel()
        self.code.setAccessibleName(tr("QR code of the node's own network"))
        self.code.hide()
        column.addWidget(self.code)
        self._timer = QTimer(self, singleShot=True, interval=_SHOWN_MS)
        self._timer.timeout.connect(self.hide_again)

    def hide_again(self) -> None:
        self.shown.setText(DOTS)
        self.reveal.setText(tr("Reveal"))
        self.code.clear()
        self.code.hide()
        self._timer.stop()

    def hideEvent(self, event: object) -> None:
        self.hide_again()

    def _button(self, text: str, icon: str, slot: Callable[[], object]) -> QPushButton:
        made = QPushButton(icons.icon(icon, self._hub.theme.text), text)
        made.setAccessibleName(tr("{what} the password", what=text))
        made.setAutoDefault(False)
        made.clicked.connect(lambda _on: slot())
        return made

    def _fetch(self, then: Callable[[str], None]) -> None:
        """The keyring or the disk may take their time; what was pressed last counts."""
        self._then = then
        self._hub.fetch(lambda _handle: self._hub.services.password_of(self._uid), self._fetched)

    def _fetched(self, secret: str | None) -> None:
        if not self.isVisible():
            return
        if secret is None:
            self.shown.setText(tr("not kept on this computer"))
        else:
            self._then(secret)

    def _reveal(self) -> None:
        if self._timer.isActive():
            self.hide_again()
        else:
            self._fetch(self._show)

    def _show(self, secret: str) -> None:
        self.shown.setText(secret)
        self.reveal.setText(tr("Hide"))
        self._timer.start()

    def _copy(self) -> None:
        self._fetch(copy)

    def _qr(self) -> None:
        if self.code.isVisible():
            self.hide_again()
        else:
            self._fetch(self._show_code)

    def _show_code(self, secret: str) -> None:
        self.code.setPixmap(wifi_code(self._network, secret))
        self.code.show()
        self._timer.start()


class SecretDialog(QDialog):
    """The password of one node."""

    def __init__(self, parent: QWidget, hub: Hub, row: Row) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.setWindowTitle(tr("Password of {name}", name=row.name))
        self.setMinimumWidth(430)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.addWidget(QLabel(tr("Password of {name}", name=row.name), objectName="heading"))
        told = tr("For its shell, its updates, and the network it opens by itself. Shown for 20 seconds.")
        column.addWidget(QLabel(told, objectName="soft", wordWrap=True))
        self.line = SecretLine(hub, row.uid, row.name)
        column.addWidget(self.line)
        close = QPushButton(tr("Close"))
        close.setAccessibleName(tr("Close"))
        close.clicked.connect(self.accept)
        column.addWidget(close, 0, Qt.AlignRight)


def wifi_code(network: str, password: str) -> QPixmap:
    """A picture that a phone joins the network with."""
    import segno  # late: rarely wanted
    from segno import helpers

    data = helpers.make_wifi_data(ssid=network, password=password, security="WPA")
    rows = tuple(segno.make(data, error="m").matrix_iter(border=3))
    image = QImage(len(rows), len(rows), QImage.Format_RGB32)
    for down, row in enumerate(rows):
        for right, dark in enumerate(row):
            image.setPixelColor(right, down, QColor("#000000" if dark else "#ffffff"))
    return QPixmap.fromImage(image).scaled(_QR_SIDE, _QR_SIDE, Qt.KeepAspectRatio, Qt.FastTransformation)
