"""Servos, a rotary encoder and microphones of a virtual board, and what those hear: a box to fit each."""

from collections import deque
from typing import TYPE_CHECKING

from devtoolkit.gui.panels._base import Card
from devtoolkit.gui.panels._sim_feed import Action, Feed
from devtoolkit.gui.panels._sim_sensors import ValueSlider
from devtoolkit.gui.qt import QCheckBox, QComboBox, QLabel, QPushButton, QVBoxLayout, QWidget, pyqtSignal
from devtoolkit.gui.services import Services
from devtoolkit.gui.text import tr
from devtoolkit.gui.widgets.flow import Flow

if TYPE_CHECKING:
    from devtoolkit.services.sim_parts import Encoder, Microphone, Parts, Servo, Sound

_SHORT_CHARS = 14


class _Row(QWidget):
    """`acted`: the user did something here."""

    acted = pyqtSignal()

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self._feed = feed
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)

    def _line(self, *parts: QWidget) -> None:
        """Parts beside each other, in several lines where there is no room."""
        self._column.addLayout(Flow(*parts))

    def _want(self, key: str, action: Action) -> None:
        self.acted.emit()
        self._feed.want(key, action)


class ServoRow(_Row):
    """One servo: where its arm is."""

    def __init__(self, servo: "Servo", feed: Feed) -> None:
        super().__init__(feed)
        self._servo = servo
        self.key = f"part {servo.name}"
        self.fitted = QCheckBox(tr("Servo {name}", name=f"{servo.name}  \u00b7  GPIO {servo.gpio}"))
        self.told = QLabel(objectName="soft")
        self._line(self.fitted, self.told)
        self.fitted.toggled.connect(self._fit)

    def put(self, servo: "Servo") -> None:
        if self._feed.pending(self.key):
            return
        _show(self.fitted, on=servo.angle is not None)
        if servo.angle is None:
            self.told.clear()
        elif servo.pulse_us:
            pulse = f"{servo.pulse_us / 1000:.2f}"
            self.told.setText(tr("arm at {angle}\u00b0, pulse {pulse} ms", angle=round(servo.angle), pulse=pulse))
        else:
            self.told.setText(tr("no pulse yet"))

    def _fit(self, on: bool) -> None:
        board, servo = self._feed.name, self._servo
        self._want(self.key, lambda services: services.virtual_fit(board, servo, on=on))


class EncoderRow(_Row):
    """The rotary encoder: turn it, see how far it was turned."""

    key = "part encoder"

    def __init__(self, encoder: "Encoder", feed: Feed) -> None:
        super().__init__(feed)
        self.encoder = encoder
        self._owed: deque[int] = deque()  # detents of this board that were asked for and not sent yet
        where = f"GPIO {encoder.clk}, {encoder.dt}"
        self.fitted = QCheckBox(tr("Rotary encoder {where}", where=f"\u00b7  {where}"))
        self.back = QPushButton(tr("Turn left"), toolTip=tr("One detent counter-clockwise"))
        self.on = QPushButton(tr("Turn right"), toolTip=tr("One detent clockwise"))
        self.worn = QCheckBox(tr("worn contacts"), toolTip=tr("They bounce at every edge"))
        self.told = QLabel(objectName="soft")
        self._line(self.fitted, self.back, self.on, self.worn, self.told)
        note = QLabel(
            tr("The pin map names no pins for it; give the node, in Configuration: {setting}",
               setting=f"cstmpmap = rot_clk:{encoder.clk}; rot_dt:{encoder.dt}"),
            objectName="soft", wordWrap=True,
        )  # fmt: skip
        self.note = note
        self._column.addWidget(note)
        self.fitted.toggled.connect(self._fit)
        self.back.clicked.connect(lambda _on: self._turn(-1))
        self.on.clicked.connect(lambda _on: self._turn(1))

    def put(self, encoder: "Encoder") -> None:
        if self._feed.pending(self.key) or self._feed.pending(f"{self.key} turn"):
            return
        _show(self.fitted, on=encoder.detents is not None)
        self.told.setText("" if encoder.detents is None else tr("at detent {number}", number=f"{encoder.detents:g}"))
        self._open()
        self.note.setVisible(self.fitted.isChecked() and not encoder.named)

    def forget(self) -> None:
        """Another board: what is on its way still goes to the one before."""
        self._owed = deque()

    def _open(self) -> None:
        for part in (self.back, self.on, self.worn):
            part.setVisible(self.fitted.isChecked())

    def _fit(self, on: bool) -> None:
        self._open()
        board, encoder = self._feed.name, self.encoder
        self._want(self.key, lambda services: services.virtual_fit(board, encoder, on=on))

    def _turn(self, detents: int) -> None:
        """Every press counts, also those that come while the last one is on its way."""
        board, encoder, owed, bounces = self._feed.name, self.encoder, self._owed, self.worn.isChecked()
        owed.append(detents)

        def turn(services: Services) -> None:
            due = sum(owed.popleft() for _ in range(len(owed)))
            if due:
                services.virtual_turn(board, encoder, due, bounces=bounces)

        self._want(f"{self.key} turn", turn)


