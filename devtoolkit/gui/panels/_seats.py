"""The boards of a workshop: one row each, with its name, its progress in bytes, and how it went."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from devtoolkit.errors import UsageError
from devtoolkit.gui.job import amount
from devtoolkit.gui.qt import (
    QCheckBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QSizePolicy,
    Qt,
    QWidget,
    pyqtSignal,
)
from devtoolkit.gui.text import tr
from devtoolkit.gui.theme import restyle

if TYPE_CHECKING:
    from devtoolkit.pipelines.base import Event
    from devtoolkit.services.class_list import ListedName, Seat

_BOARD = "board"  # the step whose event says how it went with the whole board (services.workshop)
_STEPS = 1000
_NAME_MAX = 32
_NAME_WIDTH, _PORT_WIDTH = 110, 150  # a dozen letters; longer ports are in the tool tip


class SeatRow:
    """One board. `title` is whose it is, as the class list writes it."""

    def __init__(self, port: str, told: str, *, chosen: bool) -> None:
        self.port, self.title, self.state = port, "", "waiting"
        self.check = QCheckBox(port.removeprefix("/dev/"), checked=chosen, toolTip=told)
        self.check.setAccessibleName(told)
        self.name = QLineEdit(maxLength=_NAME_MAX)
        self.name.setMinimumWidth(_NAME_WIDTH)
        self.name.setAccessibleName(tr("Name of the node on {port}", port=port))
        self.bar = QProgressBar(textVisible=False, maximum=_STEPS)
        self.bar.setAccessibleName(tr("Progress of {port}", port=port))
        self.words = QLabel(objectName="soft", textFormat=Qt.PlainText, wordWrap=True)

    def parts(self) -> tuple[QWidget, ...]:
        return self.check, self.name, self.bar, self.words

    def tell(self, event: "Event") -> None:
        """What the board's pipeline says."""
        if event.step == _BOARD:
            self._state("done" if event.kind == "done" else "failed", event.note or tr("Ready"))
            self.bar.setValue(_STEPS)
        elif event.kind in ("start", "progress"):
            self.bar.setValue(_STEPS * event.done // event.total if event.total else 0)
            self._state("running", f"{event.title} \u00b7 {amount(event)}" if event.total else event.title)

    def wait(self) -> None:
        """It is its turn, and nothing is known yet."""
        self.bar.setValue(0)
        self._state("running", tr("Starting ..."))

    def _state(self, state: str, words: str) -> None:
        self.words.setText(words)
        self.words.setToolTip(words)
        if state != self.state:
            self.state = state
            self.words.setObjectName({"done": "good", "failed": "bad"}.get(state, "soft"))
            self.bar.setProperty("state", state)
            restyle(self.words, self.bar)


class SeatTable(QWidget):
    """All boards. `changed`: other boards are chosen, or a name was typed."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, SeatRow] = {}
        self.problem = ""  # why there are not enough names
        self.left: tuple[str, ...] = ()  # names of the list that no board got
        self._base = ""
        self._listed: tuple[ListedName, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        for column, (words, stretch) in enumerate(
            ((tr("Board"), 3), (tr("Name"), 3), (tr("Progress"), 2), (tr("State"), 4))
        ):
            self._grid.addWidget(QLabel(words, objectName="soft"), 0, column)
            self._grid.setColumnStretch(column, stretch)

    def offer(self, ports: Sequence[tuple[str, str, bool]]) -> None:
        """These boards are there (port, what is said of it, whether it is chosen at first); others go."""
        wanted = [port for port, _told, _chosen in ports]
        for port in [port for port in self.rows if port not in wanted]:
            for part in self.rows.pop(port).parts():
                self._grid.removeWidget(part)
                part.deleteLater()
        for port, told, chosen in ports:
            if port in self.rows:
                self.rows[port].check.setToolTip(told)
            else:
                self._add(SeatRow(port, told, chosen=chosen))
        self._name()

    def number(self, base: str) -> None:
        """Names `base-01`, `base-02` and so on, for those that were not typed."""
        self._base, self._listed = base, ()
        self._forget_typed()
        self._name()

    def use_list(self, names: "tuple[ListedName, ...]") -> None:
        """Names of a class list."""
        self._listed = names
        self._forget_typed()
        self._name()

    def chosen(self) -> list[SeatRow]:
        return [row for row in self.rows.values() if row.check.isChecked()]

    def seats(self) -> "tuple[Seat, ...]":
        """The chosen boards with their names. Raises UsageError for a name that is missing or there twice."""
        from devtoolkit.services.class_list import Seat

        names = [row.name.text().strip() for row in self.chosen()]
        bare = next((row.port for row in self.chosen() if not row.name.text().strip()), "")
        if bare:
            raise UsageError(self.problem or tr("The board on {port} has no name.", port=bare), hint=tr("Type one."))
        twice = next((name for name in names if names.count(name) > 1), "")
        if twice:
            raise UsageError(tr("The name {name} is there twice.", name=twice), hint=tr("Change one of them."))
        return tuple(Seat(row.port, row.name.text().strip(), row.title or row.name.text()) for row in self.chosen())

    def lock(self, *, on: bool) -> None:
        """While boards are written, nothing is chosen."""
        for row in self.rows.values():
            row.check.setEnabled(not on)
            row.name.setEnabled(not on)

    def _add(self, row: SeatRow) -> None:
        self.rows[row.port] = row
        at = self._grid.rowCount()
        for column, part in enumerate(row.parts()):
            self._grid.addWidget(part, at, column)
        row.check.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        row.check.toggled.connect(lambda _on: self._name())
        row.name.textEdited.connect(lambda _text: self._typed(row))
        row.check.setMinimumWidth(min(_PORT_WIDTH, row.check.sizeHint().width()))  # now in its style

    def _typed(self, row: SeatRow) -> None:
        row.title = ""
        self.changed.emit()

    def _forget_typed(self) -> None:
        for row in self.rows.values():
            row.name.setModified(False)

    def _name(self) -> None:
        """Names for the chosen boards; a name that was typed stays."""
        from devtoolkit.services.class_list import numbered, seats

        free = [row for row in self.chosen() if not row.name.isModified()]
        ports, self.problem, self.left = [row.port for row in free], "", ()
        if self._listed:
            try:
                found, self.left = seats(ports, self._listed)
            except UsageError as error:
                self.problem = error.message
                found, _left = seats(ports[: len(self._listed)], self._listed)
        else:
            found = numbered(ports, self._base or None)
        names = {seat.port: seat for seat in found}
        for row in free:
            row.name.setText(names[row.port].name if row.port in names else "")
            row.title = names[row.port].title if row.port in names and self._listed else ""
            row.name.setToolTip(row.title)
        self.changed.emit()
