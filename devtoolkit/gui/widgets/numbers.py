"""Controls of numbers: sliders, colours, a joystick."""

from collections.abc import Mapping

from devtoolkit.gui.qt import (
    QColor,
    QColorDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    Qt,
    QToolButton,
)
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import Theme
from devtoolkit.gui.widgets.control import Control
from devtoolkit.gui.widgets.flow import Flow
from devtoolkit.gui.widgets.pad import Pad

_SWATCH = 84
_SWATCH_HIGH = 28
_UNKNOWN = "\u2013"  # no module has told the value, and nobody has set it
_COLOUR_NAMES = ("#ff0000", "#ffd000", "#00c000", "#0060ff", "#9000ff", "#ffffff", "#000000")


class Ranged(Control):
    """What all controls of numbers share: least, most and step of the widget."""

    def limits(self) -> tuple[float, float, float]:
        least, most, step = (*self.widget.range, 0, 100, 1)[:3] if len(self.widget.range) < 3 else self.widget.range[:3]
        return least, most, step or 1

    @property
    def steps(self) -> int:
        least, most, step = self.limits()
        return round((most - least) / step)

    def text(self, at: int) -> str:
        """The value at a step, as it is sent."""
        least, _most, step = self.limits()
        number = least + at * step
        return str(int(number)) if float(number).is_integer() else f"{number:g}"

    def step_of(self, text: str) -> int:
        least, _most, step = self.limits()
        return round((float(text) - least) / step)


class Sliders(Ranged):
    """One slider per value."""

    def build(self) -> None:
        self.sliders: list[QSlider] = []
        self._shown: list[QLabel] = []
        self._quiet = False
        grid = QGridLayout()
        grid.setVerticalSpacing(8)
        for at, name in enumerate(self.names or ("",)):
            slider = QSlider(Qt.Horizontal, minimum=0, maximum=self.steps)
            slider.setAccessibleName(self.called(name))
            shown = QLabel(_UNKNOWN)
            shown.setMinimumWidth(48)
            slider.valueChanged.connect(lambda _value: self.moved())
            grid.addWidget(QLabel(name, objectName="soft"), at, 0)
            grid.addWidget(slider, at, 1)
            grid.addWidget(shown, at, 2)
            self.sliders.append(slider)
            self._shown.append(shown)
        grid.setColumnStretch(1, 1)
        self.column.addLayout(grid)

    def values(self) -> tuple[str, ...]:
        return tuple(self.text(slider.value()) for slider in self.sliders)

    def moved(self) -> None:
        if not self._quiet:
            self.send()

    def send(self) -> None:
        """All values, also those that nobody has touched: they are in the call, and known from now on."""
        for slider, shown in zip(self.sliders, self._shown, strict=True):
            shown.setText(self.text(slider.value()))
        self.wanted.emit(self.values())

    def show_values(self, values: Mapping[str, str]) -> None:
        self._quiet = True
        for name, slider, shown in zip(self.names, self.sliders, self._shown, strict=False):
            if name in values:
                slider.setValue(self.step_of(values[name]))
                shown.setText(self.text(slider.value()))
        self._quiet = False

    @property
    def held(self) -> bool:
        return any(slider.isSliderDown() for slider in self.sliders)


class Colour(Sliders):
    """Sliders for the channels, what they mix, colours to click, and the colour wheel."""

    def build(self) -> None:
        super().build()
        self.swatch = QLabel()
        self.swatch.setFixedSize(_SWATCH, _SWATCH_HIGH)
        self.swatch.setAccessibleName(self.called(tr("present colour")))
        self._dots: list[QToolButton] = []
        for name in _COLOUR_NAMES:
            dot = QToolButton(objectName="flat")
            dot.setAccessibleName(self.called(name))
            dot.setFocusPolicy(Qt.StrongFocus)
            dot.clicked.connect(lambda _on, name=name: self.choose(QColor(name)))
            self._dots.append(dot)
        wheel = QPushButton(tr("Colour wheel ..."))
        wheel.setAccessibleName(self.called(tr("colour wheel")))
        wheel.clicked.connect(self._wheel)
        self.column.addLayout(Flow(self.swatch, *self._dots, wheel))
        for slider in self.sliders:
            slider.valueChanged.connect(lambda _value: self._mix())
        self.use_theme(self.theme)

    def choose(self, colour: QColor) -> None:
        """Put the colour on the sliders and send it once."""
        self._quiet = True
        for slider, part in zip(self.sliders, (colour.red(), colour.green(), colour.blue()), strict=False):
            slider.setValue(round(part / 255 * slider.maximum()))
        self._quiet = False
        self.send()

    def use_theme(self, theme: Theme) -> None:
        super().use_theme(theme)
        for name, dot in zip(_COLOUR_NAMES, self._dots, strict=True):
            plain = f"background: {name}; border: 1px solid {theme.edge}; min-width: 16px; padding: 4px;"
            focused = f"border: 2px solid {theme.text}; padding: 3px;"
            dot.setStyleSheet(f"QToolButton {{ {plain} }} QToolButton:focus {{ {focused} }}")
        self._mix()

    def _colour(self) -> QColor:
        parts = [slider.value() / max(1, slider.maximum()) * 255 for slider in self.sliders]
        return QColor(*(round(part) for part in parts))

    def _mix(self) -> None:
        name = self._colour().name()
        edge = self.theme.edge
        self.swatch.setStyleSheet(f"background: {name}; border: 1px solid {edge}; border-radius: 7px;")
        self.swatch.setToolTip(name)

    def _wheel(self) -> None:
        dialog = QColorDialog(self._colour(), self)
        dialog.setOption(QColorDialog.NoButtons)
        dialog.setOption(QColorDialog.DontUseNativeDialog)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.currentColorChanged.connect(self.choose)
        dialog.open()


class Joystick(Ranged):
    """Two values on a pad."""

    def build(self) -> None:
        self.pad = Pad(self.steps, self.theme)
        self.pad.setAccessibleName(self.called(", ".join(self.names)))
        self.pad.moved.connect(self._moved)
        self._shown = QLabel(objectName="soft")
        line = QHBoxLayout()
        line.addWidget(self.pad)
        line.addWidget(self._shown)
        line.addStretch(1)
        self.column.addLayout(line)
        self._tell()

    def values(self) -> tuple[str, ...]:
        return self.text(self.pad.x_step), self.text(self.pad.y_step)

    def show_values(self, values: Mapping[str, str]) -> None:
        x, y = (self.step_of(values[name]) if name in values else None for name in self.names)
        self.pad.put(self.pad.x_step if x is None else x, self.pad.y_step if y is None else y)
        self._tell()

    @property
    def held(self) -> bool:
        return self.pad.held

    def use_theme(self, theme: Theme) -> None:
        super().use_theme(theme)
        self.pad.use_theme(theme)

    def _moved(self) -> None:
        self._tell()
        self.wanted.emit(self.values())

    def _tell(self) -> None:
        pairs = zip(self.names, self.values(), strict=True)
        self._shown.setText("\n".join(f"{name}  {value}" for name, value in pairs))
