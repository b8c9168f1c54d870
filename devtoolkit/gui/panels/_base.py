"""What all panels have in common, and how they are found."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import devtoolkit.gui.panels
from devtoolkit.gui import icons
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.qt import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    Qt,
    QTimer,
    QVBoxLayout,
    QWidget,
)
from devtoolkit.gui.roster import Row
from devtoolkit.gui.text import tr
from devtoolkit.gui.widgets.flow import Flow

Applies = Literal["any", "node", "nodes"]  # without selection; one node of the network; one or more of them
_SHORT = 10  # characters a list of choices may shrink to
_LAYOUT_MS = 50  # until a part that was just shown has its place
_WIDE = 860  # text and forms wider than this are hard to read


@dataclass(frozen=True, slots=True)
class PanelInfo:
    """How a panel announces itself. `name` is stable (settings, tests); `order` counts from the top."""

    name: str
    title: str
    icon: str
    order: int
    make: Callable[[Hub], "Panel"]
    applies: Applies = "any"


def find_panels() -> tuple[PanelInfo, ...]:
    """The `PANEL` of every file in this folder, in order."""
    names = [one.name for one in pkgutil.iter_modules(devtoolkit.gui.panels.__path__) if not one.name.startswith("_")]
    found = [importlib.import_module(f"devtoolkit.gui.panels.{name}").PANEL for name in names]
    return tuple(sorted(found, key=lambda info: (info.order, info.title)))


class Panel(QWidget):
    """A page for the selection. `column` takes the content; `refresh` is called when it is shown or must change."""

    info: PanelInfo  # set by the window
    scrolls = True

    def __init__(self, hub: Hub, title: str, intro: str = "") -> None:
        super().__init__()
        self.hub = hub
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        body = QWidget()
        self.column = QVBoxLayout(body)
        self.column.setContentsMargins(24, 20, 24, 20)
        self.column.setSpacing(14)
        self.column.addWidget(QLabel(title, objectName="title"))
        if intro:
            self.column.addWidget(QLabel(intro, objectName="soft", wordWrap=True))
        if self.scrolls:
            body.setMaximumWidth(_WIDE)
            area = QScrollArea(widgetResizable=True)
            area.setWidget(body)
            area.setFocusPolicy(Qt.NoFocus)
            outer.addWidget(area)
        else:
            outer.addWidget(body)

    def refresh(self) -> None:
        """The selection is another one, or the panel is shown again."""

    def rows_changed(self, keys: set[str]) -> None:
        """The state of these rows changed."""

    def show_part(self, part: QWidget) -> None:
        """Show this part of the panel, and scroll to it."""
        part.show()
        area = self.findChild(QScrollArea)
        if area is not None:
            timer = QTimer(part, singleShot=True, interval=_LAYOUT_MS)
            timer.timeout.connect(lambda: area.ensureWidgetVisible(part))
            timer.start()

    def leave(self) -> None:
        """The window is about to close: end what the panel keeps open."""

    def node(self) -> Row:
        """The selected node; only for panels that apply to one."""
        return self.hub.nodes()[0]

    def button(
        self, text: str, slot: Callable[[], object], *, icon: str = "", primary: bool = False, tip: str = ""
    ) -> QPushButton:
        made = QPushButton(text, objectName="primary" if primary else "", toolTip=tip)
        made.setAccessibleName(text)
        if icon:
            colour = self.hub.theme.on_accent if primary else self.hub.theme.text
            made.setIcon(icons.icon(icon, colour))
            self.hub.theme_changed.connect(
                lambda theme: made.setIcon(icons.icon(icon, theme.on_accent if primary else theme.text))
            )
        made.clicked.connect(lambda _on: slot())
        return made


class Card(QFrame):
    """A framed group with a heading."""

    def __init__(self, heading: str = "", intro: str = "") -> None:
        super().__init__(objectName="card")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16, 14, 16, 14)
        self.column.setSpacing(10)
        if heading:
            self.column.addWidget(QLabel(heading, objectName="heading"))
        if intro:
            self.column.addWidget(QLabel(intro, objectName="soft", wordWrap=True))


class Form(QGridLayout):
    """Labels in one column, fields in the next, a word of explanation below a field."""

    def __init__(self) -> None:
        super().__init__()
        self.setHorizontalSpacing(16)
        self.setVerticalSpacing(8)
        self.setColumnStretch(1, 1)

    def row(self, name: str, field: QWidget, help_text: str = "", *more: QWidget) -> QLabel:
        """The label of the help text, which may change later."""
        at = self.rowCount()
        label = QLabel(name)
        label.setBuddy(field)
        field.setAccessibleName(name)
        if isinstance(field, QComboBox):  # as wide as the form, not as its longest entry
            field.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
            field.setMinimumContentsLength(_SHORT)
        self.addWidget(label, at, 0)
        if more:
            line = QHBoxLayout()
            line.setSpacing(8)
            line.addWidget(field, 1)
            for part in more:
                line.addWidget(part)
            self.addLayout(line, at, 1)
        else:
            self.addWidget(field, at, 1)
        explained = QLabel(help_text, objectName="soft", wordWrap=True)
        if not help_text:
            explained.hide()
        self.addWidget(explained, at + 1, 1)
        return explained


def buttons(*parts: QWidget) -> Flow:
    """A row of buttons, on the left; in several lines where the window is narrow, or the language's words are long."""
    return Flow(*parts)


class EmptyPage(QWidget):
    """Says what to select, where a panel has nothing to show."""

    def __init__(self, info: PanelInfo, hub: Hub) -> None:
        super().__init__()
        self._info, self._hub = info, hub
        layout = QVBoxLayout(self)
        layout.setContentsMargins(40, 40, 40, 40)
        layout.addStretch(2)
        self._picture = QLabel(alignment=Qt.AlignCenter)
        layout.addWidget(self._picture)
        layout.addWidget(QLabel(info.title, objectName="title", alignment=Qt.AlignCenter))
        self.words = QLabel(objectName="soft", wordWrap=True, alignment=Qt.AlignCenter)
        layout.addWidget(self.words)
        layout.addStretch(3)
        self.use_theme()
        hub.theme_changed.connect(lambda _theme: self.use_theme())

    def use_theme(self) -> None:
        self._picture.setPixmap(icons.picture(self._info.icon, self._hub.theme.soft, 48))

    def explain(self, nodes: int) -> None:
        many = self._info.applies == "nodes"
        far = next((row for row in self._hub.selection if row.elsewhere), None)
        if nodes:
            self.words.setText(tr("Several nodes are selected. Select one of them on the left."))
        elif far is not None:
            words = tr("{name} is at the site {site}, whose own machine commands it.", name=far.name, site=far.site)
            self.words.setText(f"{words} {tr('Its menu sends commands there; the rest works there, or by --sites.')}")
        elif self._hub.selection:
            self.words.setText(tr("This board is not on the network yet. Select a node that is, on the left."))
        else:
            wanted = tr("Select one or more nodes on the left.") if many else tr("Select a node on the left.")
            self.words.setText(wanted)
