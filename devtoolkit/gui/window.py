"""The main window: devices on the left, panels in the middle, jobs at the bottom."""

from collections.abc import Callable

from devtoolkit.gui.closing import Closing
from devtoolkit.gui.conversation import Conversation
from devtoolkit.gui.device_actions import menu_for, search
from devtoolkit.gui.device_model import ALL, HERE
from devtoolkit.gui.frame import Frame
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import Panel, find_panels
from devtoolkit.gui.qt import QByteArray, QCloseEvent, QKeySequence, QMainWindow, QPoint, QShortcut, QSize
from devtoolkit.gui.system_theme import ThemeChoice

_SIZE, _LEAST = QSize(1240, 800), QSize(1016, 540)  # the least: a screen of 1024x600 with a task bar
_FRAME = QSize(8, 40)  # of the desktop, around a window


class MainWindow(QMainWindow):
    """Built around a hub. `begin` starts looking for devices; closing ends everything that runs."""

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self.hub = hub
        self.infos = find_panels()
        self.setWindowTitle("micrOS DevToolKit")
        self.setMinimumSize(_LEAST)
        self.resize(_SIZE.boundedTo(self._room()))
        self.closing = Closing(hub, self)
        self.theme_choice = ThemeChoice(hub, self)
        self.talk = Conversation(self, hub, self.theme_choice.choose)
        self._build()
        self._connect()
        self._shortcuts()
        self._restore()

    def begin(self) -> None:
        """Look for devices, from now until the window is closed."""
        self.hub.watcher.start()
        self.theme_choice.listen()

    def panel(self, name: str) -> Panel:
        """The panel, built when it is first wanted."""
        return self.stack.panel(name)

    def open_panel(self, name: str) -> None:
        """Show the panel, or why it has nothing to show for this selection."""
        at = next((at for at, info in enumerate(self.infos) if info.name == name), 0)
        if self.nav.currentRow() != at:
            self.nav.setCurrentRow(at)  # comes back here
        else:
            self.stack.open(self.infos[at].name)

    @property
    def current(self) -> str:
        """The name of the panel that is open."""
        return str(self.infos[max(0, self.nav.currentRow())].name)

    @property
    def panels(self) -> dict[str, Panel]:
        """The panels that were built, by name."""
        return self.stack.panels

    @property
    def ended(self) -> bool:
        """Whether the window is closed and nothing of it runs."""
        return self.closing.ended

    # --- parts

    def _build(self) -> None:
        self.frame = frame = Frame(self.infos, self.hub)
        self.devices, self.stack, self.splitter, self.jobs_bar = frame.devices, frame.stack, frame.splitter, frame.jobs
        self.subject, self.subject_line = frame.header.subject, frame.header.line
        self.settings_button, self.doctor_button = frame.header.settings, frame.header.doctor
        self.nav = frame.navigation.list
        self.setCentralWidget(frame)

    def _connect(self) -> None:
        hub = self.hub
        self.devices.chosen.connect(hub.select)
        self.devices.menu_wanted.connect(self._menu)
        self.devices.search_wanted.connect(lambda: search(hub))
        self.devices.virtual_wanted.connect(lambda: self.open_panel("simulator"))
        self.nav.currentRowChanged.connect(lambda at: self.open_panel(self.infos[at].name))
        self.settings_button.clicked.connect(lambda _on: self._settings())
        self.doctor_button.clicked.connect(lambda _on: self.talk.doctor())
        hub.selection_changed.connect(lambda _rows: self._selected())
        hub.rows_changed.connect(self._rows_changed)
        hub.panel_wanted.connect(self.open_panel)
        hub.theme_changed.connect(self.frame.use_theme)
        hub.watcher.trouble.connect(hub.logged)
        hub.watcher.first_look.connect(self._first_look)
        self.closing.done.connect(self.close)

    def _shortcuts(self) -> None:
        keys: dict[str, Callable[[], object]] = {
            "Ctrl+F": self.devices.field.setFocus,
            "Ctrl+L": self.devices.list.setFocus,
            "Ctrl+P": self.nav.setFocus,
            "Ctrl+J": self.jobs_bar.take_focus,
            "Ctrl+,": self._settings,
            "F1": self.talk.doctor,
            "F5": lambda: search(self.hub),
            "Ctrl+Q": self.close,
        }
        for key, slot in keys.items():
            QShortcut(QKeySequence(key), self).activated.connect(slot)
        for key in ("Menu", "Shift+F10"):
            QShortcut(QKeySequence(key), self.devices.list).activated.connect(self.devices.menu_at_row)

    def _room(self) -> QSize:
        """What the screen has for a window, its frame not counted."""
        screen = self.screen()
        return screen.availableSize() - _FRAME if screen is not None else _SIZE

    # --- what happens

    def _selected(self) -> None:
        self._tell_subject()
        self.open_panel(self.current)

    def _tell_subject(self) -> None:
        self.frame.header.tell(tuple(self.hub.model.row_of(row.key) or row for row in self.hub.selection))

    def _rows_changed(self, keys: set[str]) -> None:
        if {row.key for row in self.hub.selection} & keys:
            self.hub.selection = tuple(self.hub.model.row_of(row.key) or row for row in self.hub.selection)
            self._tell_subject()
        self.devices.offer_filters()
        self.stack.rows_changed(keys)

    def _menu(self, at: QPoint) -> None:
        rows = self.devices.rows()
        if rows:
            menu_for(rows, self.hub, self).popup(at)

    def _settings(self) -> None:
        self.talk.settings()

    def _theme_chosen(self, name: str) -> None:
        self.theme_choice.choose(name)

    def _first_look(self) -> None:
        """Nothing is here, but something is known: show that instead of an empty list."""
        rows = self.hub.model.rows()
        if rows and not any(row.here for row in rows) and self.devices.filter.mode == HERE:
            self.devices.show_only(ALL)

    # --- beginning and end

    def _restore(self) -> None:
        settings = self.hub.settings
        for key, restore in (("geometry", self.restoreGeometry), ("splitter", self.splitter.restoreState)):
            state = settings.value(key)
            if isinstance(state, QByteArray):  # a file that somebody changed by hand may hold anything
                restore(state)
        self._tell_subject()
        first = str(settings.value("panel", "welcome"))
        names = [info.name for info in self.infos]
        self.nav.setCurrentRow(names.index(first) if first in names else 0)

    def _keep(self) -> None:
        settings = self.hub.settings
        settings.put("geometry", self.saveGeometry())
        settings.put("splitter", self.splitter.saveState())
        settings.put("panel", self.current)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Asks while something runs that the user would miss; then ends all of it, and only then goes."""
        if event is None or self.ended:
            return
        event.ignore()
        self.closing.wanted(self.talk.ask, self._end)

    def _end(self) -> None:
        self._keep()
        self.talk.silent = True
        self.closing.begin()
        self.stack.leave()
        self.setEnabled(False)
