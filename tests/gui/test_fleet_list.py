"""Many devices: signal, states, sites and tags in the list, and what is done to several rows at once."""

import pytest
from fake_fleet import FAILURE
from fake_services import AWAY, DOOR, LAMP, FakeServices, device
from window_driver import Driver, opened, until

from devtoolkit.errors import BrokerError
from devtoolkit.gui import watcher
from devtoolkit.gui.bulk_dialog import BulkDialog
from devtoolkit.gui.device_actions import menu_for
from devtoolkit.gui.device_model import BUSY, LOCKED, NETWORK, ONLINE, SITE, UPDATING
from devtoolkit.gui.qt import QApplication
from devtoolkit.gui.roster import Roster
from devtoolkit.gui.tags_dialog import TagsDialog
from devtoolkit.services import vitals


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "_DUE_TICK_S", 0.02)
    monkeypatch.setattr(watcher, "_PRESENCE_FIRST_S", 0.0)


def shown(driver: Driver) -> list[str]:
    view = driver.window.devices.filter
    return [view.index(at, 0).data() for at in range(view.rowCount())]


def selected(driver: Driver) -> tuple[str, ...]:
    """All nodes of the network, selected."""
    driver.window.devices.show_only(NETWORK)
    until(lambda: len(shown(driver)) == 3, "the nodes")
    driver.window.devices.list.selectAll()
    return tuple(row.uid for row in driver.hub.nodes())


@pytest.mark.parametrize(
    ("lines", "signal"),
    [
        (('{"Amazing": -48}',), -48),
        (('{"Unusable": -99}',), -99),
        (("Shell: syntax error",), None),
        (("{}",), None),
        (('{"Amazing": 12}',), None),
        (("[-48]",), None),
        ((), None),
    ],
)
def test_a_signal_is_read_from_the_nodes_own_answer_and_nothing_else(
    lines: tuple[str, ...], signal: int | None
) -> None:
    assert vitals.parse_signal(lines) == signal


@pytest.mark.parametrize(("signal", "bars"), [(-48, 4), (-68, 3), (-75, 2), (-81, 1), (-120, 1)])
def test_the_bars_follow_the_grades_of_the_node(signal: int, bars: int) -> None:
    roster = Roster()
    roster.seen(LAMP)
    assert roster.row(LAMP.uid).bars == 0
    roster.heard(LAMP.uid, signal)
    assert roster.row(LAMP.uid).bars == bars
    assert f"signal {signal} dBm" in roster.row(LAMP.uid).told
    roster.seen(device("Lamp", 1, status="OFFLINE"))
    assert roster.row(LAMP.uid).bars == 0


def test_a_node_that_is_back_is_in_update_mode_no_more() -> None:
    roster = Roster()
    roster.seen(AWAY)
    assert roster.in_update_mode(AWAY.uid, on=True) == {AWAY.uid}
    assert (roster.row(AWAY.uid).state, roster.row(AWAY.uid).here) == ("Update mode", True)
    roster.seen(device("Garden", 3))
    assert roster.row(AWAY.uid).state == "Online"
    assert roster.in_update_mode(AWAY.uid, on=True) == set()


@pytest.mark.usefixtures("soon")
def test_signal_and_update_mode_reach_the_list_and_each_state_can_be_filtered(qapp: object) -> None:
    services = FakeServices((LAMP, DOOR, AWAY, device("Heater", 4, status="BUSY")), ())
    services.signals = {LAMP.uid: -52}
    services.updating = (AWAY.uid,)
    with opened(services) as driver:
        rows = driver.hub.model
        until(lambda: rows.row_of(LAMP.uid) and rows.row_of(LAMP.uid).bars == 4, "the signal")
        until(lambda: rows.row_of(AWAY.uid).state == "Update mode", "the node in update mode")
        wanted = {ONLINE: ["Lamp"], LOCKED: ["FrontDoor"], BUSY: ["Heater"], UPDATING: ["Garden"]}
        for mode, names in wanted.items():
            driver.window.devices.show_only(mode)
            assert shown(driver) == names, mode


def test_sites_are_offered_and_shown_only_when_a_row_has_one(driver: Driver) -> None:
    devices = driver.window.devices
    driver.select("Lamp")
    until(lambda: devices.mode.findText("Tag: garden") > 0, "tags")
    assert "North" not in driver.window.subject_line.text()
    assert devices.mode.findData(f"{SITE}North") < 0
    driver.hub.watcher.tell(lambda roster: roster.placed({LAMP.uid: "North"}))
    until(lambda: devices.mode.findText("Site: North") > 0, "the site")
    assert "North" in driver.window.subject_line.text()
    devices.show_only(f"{SITE}North")
    assert shown(driver) == ["Lamp"]
    driver.hub.watcher.tell(lambda roster: roster.placed({}))
    until(lambda: devices.mode.findText("Site: North") < 0, "no site any more")


@pytest.fixture
def sites_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "_SITES_FIRST_S", 0.0)
    monkeypatch.setattr(watcher, "_SITES_EVERY_S", 0.02)


