"""One virtual board on the bench: its lights, buttons, sensors, parts, display, network and console."""

from typing import TYPE_CHECKING

from devtoolkit.gui.panels._base import Card
from devtoolkit.gui.panels._sim_feed import Feed
from devtoolkit.gui.panels._sim_parts import PartsCard
from devtoolkit.gui.panels._sim_sensors import SensorsCard
from devtoolkit.gui.qt import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSlider,
    Qt,
    QVBoxLayout,
    QWidget,
)
from devtoolkit.gui.text import tr
from devtoolkit.gui.widgets.sim_lights import LightsView, OledView

if TYPE_CHECKING:
    from devtoolkit.services.sim_panel import BoardLook, ButtonState, Display, LinkState

_PRESS_MS = 120  # a short press; longer than what drivers take for a bounce
_CONSOLE_ROWS, _CONSOLE_CHARS = 9, 20_000
_DELAY_STEP_MS, _DELAY_MOST_MS = 10, 1000
_KINDS = (("", "no display"), ("ssd1306", "SSD1306"), ("sh1106", "SH1106"))


class Bench(QWidget):
    """Shows what the feed sees of the board that is watched."""

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        self._board = ""
        self.heading = QLabel(objectName="heading")
        self.words = QLabel(objectName="soft", wordWrap=True)
        self.lights = LightsView()
        self.buttons = ButtonsCard(feed)
        self.sensors = SensorsCard(feed)
        self.parts = PartsCard(feed)
        self.display = DisplayCard(feed)
        self.network = NetworkCard(feed)
        self.console = ConsoleCard()
        shining = Card(tr("Lights and outputs"))
        self.no_lights = QLabel(
            tr("Nothing shines yet. Load a module that drives a light, for example in Shell: rgb load_n_init"),
            objectName="soft",
            wordWrap=True,
        )
        shining.column.addWidget(self.no_lights)
        shining.column.addWidget(self.lights)
        self._alive = (shining, self.buttons, self.sensors, self.parts, self.display, self.network)
        for part in (self.heading, self.words, *self._alive, self.console):
            column.addWidget(part)
        feed.refused.connect(self._refused)

    def put(self, look: "BoardLook") -> None:
        row = look.row
        if row.name != self._board:
            self._board = row.name
            self.buttons.forget()
            self.sensors.forget()
            self.parts.forget()
        self.heading.setText(row.name)
        state = tr("running") if look.alive else tr("busy") if row.state == "running" else tr(row.state)
        self.words.setText(f"{row.chip}  \u00b7  {state}  \u00b7  {row.ip}:{row.shell_port}")
        for part in self._alive:
            part.setVisible(look.alive)
        self.console.put(look.console)
        if not look.alive:
            return
        self.lights.put(look.lights)
        self.no_lights.setVisible(not look.lights)
        self.buttons.put(look.buttons)
        self.sensors.put(look.sensors)
        if look.parts is not None:
            self.parts.put(look.parts)
        self.display.put(look.display)
        if look.link is not None:
            self.network.put(look.link)

    def _refused(self, key: str, text: str) -> None:
        self.sensors.refused(key, text)
        self.parts.refused(key, text)
        if not key.startswith(("sensor ", "part ")):
            self.words.setText(text)


