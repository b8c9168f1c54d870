"""What all controls of a node's modules share, and the plainest of them: buttons."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from devtoolkit.gui.qt import QHBoxLayout, QLabel, QPushButton, Qt, QVBoxLayout, QWidget, pyqtSignal
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import Theme, restyle

if TYPE_CHECKING:
    from devtoolkit.services.widgets import Widget

PLACES = re.compile(r"(\w+)=:(?:range|options):")
_REFUSALS = ("Core error:", "[ERROR]", "Shell: for hints")  # what an answer begins with that is no result
_TOLD = 120  # characters of an answer that are shown


class Control(QWidget):
    """`wanted` has the values for the places in the call; `answer` takes what the node said to it."""

    wanted = pyqtSignal(object)

    def __init__(self, widget: "Widget", theme: Theme) -> None:
        super().__init__()
        self.widget, self.theme = widget, theme
        self.names = tuple(PLACES.findall(widget.call))
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 4, 0, 4)
        self.column.setSpacing(6)
        head = QHBoxLayout()
        head.addWidget(QLabel(widget.function))
        head.addStretch(1)
        self.told = QLabel(objectName="soft", textFormat=Qt.PlainText)
        self.told.setTextInteractionFlags(Qt.TextSelectableByMouse)
        head.addWidget(self.told)
        self.column.addLayout(head)
        self.trouble = QLabel(objectName="bad", wordWrap=True, textFormat=Qt.PlainText)
        self.trouble.hide()
        self.column.addWidget(self.trouble)
        self.build()

    def build(self) -> None:
        """Make the parts."""

    def answer(self, lines: tuple[str, ...]) -> None:
        text = " ".join(line.strip() for line in lines)
        if text.startswith(_REFUSALS):
            self.refuse(text)
            return
        self.trouble.hide()
        self.told.setText(text[:_TOLD])
        self.told.setToolTip("\n".join(lines))

    def refuse(self, text: str) -> None:
        """It did not work: the words stand at this control."""
        self.told.clear()
        self.trouble.setText(text)
        self.trouble.show()

    def show_values(self, values: Mapping[str, str]) -> None:
        """Show what the node stands at, by name in the call; nothing is sent."""

    @property
    def held(self) -> bool:
        """The user has it in hand."""
        return False

    def use_theme(self, theme: Theme) -> None:
        self.theme = theme

    def called(self, name: str) -> str:
        return f"{self.widget.module} {self.widget.function} {name}".strip()


class Buttons(Control):
    """One button per option, or one that just calls. The option that is in force stays down."""

    def build(self) -> None:
        line = QHBoxLayout()
        self.buttons: dict[str, QPushButton] = {}
        for option in self.widget.options or ("",):
            text = option or tr("Run")
            press = QPushButton({"True": tr("On"), "False": tr("Off")}.get(text, text))
            press.setAccessibleName(self.called(text))
            press.clicked.connect(lambda _on, option=option: self.wanted.emit((option,)))
            self.buttons[option] = press
            line.addWidget(press)
        line.addStretch(1)
        self.column.addLayout(line)

    def show_values(self, values: Mapping[str, str]) -> None:
        now = next(iter(values.values()), "")
        for option, button in self.buttons.items():
            chosen = bool(now) and option == now
            button.setObjectName("primary" if chosen else "")
            button.setAccessibleDescription(tr("in force") if chosen else "")
            restyle(button)
