"""Closing asks while something runs, and leaves nothing behind."""

import threading

from fake_services import FakeServices
from leak_watch import open_files, python_threads
from window_driver import Driver, opened, until

from devtoolkit.gui.dialogs import AskDialog
from devtoolkit.gui.job import Handle

CYCLES, WARM_UP = 5, 2


def test_five_windows_one_after_another_leave_no_thread_and_no_file(qapp: object) -> None:
    left = []
    for _ in range(WARM_UP + CYCLES):
        with opened(FakeServices()) as driver:
            until(lambda driver=driver: driver.hub.model.rowCount() == 4, "rows")
        left.append((python_threads(), open_files()))
    assert len(set(left[WARM_UP:])) == 1, left


def test_closing_with_a_job_running_asks_and_no_keeps_all_as_it_is(driver: Driver) -> None:
    released = threading.Event()

    def work(handle: Handle) -> None:
        while not handle.cancel.wanted:
            released.wait(0.01)

    job = driver.hub.run("long", work)
    assert job is not None
    driver.window.close()
    dialog = driver.dialog(AskDialog)
    assert dialog.no.isDefault()
    dialog.no.click()
    assert driver.window.isVisible()
    assert job.state == "running"
    driver.window.close()
    driver.yes()
    until(lambda: driver.window.ended, "the end")
    assert job.state == "done"
    assert not driver.window.isVisible()


def test_closing_a_quiet_window_asks_nothing(driver: Driver) -> None:
    driver.window.close()
    until(lambda: driver.window.ended, "the end")
    assert not driver.window.findChildren(AskDialog)


def test_virtual_boards_are_powered_off_by_closing(driver: Driver, services: FakeServices) -> None:
    panel = driver.panel("simulator")
    panel.count.setValue(3)
    panel.start.click()
    names = ("node01", "node02", "node03")
    until(lambda: driver.job("3 virtual").holding, "they are on")
    until(lambda: {"node01", "node02", "node03"} <= {row.name for row in driver.hub.model.rows()}, "rows")
    driver.window.close()
    driver.yes()
    until(lambda: driver.window.ended, "the end")
    assert ("power_off", names) in services.calls