@pytest.mark.usefixtures("qapp", "sites_soon")
def test_nodes_of_another_site_are_listed_and_commanded_there_and_gone_with_it() -> None:
    services = FakeServices()
    barn, lamp = device("Barn", 60, site="North"), device("Lamp", 1, site="North", latency_s=9.0)
    services.site_devices = (barn, lamp)
    with opened(services) as driver:
        driver.select("Barn")
        row = driver.hub.selection[0]
        assert (row.site, row.elsewhere, row.state) == ("North", True, "Online")
        assert "North" in row.line
        assert driver.hub.nodes() == ()
        driver.panel("controls")
        assert "at the site North" in driver.window.stack.currentWidget().words.text()
        here = driver.hub.model.row_of(LAMP.uid)
        until(lambda: driver.hub.model.row_of(LAMP.uid).site == "North", "a node of both is placed")
        assert not driver.hub.model.row_of(LAMP.uid).elsewhere, here
        menu = menu_for((row,), driver.hub, driver.window)
        on = {action.text(): action.isEnabled() for action in menu.actions()}
        assert (on["Command ..."], on["Reboot"], on["Shell"], on["Forget"]) == (True, True, False, False)
        dialog = BulkDialog(driver.window, driver.hub, (row,), "hello")
        dialog.open()
        dialog.send.click()
        until(lambda: "answer to hello" in dialog.results.text(), "the answer")
        assert ("command", (barn.uid,), ("hello",), "across") in services.calls
        dialog.accept()
        services.site_devices = ()
        until(lambda: driver.hub.model.row_of(barn.uid) is None, "the site has taken it away")
        until(lambda: driver.hub.model.row_of(LAMP.uid).site == "", "no site any more")


@pytest.mark.usefixtures("qapp", "sites_soon")
def test_a_broker_that_is_away_is_told_once_and_the_list_goes_on() -> None:
    services = FakeServices()
    services.no_broker = BrokerError("The broker does not answer.")
    told: list[str] = []
    with opened(services, begin=False) as driver:
        driver.hub.logged.connect(told.append)
        driver.window.begin()
        until(lambda: told, "the log")
        services.no_broker, services.site_devices = None, (device("Barn", 60, site="North"),)
        driver.select("Barn")
    assert [line for line in told if "broker" in line] == ["The broker does not answer."]


def test_a_command_to_many_nodes_shows_the_answer_or_the_failure_of_each(
    driver: Driver, services: FakeServices
) -> None:
    uids = selected(driver)
    menu = menu_for(driver.hub.selection, driver.hub, driver.window)
    next(action for action in menu.actions() if action.text() == "Command ...").trigger()
    dialog = driver.dialog(BulkDialog)
    dialog.line.setText("system info <a> hello")
    dialog.send.click()
    driver.ended("system to 3 nodes")
    assert ("command", uids, ("system info", "hello")) in services.calls
    until(lambda: "2 well, 1 not" in dialog.summary.text(), "the sum")
    table = dialog.results
    assert table.rowCount() == 3
    assert "answer to hello" in table.text()
    failed = [table.row_text(row) for row in range(3) if "failed" in table.row_text(row)]
    assert len(failed) == 1
    assert FAILURE.message in failed[0]
    dialog.accept()


def test_a_node_that_refuses_a_command_is_not_counted_among_those_where_it_went_well(
    driver: Driver, services: FakeServices
) -> None:
    selected(driver)
    dialog = BulkDialog(driver.window, driver.hub, driver.hub.nodes(), "nothing load")
    dialog.open()
    dialog.send.click()
    driver.ended("nothing to 3 nodes")
    until(lambda: "0 well, 3 not" in dialog.summary.text(), "the sum")
    assert dialog.results.text().count("refused") == 2
    dialog.accept()


def test_a_bulk_dialog_may_be_closed_while_nodes_still_answer(driver: Driver, services: FakeServices) -> None:
    selected(driver)
    services.gate.clear()
    dialog = BulkDialog(driver.window, driver.hub, driver.hub.nodes(), "hello")
    dialog.open()
    dialog.send.click()
    dialog.accept()
    QApplication.processEvents()
    services.gate.set()
    assert driver.ended("hello to 3 nodes").state == "done"
    assert not driver.errors()


def test_several_nodes_are_restarted_by_one_job(driver: Driver, services: FakeServices) -> None:
    uids = selected(driver)
    menu = menu_for(driver.hub.selection, driver.hub, driver.window)
    next(action for action in menu.actions() if action.text() == "Reboot").trigger()
    driver.yes()
    driver.ended("reboot to 3 nodes")
    assert ("command", uids, ("reboot",)) in services.calls


def test_tags_are_given_to_and_taken_from_many_and_the_others_stay(driver: Driver, services: FakeServices) -> None:
    uids = selected(driver)
    dialog = TagsDialog(driver.window, driver.hub, driver.hub.nodes())
    dialog.open()
    dialog.add.setText("ground, kitchen")
    dialog.accept()
    expected = dict.fromkeys(uids, ("garden", "ground", "kitchen"))
    until(lambda: ("tag_each", expected) in services.calls, "the tags are kept")
    dialog = TagsDialog(driver.window, driver.hub, driver.hub.nodes())
    dialog.remove.setText("garden")
    assert dialog.new_tags() == dict.fromkeys(uids, ())
    dialog.remove.setText("unused")
    assert dialog.new_tags() == {}
    dialog.reject()


def test_the_actions_button_offers_the_menu_of_the_selection(driver: Driver) -> None:
    devices = driver.window.devices
    assert not devices.actions_button.isEnabled()
    driver.select("Lamp")
    assert devices.actions_button.isEnabled()
    asked: list[object] = []
    devices.menu_wanted.disconnect()
    devices.menu_wanted.connect(asked.append)
    devices.actions_button.click()
    devices.menu_at_row()
    assert len(asked) == 2