class MicrophoneRow(_Row):
    """One microphone, and what is wrong with it."""

    def __init__(self, microphone: "Microphone", feed: Feed) -> None:
        super().__init__(feed)
        self._microphone = microphone
        self.key = f"part {microphone.kind}"
        title = tr("Microphone on I2S") if microphone.kind == "i2s" else tr("Analog microphone")
        self.fitted = QCheckBox(f"{title}  \u00b7  GPIO {microphone.gpio}")
        self.fault = QComboBox()
        self.fault.setAccessibleName(tr("What is wrong with the {sensor}", sensor=title))
        self.fault.addItem(tr("works"), None)
        for fault in microphone.faults:
            self.fault.addItem(tr("fault: {fault}", fault=fault), fault)
        self.fault.setMinimumContentsLength(_SHORT_CHARS)
        self._line(self.fitted, self.fault)
        self.fitted.toggled.connect(lambda _on: self._send())
        self.fault.activated.connect(lambda _at: self._send())

    def put(self, microphone: "Microphone") -> None:
        view = self.fault.view()
        if self._feed.pending(self.key) or (view is not None and view.isVisible()):
            return
        _show(self.fitted, on=microphone.fitted)
        self.fault.setCurrentIndex(max(0, self.fault.findData(microphone.fault)))
        self._open()

    def _open(self) -> None:
        self.fault.setVisible(self.fitted.isChecked() and bool(self._microphone.faults))

    def _send(self) -> None:
        self._open()
        board, microphone = self._feed.name, self._microphone
        on, fault = self.fitted.isChecked(), self.fault.currentData()
        self._want(self.key, lambda services: services.virtual_fit(board, microphone, on=on, fault=fault))


class SoundRow(_Row):
    """Noise and a tone around the board."""

    key = "part sound"

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed)
        from devtoolkit.services.sim_parts import LOUDNESS, NOISE, PITCH  # late: the window's start does without

        owner = tr("Sound around the board")
        self.noise, self.pitch, self.loudness = (ValueSlider(one, owner) for one in (NOISE, PITCH, LOUDNESS))
        self.tone = QCheckBox(tr("A tone sounds"))
        for part in (self.noise, self.tone, self.pitch, self.loudness):
            self._column.addWidget(part)
        for slider in self._sliders():
            slider.slider.valueChanged.connect(lambda _at: self._send())
        self.tone.toggled.connect(lambda _on: self._send())
        self._open()

    def put(self, sound: "Sound") -> None:
        if self._feed.pending(self.key) or any(one.slider.isSliderDown() for one in self._sliders()):
            return
        self.noise.put(sound.noise)
        _show(self.tone, on=sound.tone is not None)
        if sound.tone is not None:
            self.pitch.put(sound.tone[0])
            self.loudness.put(sound.tone[1])
        self._open()

    def _sliders(self) -> tuple[ValueSlider, ...]:
        return self.noise, self.pitch, self.loudness

    def _open(self) -> None:
        for part in (self.pitch, self.loudness):
            part.setVisible(self.tone.isChecked())

    def _send(self) -> None:
        from devtoolkit.services.sim_parts import Sound

        self._open()
        tone = (self.pitch.value, self.loudness.value) if self.tone.isChecked() else None
        board, wanted = self._feed.name, Sound(self.noise.value, tone)
        self._want(self.key, lambda services: services.virtual_sound(board, wanted))


class PartsCard(Card):
    """All parts that the board has pins for. The rows are made anew when another board has others."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(tr("Servos, knob and microphones"), tr("Fit one, then use its module on the node."))
        self._feed = feed
        self._made: object = None
        self.trouble = QLabel(objectName="bad", wordWrap=True)
        self.trouble.hide()
        self.column.addWidget(self.trouble)
        self.servos: dict[str, ServoRow] = {}
        self.microphones: dict[str, MicrophoneRow] = {}
        self.encoder: EncoderRow | None = None
        self.sound: SoundRow | None = None

    def put(self, parts: "Parts") -> None:
        places = (
            tuple((one.name, one.gpio) for one in parts.servos),
            (parts.encoder.clk, parts.encoder.dt) if parts.encoder else (),
            tuple((one.kind, one.gpio) for one in parts.microphones),
        )
        if places != self._made:
            self._made = places
            self._rebuild(parts)
        for servo in parts.servos:
            self.servos[servo.name].put(servo)
        if self.encoder is not None and parts.encoder is not None:
            self.encoder.put(parts.encoder)
        for microphone in parts.microphones:
            self.microphones[microphone.kind].put(microphone)
        if self.sound is not None:
            self.sound.put(parts.sound)
            self.sound.setVisible(any(one.fitted for one in parts.microphones))
        self.setVisible(bool(self._rows()))

    def forget(self) -> None:
        """Another board."""
        self.trouble.hide()
        if self.encoder is not None:
            self.encoder.forget()

    def refused(self, key: str, text: str) -> None:
        if key.startswith("part "):
            self.trouble.setText(text)
            self.trouble.show()

    def _rows(self) -> list[_Row]:
        rows: tuple[_Row | None, ...] = (*self.servos.values(), self.encoder, *self.microphones.values(), self.sound)
        return [row for row in rows if row is not None]

    def _rebuild(self, parts: "Parts") -> None:
        for row in self._rows():
            self.column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.servos = {one.name: ServoRow(one, self._feed) for one in parts.servos}
        self.encoder = EncoderRow(parts.encoder, self._feed) if parts.encoder else None
        self.microphones = {one.kind: MicrophoneRow(one, self._feed) for one in parts.microphones}
        self.sound = SoundRow(self._feed) if parts.microphones else None
        for row in self._rows():
            row.acted.connect(self.trouble.hide)
            self.column.addWidget(row)


def _show(box: QCheckBox, *, on: bool) -> None:
    """What the board says; nothing is sent."""
    box.blockSignals(True)
    box.setChecked(on)
    box.blockSignals(False)
