"""What a virtual board shows, painted: lamps and LED strips in their colours, and the picture on an OLED."""

from typing import TYPE_CHECKING

from devtoolkit.gui.qt import (
    QColor,
    QGridLayout,
    QImage,
    QLabel,
    QPainter,
    QPaintEvent,
    QPen,
    QRect,
    QSize,
    QSizePolicy,
    Qt,
    QWidget,
)
from devtoolkit.gui.text import tr

if TYPE_CHECKING:
    from devtoolkit.services.sim_lights import Colour, Light
    from devtoolkit.simulator.oled import OledFrame

_TRAY, _RING, _UNLIT = "#0b0f13", "#3a4652", "#1b232b"  # as on a circuit board, in both themes
_DOT, _GAP = 18, 6
_NAME_WIDTH, _TOLD_WIDTH = 140, 240
_GLASS_DOT = 3
_GLASS, _LIT = "#05080a", "#bfe9ff"


class Lamps(QWidget):
    """A row of lamps, in several lines where they do not fit into one."""

    def __init__(self) -> None:
        super().__init__()
        self.colours: tuple[Colour, ...] = ()
        policy = QSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumHeight(_DOT + 2 * _GAP)

    def put(self, colours: "tuple[Colour, ...]") -> None:
        if colours != self.colours:
            grown = len(colours) != len(self.colours)
            self.colours = colours
            if grown:
                self.updateGeometry()
            self.update()

    def heightForWidth(self, width: int) -> int:
        lines = -(-max(1, len(self.colours)) // self._per_line(width))
        return lines * (_DOT + _GAP) + _GAP

    def sizeHint(self) -> QSize:
        return QSize(4 * (_DOT + _GAP), self.heightForWidth(max(self.width(), 100)))

    def _per_line(self, width: int) -> int:
        return max(1, (width - _GAP) // (_DOT + _GAP))

    def resizeEvent(self, event: object) -> None:
        self.setMinimumHeight(self.heightForWidth(self.width()))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        painter.setPen(Qt.NoPen)
        painter.setBrush(QColor(_TRAY))
        painter.drawRoundedRect(self.rect(), 6, 6)
        painter.setPen(QPen(QColor(_RING), 1))
        per_line = self._per_line(self.width())
        for at, colour in enumerate(self.colours):
            line, place = divmod(at, per_line)
            painter.setBrush(QColor(*colour) if any(colour) else QColor(_UNLIT))
            painter.drawEllipse(_GAP + place * (_DOT + _GAP), _GAP + line * (_DOT + _GAP), _DOT, _DOT)


class LightsView(QWidget):
    """One line for each light: what it is, how it looks, the same in words."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)
        self._parts: list[tuple[QLabel, Lamps, QLabel]] = []
        self.lights: tuple[Light, ...] = ()

    def put(self, lights: "tuple[Light, ...]") -> None:
        if lights == self.lights:
            return
        self.lights = lights
        while len(self._parts) < len(lights):
            self._add()
        for at, (name, lamps, told) in enumerate(self._parts):
            light = lights[at] if at < len(lights) else None
            for part in (name, told):
                part.setVisible(light is not None)
            lamps.setVisible(light is not None and light.kind != "signal")
            if light is not None:
                where = f"\nGPIO {', '.join(map(str, light.gpios))}" if light.gpios else ""
                name.setText(f"{tr(light.name)}{where}")
                lamps.put(light.colours)
                lamps.setAccessibleName(f"{tr(light.name)}: {light.told}")
                told.setText(light.told)

    def _add(self) -> None:
        name, lamps, told = QLabel(), Lamps(), QLabel(objectName="soft", wordWrap=True)
        name.setFixedWidth(_NAME_WIDTH)
        name.setWordWrap(True)
        told.setFixedWidth(_TOLD_WIDTH)
        at = len(self._parts)
        for column, part in enumerate((name, lamps, told)):
            self._grid.addWidget(part, at, column, Qt.AlignVCenter)
        self._parts.append((name, lamps, told))


class OledView(QWidget):
    """The glass of an OLED."""

    def __init__(self) -> None:
        super().__init__()
        self.frame: OledFrame | None = None
        self._picture: QImage | None = None
        self.setAccessibleName(tr("Picture on the display"))

    def put(self, frame: "OledFrame") -> None:
        if frame != self.frame:
            self.frame = frame
            self._picture = picture_of(frame)
            width, height = frame.size
            self.setFixedSize(width * _GLASS_DOT + 2 * _GAP, height * _GLASS_DOT + 2 * _GAP)
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(_GLASS))
        if self._picture is not None:
            inner = self.rect().adjusted(_GAP, _GAP, -_GAP, -_GAP)
            painter.drawImage(QRect(inner), self._picture)


def picture_of(frame: "OledFrame") -> QImage:
    """One pixel for each dot."""
    width, height = frame.size
    picture = QImage(width, height, QImage.Format_Indexed8)
    picture.setColorTable([QColor(_GLASS).rgb(), QColor(_LIT).rgb()])
    for y, row in enumerate(frame.rows):
        for x, dot in enumerate(row):
            picture.setPixel(x, y, int(dot == "#"))
    return picture
