"""Dialogs and menus for those who see nothing or use no mouse: names, Tab, Enter, Escape, and what the keys reach."""

from collections.abc import Callable
from typing import Any

import pytest
from fake_services import LAMP, FakeServices
from window_driver import Driver, dialog_alive, until

from devtoolkit.errors import NodeUnreachableError
from devtoolkit.gui.bulk_dialog import BulkDialog
from devtoolkit.gui.dialogs import AskDialog, LogDialog
from devtoolkit.gui.hub import Question
from devtoolkit.gui.qt import (
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    Qt,
    QToolButton,
    QWidget,
)
from devtoolkit.gui.tags_dialog import TagsDialog
from devtoolkit.gui.widgets.secret import SecretDialog

CONTROLS = (QPushButton, QToolButton, QLineEdit, QComboBox, QSpinBox, QCheckBox, QPlainTextEdit, QAbstractItemView)
PANELS_OF_OURS = ("ota", "shell")


def settings(driver: Driver) -> None:
    driver.window.settings_button.click()


def doctor(driver: Driver) -> None:
    driver.window.doctor_button.click()


def error(driver: Driver) -> None:
    driver.hub.show_error(NodeUnreachableError("Lamp does not answer.", hint="Is it on?"))


def ask(driver: Driver) -> None:
    driver.hub.ask(Question("Forget", "Forget Lamp?", ("One.",), danger=True), lambda: None)


def password(driver: Driver) -> None:
    driver.hub.run("locked", lambda handle: handle.ask("FrontDoor"))


def log(driver: Driver) -> None:
    job = driver.hub.run("short", lambda handle: handle.say("a line"))
    assert job is not None
    LogDialog(driver.window, driver.hub.theme, job).open()


def secret(driver: Driver) -> None:
    SecretDialog(driver.window, driver.hub, driver.hub.nodes()[0]).open()


def bulk(driver: Driver) -> None:
    BulkDialog(driver.window, driver.hub, driver.hub.nodes(), "hello").open()


def tags(driver: Driver) -> None:
    TagsDialog(driver.window, driver.hub, driver.hub.nodes()).open()


DIALOGS: list[Callable[[Driver], None]] = [settings, doctor, error, ask, password, log, secret, bulk, tags]


def controls(root: QWidget) -> list[Any]:
    """What a user operates and sees now."""
    found = [one for kind in CONTROLS for one in root.findChildren(kind)]
    whole = QComboBox | QSpinBox | QLineEdit
    return [
        one for one in dict.fromkeys(found)
        if one.isVisibleTo(root) and not isinstance(one, QHeaderView) and not isinstance(one.parent(), whole)
        and one.window() is root.window()
    ]  # fmt: skip


def active(root: QWidget) -> None:
    """The window that the keys go to; no window manager does that here."""
    QApplication.setActiveWindow(root.window())
    until(lambda: root.window().isActiveWindow(), "it is active")


def walked(qtbot: Any, root: QWidget) -> list[QWidget]:
    """What the Tab key reaches, pressed until it comes round."""
    seen: list[QWidget] = []
    active(root)
    if QApplication.focusWidget() is None:
        root.setFocus()
    while True:
        now = QApplication.focusWidget()
        assert now is not None
        if now in seen:
            return seen
        seen.append(now)
        qtbot.keyClick(now, Qt.Key_Tab)


@pytest.mark.parametrize("show", DIALOGS, ids=lambda show: show.__name__)
def test_a_dialog_has_names_for_screen_readers_is_walked_by_tab_and_left_by_escape(
    driver: Driver, qtbot: Any, show: Callable[[Driver], None]
) -> None:
    driver.select("Lamp")
    show(driver)
    dialog = driver.dialog()
    assert dialog.windowTitle()
    here = controls(dialog)
    assert here
    nameless = [one for one in here if not (one.accessibleName() or getattr(one, "text", str)())]
    assert not nameless
    reached = walked(qtbot, dialog)
    missed = [one for one in here if one.isEnabled() and one not in reached]
    assert not missed, [(type(one).__name__, one.accessibleName()) for one in missed]
    qtbot.keyClick(dialog, Qt.Key_Escape)
    until(lambda: not dialog_alive(dialog), "the dialog is gone")
    until(lambda: not driver.hub.jobs.running, "what waited for it goes on")


@pytest.mark.parametrize("name", PANELS_OF_OURS)
def test_tab_alone_reaches_every_control_of_the_window(driver: Driver, qtbot: Any, name: str) -> None:
    driver.select("Lamp")
    driver.panel(name)
    until(lambda: not driver.hub.jobs.running, "all is read")
    reached = walked(qtbot, driver.window)
    missed = [one for one in controls(driver.window) if one.isEnabled() and one not in reached]
    assert not missed, [(type(one).__name__, one.accessibleName()) for one in missed]


