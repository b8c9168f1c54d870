"""The window follows the system's theme while it is open, and speaks the chosen language."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fake_services import FakeServices
from gui_strings import placeholders, strings
from window_driver import Driver, opened, until

from devtoolkit.gui import languages, text
from devtoolkit.gui import theme as themes
from devtoolkit.gui.qt import QApplication, QColor, QEvent, QPalette
from devtoolkit.gui.text import tr

ROOT = Path(__file__).resolve().parents[2]
THEME_CHANGE = QEvent.Type(210)  # QEvent::ThemeChange
CODES = sorted(languages.names().keys() - {languages.ENGLISH})


def system_changes(driver: Driver) -> None:
    """What Qt tells a window when the desktop has another theme."""
    QApplication.postEvent(driver.window, QEvent(THEME_CHANGE))


def test_the_window_follows_the_system_while_it_is_open_and_a_choice_outranks_it(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.window._theme_chosen(themes.SYSTEM)
    first = driver.hub.theme
    other = themes.DARK_THEME if first is themes.LIGHT_THEME else themes.LIGHT_THEME
    monkeypatch.setattr(themes, "system_theme", lambda _application: other)
    system_changes(driver)
    until(lambda: driver.hub.theme is other, "the other theme")
    assert QApplication.palette().color(QPalette.Window) == QColor(other.window)
    assert driver.hub.theme_setting() == themes.SYSTEM
    driver.window._theme_chosen(first.name)
    assert driver.hub.theme is first
    system_changes(driver)
    driver.window.theme_choice._later.timeout.emit()
    assert driver.hub.theme is first


def test_a_palette_that_the_desktop_gives_the_program_is_followed(driver: Driver) -> None:
    driver.window._theme_chosen(themes.SYSTEM)
    for colour, wanted in (("#101010", themes.DARK_THEME), ("#fafafa", themes.LIGHT_THEME)):
        palette = QPalette()
        palette.setColor(QPalette.Window, QColor(colour))
        QApplication.setPalette(palette)
        until(lambda wanted=wanted: driver.hub.theme is wanted, wanted.name)
        assert QApplication.palette().color(QPalette.Window) == QColor(wanted.window)


def test_the_desktops_own_word_outranks_the_palette(driver: Driver) -> None:
    driver.window._theme_chosen(themes.SYSTEM)
    for dark, wanted in ((True, themes.DARK_THEME), (False, themes.LIGHT_THEME), (True, themes.DARK_THEME)):
        driver.window.theme_choice.system_wants(dark)
        until(lambda wanted=wanted: driver.hub.theme is wanted, wanted.name)
    driver.window._theme_chosen(themes.LIGHT)
    driver.window._theme_chosen(themes.SYSTEM)
    assert driver.hub.theme is themes.DARK_THEME
    driver.window._theme_chosen(themes.LIGHT)  # leaves the program as the next test expects it


PORTAL = """
import sys, time
sys.path[:0] = [{support!r}]
from PyQt5.QtCore import Q_CLASSINFO, QObject, pyqtSlot
from PyQt5.QtDBus import QDBusAbstractAdaptor, QDBusConnection, QDBusMessage, QDBusVariant
from fake_services import FakeServices
from window_driver import opened, until
from devtoolkit.gui.app import application
application()

class Settings(QDBusAbstractAdaptor):
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.portal.Settings")

    @pyqtSlot(str, str, QDBusMessage)
    def Read(self, group, key, message):
        message.setDelayedReply(True)
        asked.append((group, key))
        bus.send(message.createReply(QDBusVariant(1)))

asked = []
bus = QDBusConnection.connectToBus(QDBusConnection.SessionBus, "desktop")
desktop = QObject()
settings = Settings(desktop)
assert bus.registerObject("/org/freedesktop/portal/desktop", desktop)
assert bus.registerService("org.freedesktop.portal.Desktop")
with opened(FakeServices()) as driver:
    until(lambda: driver.hub.theme.name == "dark", "the desktop is dark")
    news = QDBusMessage.createSignal(
        "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Settings", "SettingChanged"
    )
    news.setArguments(["org.freedesktop.appearance", "color-scheme", QDBusVariant(2)])
    bus.send(news)
    until(lambda: driver.hub.theme.name == "light", "the desktop became light")
print(*asked[0])
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or not shutil.which("dbus-run-session"), reason="needs a D-Bus of its own"
)
def test_the_desktop_portal_is_asked_over_d_bus_and_heard(tmp_path: Path) -> None:
    code = PORTAL.format(support=str(ROOT / "tests" / "support"))
    command = ("dbus-run-session", "--", sys.executable, "-c", code)
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "MICROS_USER_DATA": str(tmp_path)}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert done.stdout.split() == ["org.freedesktop.appearance", "color-scheme"], done.stderr


# --- language


@pytest.fixture
def english() -> object:
    yield
    text.use({})


@pytest.mark.parametrize("code", CODES)
def test_every_text_of_a_table_is_one_of_the_window_with_the_same_placeholders(code: str) -> None:
    known = strings()
    table = languages.table(code)
    assert not table.keys() - known.keys()
    assert not [key for key, value in table.items() if placeholders(key) != placeholders(value)]
    assert not [key for key, value in table.items() if not value.strip()]


@pytest.mark.parametrize("code", CODES)
def test_a_table_has_every_text_of_the_window(code: str) -> None:
    table = languages.table(code)
    missing = [f"{word} ({file})" for word, file in strings().items() if word not in table]
    assert not missing, "a window in two languages is in none: put these into the table"


@pytest.mark.usefixtures("english")
def test_a_missing_text_stays_english_and_an_unknown_language_is_english() -> None:
    languages.use("de")
    assert tr("Settings") == "Einstellungen"
    assert tr("{count} selected", count=3) == "3 gew\u00e4hlt"
    assert tr("No table has this: {what}", what="x") == "No table has this: x"
    languages.use("hu")
    assert tr("Settings") == "Be\u00e1ll\u00edt\u00e1sok"
    for unknown in ("xx", "../../de", ""):
        languages.use(unknown)
        assert tr("Settings") == "Settings"


@pytest.mark.usefixtures("english")
def test_the_chosen_language_is_that_of_the_next_window(driver: Driver) -> None:
    driver.window.settings_button.click()
    dialog = driver.dialog()
    names = [dialog.language.itemText(at) for at in range(dialog.language.count())]
    assert names[1:] == ["English", "Deutsch", "Magyar"]
    dialog.language.setCurrentIndex(dialog.language.findData("de"))
    dialog.accept()
    assert driver.window.subject.text() == "Nothing selected"
    until(lambda: not driver.hub.settings.writing, "it is kept")
    with opened(FakeServices()) as second:
        assert second.window.subject.text() == "Nichts gew\u00e4hlt"
        assert second.window.devices.search_button.text() == "Suchen"
    driver.hub.settings.put("language", languages.ENGLISH)