class ButtonsCard(Card):
    """Press or hold the buttons that a board usually has."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(tr("Buttons"))
        self._feed = feed
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(3, 1)
        self.column.addLayout(self._grid)
        self._made: tuple[tuple[str, int], ...] = ()
        self.press: dict[str, QPushButton] = {}
        self.hold: dict[str, QCheckBox] = {}
        self._told: dict[str, QLabel] = {}

    def put(self, buttons: "tuple[ButtonState, ...]") -> None:
        names = tuple((button.name, button.gpio) for button in buttons)
        if names != self._made:
            self._made = names
            self._rebuild(buttons)
        for button in buttons:
            told = tr("the node reacts to it") if button.watched else tr("nobody reacts to it")
            self._told[button.name].setText(f"{tr('pressed')}, {told}" if button.down else told)
            if not button.down and not self._feed.pending(f"hold {button.name}"):
                self._let_go(button.name)  # a board that restarts forgets who held it

    def forget(self) -> None:
        """Another board: what was held there is not held here."""
        for name in self.hold:
            self._let_go(name)

    def _let_go(self, name: str) -> None:
        self.hold[name].blockSignals(True)
        self.hold[name].setChecked(False)
        self.hold[name].blockSignals(False)

    def _rebuild(self, buttons: "tuple[ButtonState, ...]") -> None:
        while item := self._grid.takeAt(0):
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for table in (self.press, self.hold, self._told):
            table.clear()
        for at, button in enumerate(buttons):
            self._row(at, button)

    def _row(self, at: int, button: "ButtonState") -> None:
        name = tr("boot button") if button.name == "boot" else button.name
        press, hold, told = QPushButton(tr("Press")), QCheckBox(tr("hold")), QLabel(objectName="soft")
        press.setAccessibleName(tr("Press {name}", name=name))
        hold.setAccessibleName(tr("Hold {name} down", name=name))
        press.clicked.connect(lambda _on: self._press(button))
        hold.toggled.connect(lambda on: self._hold(button, down=on))
        for column, part in enumerate((QLabel(f"{name}  \u00b7  GPIO {button.gpio}"), press, hold, told)):
            self._grid.addWidget(part, at, column)
        self.press[button.name], self.hold[button.name], self._told[button.name] = press, hold, told

    def _press(self, button: "ButtonState") -> None:
        board = self._feed.name
        self._feed.want(f"press {button.name}", lambda services: services.virtual_press(board, button, _PRESS_MS))

    def _hold(self, button: "ButtonState", *, down: bool) -> None:
        board = self._feed.name
        self._feed.want(f"hold {button.name}", lambda services: services.virtual_hold(board, button, down=down))


class DisplayCard(Card):
    """An OLED on the bus, and its picture."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(tr("Display"))
        self._feed = feed
        self.kind = QComboBox()
        self.kind.setAccessibleName(tr("Display on the bus"))
        for kind, title in _KINDS:
            self.kind.addItem(tr(title), kind)
        line = QHBoxLayout()
        line.addWidget(self.kind)
        line.addStretch(1)
        self.column.addLayout(line)
        self.picture = OledView()
        self.picture.hide()
        self.column.addWidget(self.picture)
        self.kind.activated.connect(lambda _at: self._wire())

    def put(self, display: "Display | None") -> None:
        if self._feed.pending("display"):
            return
        self.kind.setCurrentIndex(self.kind.findData(display.kind if display else ""))
        self.picture.setVisible(display is not None)
        if display is not None:
            self.picture.put(display.frame)

    def _wire(self) -> None:
        board, kind = self._feed.name, str(self.kind.currentData())
        self._feed.want("display", lambda services: services.virtual_display(board, kind))


class NetworkCard(Card):
    """Faults of the network, made on purpose."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(tr("Network"))
        self._feed = feed
        self.joined = QLabel(objectName="soft")
        self.in_range = QCheckBox(tr("A Wi-Fi is in range"))
        self.multicast = QCheckBox(tr("Group messages (mDNS) arrive"))
        self.time_server = QCheckBox(tr("The time server answers"))
        self._boxes = {"in_range": self.in_range, "multicast": self.multicast, "time_server": self.time_server}
        self.column.addWidget(self.joined)
        for key, box in self._boxes.items():
            self.column.addWidget(box)
            box.toggled.connect(lambda on, key=key: self._change(key, on))
        line = QHBoxLayout()
        self.delay = QSlider(Qt.Horizontal, minimum=0, maximum=_DELAY_MOST_MS // _DELAY_STEP_MS)
        self.delay.setAccessibleName(tr("Delay before each piece that is sent, in milliseconds"))
        self._told = QLabel()
        self._told.setFixedWidth(76)
        for part, stretch in ((QLabel(tr("Delay")), 0), (self.delay, 1), (self._told, 0)):
            line.addWidget(part, stretch)
        self.column.addLayout(line)
        self.delay.valueChanged.connect(self._delayed)
        self._tell()

    def put(self, link: "LinkState") -> None:
        self.joined.setText(tr("Joined: {name}", name=link.joined) if link.joined else tr("Not in any Wi-Fi"))
        for key, box in self._boxes.items():
            if not self._feed.pending(f"network {key}"):
                box.blockSignals(True)
                box.setChecked(bool(getattr(link, key)))
                box.blockSignals(False)
        if not self._feed.pending("network delay_ms") and not self.delay.isSliderDown():
            self.delay.blockSignals(True)
            self.delay.setValue(link.delay_ms // _DELAY_STEP_MS)
            self.delay.blockSignals(False)
            self._tell()

    def _delayed(self, at: int) -> None:
        self._tell()
        self._change("delay_ms", at * _DELAY_STEP_MS)

    def _tell(self) -> None:
        self._told.setText(f"{self.delay.value() * _DELAY_STEP_MS} ms")

    def _change(self, key: str, value: object) -> None:
        board = self._feed.name
        self._feed.want(f"network {key}", lambda services: services.virtual_network(board, {key: value}))


class ConsoleCard(Card):
    """What the board has printed last."""

    def __init__(self) -> None:
        super().__init__(tr("Console"))
        self.text = QPlainTextEdit(readOnly=True, objectName="terminal", tabChangesFocus=True)
        self.text.setAccessibleName(tr("What the board printed"))
        self.text.setFixedHeight(self.text.fontMetrics().lineSpacing() * _CONSOLE_ROWS + 24)
        self.column.addWidget(self.text)
        self._shown = ""

    def put(self, text: str) -> None:
        text = text[-_CONSOLE_CHARS:]
        if text == self._shown:
            return
        bar = self.text.verticalScrollBar()
        follows = bar is None or bar.value() >= bar.maximum()
        self._shown = text
        self.text.setPlainText(text.replace("\r\n", "\n"))
        if bar is not None and follows:
            bar.setValue(bar.maximum())
