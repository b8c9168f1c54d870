"""Every panel, found by walking the folder: it can be built, has words where it is empty, and works by keyboard."""

import pytest
from fake_services import SECRET, FakeServices
from window_driver import Driver, opened, until

from devtoolkit.gui import languages, text
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import EmptyPage, find_panels
from devtoolkit.gui.qt import (
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSlider,
    QSpinBox,
    Qt,
    QTableWidget,
    QToolButton,
    QWidget,
)

NAMES = [info.name for info in find_panels()]
CONTROLS = (
    QPushButton, QToolButton, QLineEdit, QComboBox, QSpinBox, QSlider, QCheckBox, QPlainTextEdit, QAbstractItemView,
)  # fmt: skip


def controls(root: QWidget) -> list[QWidget]:
    """What a user operates; parts of a control (a field inside a spin box) belong to it."""
    found = [one for kind in CONTROLS for one in root.findChildren(kind)]
    whole = QComboBox | QSpinBox | QLineEdit | QTableWidget
    return [one for one in found if not isinstance(one.parent(), whole) and not _popup(one)]


def _popup(widget: QWidget) -> bool:
    return widget.window().windowType() == Qt.Popup or type(widget.parent()).__name__ == "QComboBoxPrivateContainer"


def all_built(driver: Driver) -> None:
    driver.select("Lamp")
    for name in NAMES:
        driver.panel(name)
    until(lambda: driver.window.panels["controls"].controls, "controls")
    until(lambda: driver.window.panels["config"].fields["devfid"].isEnabled(), "the configuration is read")
    until(lambda: not driver.hub.jobs.running, "all is read")


@pytest.mark.parametrize("name", NAMES)
def test_without_a_selection_the_panel_works_or_says_what_to_select(driver: Driver, name: str) -> None:
    driver.panel(name)
    page = driver.window.stack.currentWidget()
    if isinstance(page, EmptyPage):
        assert "Select" in page.words.text()
    else:
        assert any(label.text() for label in page.findChildren(QLabel))
    assert driver.window.current == name


def test_names_titles_and_places_of_panels_are_unique() -> None:
    infos = find_panels()
    for part in ("name", "title", "order"):
        assert len({getattr(info, part) for info in infos}) == len(infos), part


def test_every_control_has_a_name_for_screen_readers_and_is_reached_by_tab(driver: Driver) -> None:
    all_built(driver)
    nameless = [one for one in controls(driver.window) if not (one.accessibleName() or getattr(one, "text", str)())]
    assert not nameless
    unreachable = [one for one in controls(driver.window) if not one.focusPolicy() & Qt.TabFocus]
    assert not unreachable, [(type(one).__name__, one.accessibleName()) for one in unreachable]


@pytest.mark.parametrize("code", sorted(languages.names()))
def test_no_panel_needs_more_width_than_the_smallest_window_gives_in_any_language(
    qapp: object, services: FakeServices, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(Hub, "language_setting", lambda _hub: code)
    try:
        with opened(services) as driver:
            all_built(driver)
            for at, info in enumerate(driver.window.infos):  # imported in English, so titled in English
                driver.window.nav.item(at).setText(text.tr(info.title))
            driver.window.frame.navigation.fit()
            driver.window.resize(driver.window.minimumSize())
            QApplication.processEvents()
            assert driver.window.size() == driver.window.minimumSize()
            for name in NAMES:
                panel = driver.panel(name)
                inner = panel.findChild(QScrollArea).widget() if panel.scrolls else panel
                bar = area.verticalScrollBar().sizeHint().width() if (area := panel.findChild(QScrollArea)) else 0
                assert inner.minimumSizeHint().width() + bar <= driver.window.stack.width(), name
    finally:
        text.use({})


def test_the_smallest_window_fits_a_screen_of_1024x600_with_a_task_bar(driver: Driver) -> None:
    least = driver.window.minimumSize()
    assert least.width() <= 1024
    assert least.height() <= 560
    needed = driver.window.minimumSizeHint()
    assert needed.width() <= least.width()
    assert needed.height() <= least.height()


def test_the_node_password_is_nowhere_until_somebody_presses_reveal(driver: Driver) -> None:
    all_built(driver)
    panel = driver.panel("deploy")
    panel.wifi.setText("home")
    panel.wifi_password.setText(SECRET)
    panel.go.click()
    driver.yes()
    driver.ended("Deploy")
    until(lambda: panel.done.isVisible(), "the result")
    shown = [one.displayText() for one in driver.window.findChildren(QLineEdit)]
    shown += [one.text() for one in driver.window.findChildren(QLabel)]
    shown += [one.toPlainText() for one in driver.window.findChildren(QPlainTextEdit)]
    shown += [job.report() for job in driver.hub.jobs.all]
    assert not [text for text in shown if SECRET in text]
    assert panel.wifi_password.text() == ""
    panel.done.secret.reveal.click()
    until(lambda: panel.done.secret.shown.text() == SECRET, "the password")
    panel.done.secret.reveal.click()
    assert SECRET not in panel.done.secret.shown.text()
    panel.done.secret.copy.click()
    until(lambda: QApplication.clipboard().text() == SECRET, "the copied password")
    QApplication.clipboard().clear()
    panel.done.secret.qr.click()
    until(panel.done.secret.code.isVisible, "the QR code")
    assert panel.done.secret.code.pixmap().width() > 100
    driver.panel("log")
    assert not panel.done.secret.code.isVisible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_is_kept_for_the_next_start(qapp: object, theme: str) -> None:
    with opened(FakeServices()) as driver:
        driver.window._theme_chosen(theme)
        assert driver.hub.theme.name == theme
        driver.window.open_panel("log")
    with opened(FakeServices()) as driver:
        assert driver.hub.theme.name == theme
        assert driver.window.current == "log"
