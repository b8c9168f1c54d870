"""Where a board is plugged in: the field that the USB panels share, and rows of a form that come and go."""

from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import Form
from devtoolkit.gui.qt import QComboBox, QLabel, QWidget, pyqtSignal
from devtoolkit.gui.roster import Row
from devtoolkit.gui.text import tr

Entry = tuple[str, str]  # the port, and what the list says of it
VIRTUAL = "virtual:"


def no_board() -> str:
    """What a panel says where there is no port to choose."""
    return tr("No board is plugged in, and there is no virtual one. Use a USB cable that carries data.")


class PortField(QComboBox):
    """The ports with a board and the virtual boards; the user's choice stays while others come and go.

    `moved`: it points to another board now. `extra` are entries that are always there, at the end.
    """

    moved = pyqtSignal()

    def __init__(self, hub: Hub, extra: tuple[Entry, ...] = ()) -> None:
        super().__init__()
        self._hub, self.extra = hub, extra
        self.touched = False  # the user has chosen: it is not changed any more
        self.activated.connect(lambda _at: self._touch())
        self.currentIndexChanged.connect(lambda _at: self.moved.emit())

    @property
    def port(self) -> str:
        """The chosen port, or what an extra entry stands for; empty when there is nothing."""
        return str(self.currentData() or "")

    @property
    def row(self) -> Row | None:
        """What is known of the board there."""
        return next((row for row in self._hub.model.rows() if row.port and row.port == self.port), None)

    def fill(self) -> None:
        """The ports of now."""
        rows = (row for row in self._hub.model.rows() if row.entry is not None)
        wanted = [*((row.port, named(row)) for row in rows), *self.extra]
        if wanted == [(self.itemData(at), self.itemText(at)) for at in range(self.count())]:
            return
        now = self.port if self.touched else None
        self.blockSignals(True)
        self.clear()
        for port, name in wanted:
            self.addItem(name, port)
        self.setCurrentIndex(max(0, self.findData(now)) if wanted else -1)
        self.blockSignals(False)
        self.moved.emit()

    def follow(self) -> None:
        """The ports of now, and the one that is selected on the left."""
        self.fill()
        self.choose(next((row.port for row in self._hub.selection if row.port), ""))

    def choose(self, port: str) -> None:
        """This port, when it is there."""
        at = self.findData(port)
        if port and at >= 0:
            self.touched = True
            self.setCurrentIndex(at)

    def _touch(self) -> None:
        self.touched = True


class PortForm(Form):
    """A form that begins with the port."""

    def __init__(self, hub: Hub, told: str, *more: QWidget, extra: tuple[Entry, ...] = ()) -> None:
        super().__init__()
        self.port = PortField(hub, extra)
        self.row(tr("Port"), self.port, told, *more)


def named(row: Row) -> str:
    """A port with the node's name, or what is known of the board; and which program has it open."""
    entry = row.entry
    told = row.name if row.device else (entry.chip or entry.description) if entry else ""
    busy = tr("in use by {who}", who=entry.holder) if entry and entry.holder and row.kind == "usb" else ""
    return "  \u00b7  ".join(part for part in (row.port, told if told != row.port else "", busy) if part)


def show_row(form: Form, field: QWidget, *, on: bool) -> None:
    """Show or hide a field with its label and its words."""
    at = form.indexOf(field)
    line, *_rest = form.getItemPosition(at)
    for row, column in ((line, 0), (line, 1), (line + 1, 1)):
        item = form.itemAtPosition(row, column)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.setVisible(on and not (isinstance(widget, QLabel) and not widget.text()))
