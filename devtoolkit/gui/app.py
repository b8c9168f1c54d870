"""Starts the window and ends with it."""

import contextlib
import signal
import sys

from devtoolkit.gui import languages
from devtoolkit.gui import theme as themes
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.qt import QApplication, QPalette, Qt, QTimer
from devtoolkit.gui.services import Services
from devtoolkit.gui.window import MainWindow

_kept: list[QApplication] = []  # PyQt ends the program's QApplication when nobody holds it
_SIGNALS_MS = 300  # how often Python gets the chance to notice Ctrl-C


def application() -> QApplication:
    """The program's QApplication, made when there is none yet."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    QApplication.setAttribute(Qt.AA_EnableHighDpiScaling)
    QApplication.setAttribute(Qt.AA_UseHighDpiPixmaps)
    QApplication.setAttribute(Qt.AA_DisableWindowContextHelpButton)
    made = QApplication(["micrOS DevToolKit"])
    made.setApplicationName("micrOS DevToolKit")
    made.setDesktopFileName("micros-devtoolkit")
    _kept.append(made)
    return made


def make_window(services: Services | None = None) -> MainWindow:
    """The window, with theme, not yet shown."""
    program = application()
    program.setPalette(QPalette())  # the system's own, also after another window
    system = themes.system_theme(program)
    program.setStyle("Fusion")
    hub = Hub(services or Services(), system)
    languages.use(hub.language_setting())
    chosen = {themes.LIGHT: themes.LIGHT_THEME, themes.DARK: themes.DARK_THEME}.get(hub.theme_setting(), system)
    hub.theme = chosen
    themes.apply(chosen, program)
    return MainWindow(hub)


def run() -> int:
    """Open the window; returns when it is closed."""
    program = application()
    window = make_window()
    window.show()
    with contextlib.suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGINT, lambda _number, _frame: window.close())
        signal.signal(signal.SIGTERM, lambda _number, _frame: window.close())
    window.begin()
    ticks = QTimer(interval=_SIGNALS_MS)
    ticks.timeout.connect(lambda: None)
    ticks.start()
    code = program.exec_()
    sys.stdout.flush()
    return int(code)
