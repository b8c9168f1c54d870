"""The wire between the Simulator panel and the virtual boards: looks at them while it is seen, and carries actions.

One visit at a time, off the GUI's thread: first what the user did (of one control only the newest), then a look, so
that a look never shows what was before an action.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from devtoolkit.errors import ToolkitError
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.qt import QObject, QTimer, pyqtSignal
from devtoolkit.gui.services import Services

if TYPE_CHECKING:
    from devtoolkit.services.sim_panel import BoardLook, BoardRow

Action = Callable[[Services], object]
_LOOK_MS = 250
_LIST_EVERY = 4  # looks; the list of boards changes seldom
_MANY = 30  # boards; from here on the list is read half as often


class Feed(QObject):
    """`listed` (rows), `looked` (BoardLook, or None when the board is gone), `refused` (key, text) of an action."""

    listed = pyqtSignal(object)
    looked = pyqtSignal(object)
    refused = pyqtSignal(str, str)

    def __init__(self, hub: Hub, parent: QObject) -> None:
        super().__init__(parent)
        self._hub = hub
        self._actions: dict[str, Action] = {}
        self._under_way: set[str] = set()
        self._busy = False
        self._round = 0
        self._boards = 0
        self.name = ""
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._visit)

    def start(self) -> None:
        """Look now and then, from now on."""
        self._round = 0
        self._timer.start()
        self._visit()

    def stop(self) -> None:
        """Nobody sees it: look no more."""
        self._timer.stop()

    def watch(self, name: str) -> None:
        """The board to look at; empty: none."""
        if name != self.name:
            self.name = name
            self._visit()

    def want(self, key: str, action: Action) -> None:
        """Do something; what waits under the same key is replaced."""
        self._actions.pop(key, None)
        self._actions[key] = action
        self._visit()

    def pending(self, key: str) -> bool:
        """An action of this control has not come back yet: what a look says of it is older."""
        return key in self._actions or key in self._under_way

    def _visit(self) -> None:
        if self._busy or not (self._actions or self._timer.isActive()):
            return
        actions, self._actions = self._actions, {}
        self._under_way = set(actions)
        every = _LIST_EVERY * (2 if self._boards > _MANY else 1)
        listing = bool(actions) or self._round % every == 0
        self._round += 1
        self._busy = True
        name, services = self.name, self._hub.services

        def work(_handle: object) -> tuple[Any, ...]:
            refused = tuple((key, text) for key, action in actions.items() if (text := _tried(action, services)))
            rows = services.virtual_rows() if listing else None
            return name, refused, rows, _look(services, name)

        self._hub.run("", work, done=self._told, failed=self._failed, ended=lambda _job: self._next(), quiet=True)

    def _told(
        self, found: "tuple[str, tuple[tuple[str, str], ...], tuple[BoardRow, ...] | None, BoardLook | None]"
    ) -> None:
        name, refused, rows, look = found
        self._under_way.clear()
        for key, text in refused:
            self.refused.emit(key, text)
        if rows is not None:
            self._boards = len(rows)
            self.listed.emit(rows)
        if name == self.name:
            self.looked.emit(look)

    def _failed(self, error: ToolkitError) -> None:
        self._under_way.clear()
        self.refused.emit("", str(error))

    def _next(self) -> None:
        self._busy = False
        if self._actions:
            self._visit()


def _tried(action: Action, services: Services) -> str:
    """Why it was refused; empty when it was done."""
    try:
        action(services)
    except ToolkitError as error:
        return error.message
    return ""


def _look(services: Services, name: str) -> "BoardLook | None":
    try:
        return services.virtual_look(name) if name else None
    except ToolkitError:  # it has just ended; the list tells
        return None
