"""Join Wi-Fi: the networks that the board sees, a password, and the node in its new network."""

from typing import TYPE_CHECKING

from devtoolkit.errors import UsageError
from devtoolkit.gui.job import Handle
from devtoolkit.gui.panels._base import Card, Panel
from devtoolkit.gui.panels._port_form import PortForm
from devtoolkit.gui.qt import QCheckBox, QLabel, QLineEdit, QListWidget, QListWidgetItem, Qt
from devtoolkit.gui.text import tr
from devtoolkit.gui.widgets.flow import Flow

if TYPE_CHECKING:
    from devtoolkit.services.wifi import Network, WifiResult

_AIR = "air"
_STRONG, _FAIR = -60, -75  # dBm: what a small antenna holds a connection with; below it drops out
_LIST = 132


class JoinWifi(Card):
    """With a board on USB it scans; over the node's own network the name is typed."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(tr("Join Wi-Fi"), tr("The board tries the network before it keeps it, and restarts."))
        self._panel = panel
        extra = ((_AIR, tr("Over the node's own network, which this computer has joined")),)
        self.form = PortForm(panel.hub, tr("Where the board is."), extra=extra)
        self.port = self.form.port
        self.column.addLayout(self.form)
        self.list = QListWidget(objectName="boxed")
        self.list.setFixedHeight(_LIST)
        self.empty = self.form.row(tr("Networks"), self.list, tr("What the board sees."))
        self.list.setAccessibleName(tr("Networks that the board sees"))
        self._label_on_top()
        self._fields()
        self.scan = panel.button(tr("Look for networks"), self._scan, icon="refresh")
        self.go = panel.button(tr("Join"), self._join, icon="node", primary=True)
        self.close_ = panel.button(tr("Close"), self.hide)
        self.column.addLayout(Flow(self.go, self.scan, self.close_))
        self.told = QLabel(wordWrap=True)
        self.told.hide()
        self.column.addWidget(self.told)
        self.port.moved.connect(self._moved)
        self.list.itemSelectionChanged.connect(self._picked)
        self.hide()

    def open(self, port: str) -> None:
        """For the board on this port; it is asked for its networks at once."""
        self.port.fill()
        self.port.choose(port)
        self.told.hide()
        self._moved()
        self._panel.show_part(self)
        if self.port.port not in ("", _AIR):
            self._scan()

    def fill(self) -> None:
        """Boards came or went."""
        self.port.fill()

    def _label_on_top(self) -> None:
        line, *_rest = self.form.getItemPosition(self.form.indexOf(self.list))
        label = self.form.itemAtPosition(line, 0)
        if label is not None:
            label.setAlignment(Qt.AlignTop)

    def _fields(self) -> None:
        self.name = QLineEdit(maxLength=32)
        self.form.row(tr("Network"), self.name, tr("Choose one above, or type a hidden one. 2.4 GHz only."))
        self.password = QLineEdit(echoMode=QLineEdit.Password, placeholderText=tr("none: an open network"))
        self.form.row(tr("Password"), self.password)
        self.force = QCheckBox(tr("Keep it without proof"))
        self.form.row(
            tr("Elsewhere"),
            self.force,
            tr("For a node that will stand where this network is: it is kept even if it cannot be joined here."),
        )

    def _moved(self) -> None:
        """Another board sees other networks."""
        over_air = self.port.port in ("", _AIR)
        self.list.clear()
        self.list.hide()
        self.scan.setEnabled(not over_air)
        self.force.setEnabled(not over_air)
        self.empty.setText(
            tr("Join the node's own network with this computer first (its name is the node's name), then press Join.")
            if over_air
            else tr("Press Look for networks: the board lists what it sees. It is interrupted for a few seconds.")
        )
        self.empty.show()

    def _scan(self) -> None:
        port = self.port.port

        def work(handle: Handle) -> object:
            return self._panel.hub.services.wifi_scan(port, handle)

        self.empty.setText(tr("The board looks for networks ..."))
        job = self._panel.hub.run(
            tr("Networks around {port}", port=port), work, done=self._found, ended=self._scanned, key=f"port:{port}"
        )
        self.scan.setEnabled(job is None)

    def _scanned(self, job: object) -> None:
        self.scan.setEnabled(self.port.port not in ("", _AIR))
        if getattr(job, "state", "") != "done":
            self._moved()

    def _found(self, result: "WifiResult") -> None:
        self.list.clear()
        for network in result.networks:
            item = QListWidgetItem(_line(network))
            item.setData(Qt.UserRole, network.name)
            self.list.addItem(item)
        self.list.setVisible(bool(result.networks))
        self.empty.setVisible(not result.networks)
        self.empty.setText(tr("The board sees no network. It can only see 2.4 GHz; move it nearer to the router."))

    def _picked(self) -> None:
        chosen = self.list.selectedItems()
        if chosen:
            self.name.setText(chosen[0].data(Qt.UserRole))
            self.password.setFocus()

    def _join(self) -> None:
        port, name, password = self.port.port, self.name.text().strip(), self.password.text()
        force, services = self.force.isChecked(), self._panel.hub.services
        if not name:
            hint = tr("Choose one of the list, or type its name.")
            self._panel.hub.show_error(UsageError(tr("No network is chosen."), hint=hint))
            return

        def work(handle: Handle) -> object:
            if port == _AIR:
                return services.wifi_join_over_network(name, password, handle)
            return services.wifi_join(port, name, password, handle, force=force)

        self.told.hide()
        job = self._panel.hub.run(
            tr("Join Wi-Fi {name}", name=name),
            work,
            done=self._joined,
            ended=lambda _job: self.go.setEnabled(True),
            key=f"port:{port}",
            secrets=(password,),
        )
        self.go.setEnabled(job is None)

    def _joined(self, result: "WifiResult") -> None:
        self.password.clear()
        self.told.setObjectName("good" if result.device else "warn")
        if result.device:
            self._panel.hub.watcher.seen(result.device)
            words = tr(
                "{name} is in {network} now and answers at {ip}.",
                name=result.node,
                network=result.joined,
                ip=result.device.ip,
            )
        else:
            words = tr("{name} keeps {network}, but did not answer in it.", name=result.node, network=result.joined)
        self.told.setText(words)
        style = self.told.style()
        if style is not None:
            style.polish(self.told)
        self._panel.show_part(self.told)


def _line(network: "Network") -> str:
    """A network with its strength in a word, never by a picture alone."""
    strength = tr("strong") if network.rssi >= _STRONG else tr("fair") if network.rssi >= _FAIR else tr("weak")
    return f"{network.name}  \u00b7  {strength}, {network.rssi} dBm  \u00b7  {network.security}"