def test_enter_answers_no_where_something_would_be_lost(driver: Driver, qtbot: Any) -> None:
    done: list[int] = []
    driver.hub.ask(Question("Erase", "Erase it?", danger=True), lambda: done.append(1))
    dialog = driver.dialog()
    active(dialog)
    assert QApplication.focusWidget() is dialog.no
    qtbot.keyClick(dialog.no, Qt.Key_Return)
    until(lambda: not dialog_alive(dialog), "the answer")
    driver.hub.ask(Question("Go", "Go on?"), lambda: done.append(2))
    qtbot.keyClick(driver.dialog().yes, Qt.Key_Return)
    until(lambda: done, "the answer")
    assert done == [2]


def test_the_menu_of_a_device_is_opened_and_used_by_keys(driver: Driver, services: FakeServices, qtbot: Any) -> None:
    driver.select("Lamp")
    qtbot.keyClick(driver.window, Qt.Key_L, Qt.ControlModifier)
    assert driver.window.devices.list.hasFocus()
    qtbot.keyClick(driver.window.devices.list, Qt.Key_F10, Qt.ShiftModifier)
    menus: list[Any] = []

    def menu_open() -> bool:
        menus[:] = [one for one in driver.window.findChildren(QMenu) if one.isVisible()]
        return bool(menus)

    until(menu_open, "the menu")
    (menu,) = menus
    names = [action.text() for action in menu.actions() if action.isEnabled() and action.text()]
    for _ in range(names.index("Reboot") + 1):
        qtbot.keyClick(menu, Qt.Key_Down)
    qtbot.keyClick(menu, Qt.Key_Return)
    driver.yes()
    driver.ended("Restart Lamp")
    assert ("shell", LAMP.uid, "reboot") in services.calls


@pytest.mark.parametrize(
    ("key", "modifier", "target"),
    [
        (Qt.Key_F, Qt.ControlModifier, lambda driver: driver.window.devices.field),
        (Qt.Key_P, Qt.ControlModifier, lambda driver: driver.window.nav),
        (Qt.Key_J, Qt.ControlModifier, lambda driver: driver.window.jobs_bar.rows[0].log),
    ],
)
def test_keys_lead_to_the_parts_of_the_window(
    driver: Driver, qtbot: Any, key: int, modifier: int, target: Callable[[Driver], QWidget]
) -> None:
    driver.hub.run("short", lambda _handle: None)
    driver.ended("short")
    driver.window.devices.list.setFocus()
    qtbot.keyClick(driver.window, key, modifier)
    assert target(driver).hasFocus()


def test_the_tasks_of_a_node_are_listed_and_one_is_stopped(driver: Driver, services: FakeServices) -> None:
    services.commands["task list >json"] = ('{"active": ["idle", "server", "fan.spin"], "inactive": ["ntp"]}',)
    driver.select("Lamp")
    tasks = driver.panel("shell").tasks
    until(lambda: tasks.list.count() == 4, "the tasks")
    assert "3 run, 1 are done" in tasks.told.text()
    stoppable = []
    for row in range(4):
        tasks.list.setCurrentRow(row)
        stoppable.append(tasks.stop.isEnabled())
    assert stoppable == [False, False, True, False]  # the node's own two, one of a module, one that is done
    tasks.list.setCurrentRow(2)
    services.commands["task list >json"] = ('{"active": ["idle", "server"], "inactive": ["ntp", "fan.spin"]}',)
    tasks.stop.click()
    driver.yes()
    driver.ended("task kill fan.spin")
    assert ("shell", LAMP.uid, "task kill fan.spin") in services.calls
    until(lambda: "2 run, 2 are done" in tasks.told.text(), "read again")
    driver.panel("log")
    assert not tasks._timer.isActive()  # nobody sees it: the node is left alone


def test_a_node_that_gives_no_task_list_is_told_in_words(driver: Driver) -> None:
    driver.select("Lamp")
    tasks = driver.panel("shell").tasks
    until(lambda: tasks.told.text(), "words")
    assert "does not tell its tasks" in tasks.told.text()


def test_no_word_of_a_long_question_is_cut_off_on_a_small_screen(driver: Driver) -> None:
    points = tuple(f"Point {number}: " + "many words that have to be wrapped " * 4 for number in range(9))
    driver.hub.ask(Question("Long", "A question that is long enough to be wrapped " * 3, points), lambda: None)
    dialog = driver.dialog(AskDialog)
    assert dialog.height() > QApplication.primaryScreen().availableGeometry().height() * 2 / 3
    until(lambda: dialog.height() >= dialog.column.totalHeightForWidth(dialog.width()), "it is high enough")
    cut = [
        label.text()[:20]
        for label in dialog.findChildren(QLabel)
        if label.height() < label.heightForWidth(label.width())
    ]
    assert not cut
    dialog.reject()
