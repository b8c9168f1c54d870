"""Gateway: all nodes over HTTP from this window: start, stop, address, who is served, how much is asked, its log."""

from devtoolkit.errors import ToolkitError, UsageError
from devtoolkit.gui.dialogs import copy
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.job import Handle, Job
from devtoolkit.gui.panels._base import Card, Form, Panel, PanelInfo, buttons
from devtoolkit.gui.qt import (
    QCheckBox,
    QDesktopServices,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    Qt,
    QUrl,
    pyqtSignal,
)
from devtoolkit.gui.seam.gateway import GatewayCondition, GatewayWish
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import restyle
from devtoolkit.settings import LOOPBACK

PORT = 5005
_LINES = 200
_LIST_HIGH, _LOG_HIGH = 150, 170
_KEY = "gateway"


class GatewayPanel(Panel):
    """One gateway at most; it is a job like others, and ends with the window."""

    ready = pyqtSignal(str)  # its address; as the next two from the job's thread
    told = pyqtSignal(object)  # Condition
    said = pyqtSignal(str)

    def __init__(self, hub: Hub) -> None:
        intro = tr(
            "Serves all known nodes over HTTP: REST, Prometheus, dashboard, Home Assistant. Ends with the window."
        )
        super().__init__(hub, tr("Gateway"), intro)
        self.job: Job | None = None
        self._build()
        self.ready.connect(self._ready)
        self.told.connect(self._told)
        self.said.connect(self.log.appendPlainText)
        hub.fetch(lambda _handle: hub.services.has_keyring(), self._keyring)
        self._show()

    # --- the page

    def _build(self) -> None:
        settings = Card(tr("Settings"))
        form = Form()
        self.host = QLineEdit(LOOPBACK)
        form.row(tr("Address"), self.host, tr("127.0.0.1: this computer only. 0.0.0.0: all its networks, with a user."))
        self.port = self._port_field()
        form.row(tr("Port"), self.port)
        self.user = QLineEdit()
        form.row(tr("User"), self.user, tr("Needed beyond this computer: else anybody there could command the nodes."))
        self.password = QLineEdit(echoMode=QLineEdit.Password)
        form.row(tr("Password"), self.password, tr("Left empty, the one in the keyring is taken."))
        self.keep = QCheckBox(tr("Keep the password in this computer's keyring"))
        self.keep.setEnabled(False)
        form.row(tr("Keyring"), self.keep)
        self.mqtt_on = QCheckBox(tr("Announce the nodes to Home Assistant"))
        form.row(tr("MQTT"), self.mqtt_on)
        self.mqtt = QLineEdit(placeholderText="mqtt://user@host:1883", enabled=False)
        about = tr("Its password is read from MQTT_PASSWORD_FILE or the keyring, never from the address.")
        form.row(tr("Broker"), self.mqtt, about)
        settings.column.addLayout(form)
        self.column.addWidget(self._state())
        self.column.addWidget(settings)
        said = Card(tr("Log"))
        self.log = QPlainTextEdit(readOnly=True, maximumBlockCount=_LINES, objectName="terminal")
        self.log.setAccessibleName(tr("Log of the gateway"))
        self.log.setPlaceholderText(tr("What the gateway is asked appears here."))
        self.log.setFixedHeight(_LOG_HIGH)
        said.column.addWidget(self.log)
        self.column.addWidget(said)
        self.column.addStretch(1)
        self.mqtt_on.toggled.connect(self.mqtt.setEnabled)

    def _port_field(self) -> QLineEdit:
        field = QLineEdit(str(PORT), maxLength=5)
        field.setPlaceholderText(str(PORT))
        return field

    def _state(self) -> Card:
        card = Card(tr("State"))
        self.state = QLabel(wordWrap=True)
        card.column.addWidget(self.state)
        self.go = self.button(tr("Start gateway"), self._start, icon="mdi6.play", primary=True)
        self.stop = self.button(tr("Stop gateway"), self._stop, icon="stop")
        self.url = QLabel(textInteractionFlags=Qt.TextSelectableByMouse | Qt.TextSelectableByKeyboard)
        self.url.setAccessibleName(tr("Address of the gateway"))
        self.open = self.button(tr("Open"), self._open, icon="mdi6.open-in-new")
        self.copy = self.button(tr("Copy address"), lambda: copy(self.url.text()), icon="copy")
        card.column.addLayout(buttons(self.url, self.open, self.copy))
        self.counts = QLabel(objectName="soft", wordWrap=True)
        card.column.addWidget(self.counts)
        self.nodes = QListWidget(objectName="boxed")
        self.nodes.setAccessibleName(tr("Nodes that the gateway serves"))
        card.column.addWidget(self.nodes)
        self.none = QLabel(tr("No node is known yet. The gateway serves those that the list on the left finds."))
        self.none.setObjectName("soft")
        self.none.setWordWrap(True)
        card.column.addWidget(self.none)
        card.column.addLayout(buttons(self.go, self.stop))
        return card

    def _keyring(self, there: bool) -> None:
        self.keep.setEnabled(there)
        if not there:
            self.keep.setToolTip(tr("This computer has no keyring that can be used."))

    def _show(self) -> None:
        """What can be pressed, and what is seen, while it runs or not."""
        runs, url = self.job is not None, self.url.text()
        now, other = (self.stop, self.go) if runs else (self.go, self.stop)
        now.setEnabled(True)
        if other.hasFocus():  # else it goes to whatever comes next, and the page scrolls there
            now.setFocus()
        other.setEnabled(False)
        for part in (self.host, self.port, self.user, self.password, self.mqtt_on):
            part.setEnabled(not runs)
        self.mqtt.setEnabled(not runs and self.mqtt_on.isChecked())
        for widget in (self.url, self.open, self.copy, self.counts):
            widget.setVisible(bool(runs and url))
        self.nodes.setVisible(bool(runs and self.nodes.count()))
        self.none.setVisible(bool(runs and url and not self.nodes.count()))

    def _tell(self, kind: str, text: str) -> None:
        self.state.setObjectName(kind)
        self.state.setText(text)
        restyle(self.state)

    # --- what happens

    def refresh(self) -> None:
        if self.job is None and not self.state.text():
            self._tell("soft", tr("\u25cb Stopped"))

    def _wish(self) -> GatewayWish:
        port = self.port.text().strip() or str(PORT)
        if not port.isdecimal() or int(port) > 65535:
            raise UsageError(tr("{port} is no port.", port=port), hint=tr("Write a number up to 65535."))
        mqtt = self.mqtt.text().strip() if self.mqtt_on.isChecked() else ""
        if self.mqtt_on.isChecked() and not mqtt:
            raise UsageError(tr("The broker's address is missing."), hint="mqtt://user@host:1883")
        host = self.host.text().strip() or LOOPBACK
        return GatewayWish(host, int(port), self.user.text().strip(), self.password.text(), mqtt)

    def _start(self) -> None:
        try:
            wish = self._wish()
        except UsageError as error:
            self.hub.show_error(error)
            return
        keep = self.keep.isChecked() and bool(wish.password)
        self.log.clear()
        self.nodes.clear()
        self.url.clear()

        def work(handle: Handle) -> None:
            services = self.hub.services
            password = wish.password or (services.gateway_secret(wish.user) if wish.user else "")
            if keep:
                services.keep_gateway_secret(wish.user, password)
            say = handle.say

            def both(line: str) -> None:
                say(line)
                self.said.emit(line)

            handle.say = both
            full = GatewayWish(wish.host, wish.port, wish.user, password, wish.mqtt)
            services.gateway(full, self.ready.emit, self.told.emit, handle)

        secrets = (wish.password,) if wish.password else ()
        self._tell("soft", tr("Starting ..."))
        self.job = self.hub.run(tr("Gateway"), work, failed=self._failed, ended=self._ended, key=_KEY, secrets=secrets)
        self._show()

    def _stop(self) -> None:
        if self.job is not None:
            self.job.stop()
            self._tell("soft", tr("Stopping ..."))

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl(self.url.text()))

    def _ready(self, url: str) -> None:
        if self.job is None:
            return
        self.password.clear()
        self.url.setText(url)
        self.job.holding = tr("Serves at {url}", url=url)
        self.job.changed.emit()
        self._tell("good", tr("\u25cf Running"))
        self._show()

    def _told(self, found: GatewayCondition) -> None:
        if self.job is None:
            return
        text = tr("{requests} requests, {failed} failed, {refused} with a wrong password", requests=found.requests,
                  failed=found.failed, refused=found.refused)  # fmt: skip
        self.counts.setText(text)
        rows = [
            "  \u00b7  ".join(part for part in (name, ip, state.capitalize().replace("_", " ")) if part)
            for name, ip, state in found.nodes
        ]
        if rows != [self.nodes.item(at).text() for at in range(self.nodes.count())]:
            self.nodes.clear()
            self.nodes.addItems(rows)
            self.nodes.setFixedHeight(min(_LIST_HIGH, len(rows) * self.nodes.sizeHintForRow(0) + 8))
        self._show()

    def _failed(self, error: ToolkitError) -> None:
        self._tell("bad", tr("\u00d7 Could not run: {why}", why=error.message))
        self.hub.show_error(error, self.job)

    def _ended(self, job: Job) -> None:
        self.job = None
        self.url.clear()
        if job.error is None:
            self._tell("soft", tr("\u25cb Stopped"))
        self._show()


PANEL = PanelInfo("gateway", tr("Gateway"), "mdi6.server-network", 100, GatewayPanel)
