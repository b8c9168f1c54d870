"""Light or dark: the user's choice, or what the system wants, also when that changes while the window is open.

The system tells it in three ways: Qt's own events (macOS, desktops with a Qt platform theme), its registry (Windows,
looked at when the window is activated), and the desktop portal's `color-scheme` (Linux), which outranks the palette.
"""

import contextlib
import os
import sys
from pathlib import Path

from devtoolkit.gui import theme as themes
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.qt import QApplication, QEvent, QMainWindow, QObject, QPalette, QTimer
from devtoolkit.gui.theme import Theme

_LATER_MS = 0  # outside of the event that told it
_THEME_CHANGE = 210  # QEvent::ThemeChange, to which PyQt5 gives no name
_EVENTS = (_THEME_CHANGE, QEvent.ApplicationPaletteChange, QEvent.ActivationChange)


class ThemeChoice(QObject):
    """Puts the right theme on the program, for the whole life of its window."""

    def __init__(self, hub: Hub, window: QMainWindow) -> None:
        super().__init__(window)
        self._hub = hub
        self._portal: object | None = None
        self._scheme: Theme | None = None  # what the portal says
        self._asked_anew = False  # the system's palette itself has to be looked at
        self._later = QTimer(self, singleShot=True, interval=_LATER_MS)
        self._later.timeout.connect(self._look)
        window.installEventFilter(self)

    def choose(self, name: str) -> None:
        """The user's choice: system, light or dark. It is kept."""
        self._hub.settings.put("theme", name)
        application = _application()
        if name != themes.SYSTEM:
            self._use(themes.choose(name, application))
            return
        application.setPalette(QPalette())  # the system's own
        self._use(self._scheme or themes.system_theme(application))

    def listen(self) -> None:
        """Hear of changes from the desktop portal, where there is one."""
        if self._portal is None and portal_possible():
            with contextlib.suppress(ImportError):  # a PyQt5 without D-Bus
                from devtoolkit.gui.portal import Portal  # late: the first window does not wait for D-Bus

                portal = Portal(self)
                portal.told.connect(self.system_wants)
                portal.ask()
                self._portal = portal

    def system_wants(self, dark: bool | None) -> None:
        """The desktop's own word; None: it leaves the choice to us."""
        self._scheme = None if dark is None else themes.DARK_THEME if dark else themes.LIGHT_THEME
        if self._scheme is not None:
            self._later.start()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Only looks; every event goes its way."""
        if event is not None and event.type() in _EVENTS:
            self._asked_anew = self._asked_anew or event.type() == _THEME_CHANGE
            self._later.start()
        return False

    def _look(self) -> None:
        """Does nothing where all is as it should be already."""
        asked, self._asked_anew = self._asked_anew, False
        application = _application()
        if self._hub.theme_setting() != themes.SYSTEM:
            return
        ours = application.palette().color(QPalette.Window).name() == self._hub.theme.window
        if self._scheme is not None:
            wanted = self._scheme
        elif sys.platform == "win32" or not ours:
            wanted = themes.system_theme(application)
        elif asked:
            application.setPalette(QPalette())
            wanted, ours = themes.system_theme(application), False
        else:
            return
        if wanted != self._hub.theme or not ours:
            self._use(wanted)

    def _use(self, theme: Theme) -> None:
        themes.apply(theme, _application())
        self._hub.use_theme(theme)


def portal_possible() -> bool:
    """Whether there is a session bus to ask; Qt would start one otherwise."""
    if not sys.platform.startswith("linux"):
        return False
    own = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nonexistent") / "bus"
    return bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS")) or own.exists()


def _application() -> QApplication:
    running = QApplication.instance()
    if not isinstance(running, QApplication):  # the window that owns this could not be
        raise TypeError("There is no QApplication.")
    return running
