"""A disk that takes its time: the window goes on, and nodes do not look silent."""

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from fake_services import FakeServices
from window_driver import opened, opened_for_real, until

from devtoolkit.gui import kept
from devtoolkit.gui.qt import QApplication, QSettings
from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.presence import watch
from devtoolkit.transports.tcp_shell import Limits

LIMIT_S = 60.0
DISK = ("open", "os.listdir", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.scandir", "os.truncate")
WATCHED: list[tuple[str, list[str]]] = []  # folder, what the GUI's thread did there; a hook cannot be taken back


def note(event: str, args: tuple[Any, ...]) -> None:
    if WATCHED and event in DISK and threading.current_thread() is threading.main_thread():
        folder, found = WATCHED[-1]
        paths = [os.fsdecode(arg) for arg in args if isinstance(arg, str | bytes | os.PathLike)]
        found.extend(f"{event} {path}" for path in paths if path.startswith(folder))


@pytest.fixture
def in_gui_thread(tmp_path: Path) -> Iterator[list[str]]:
    """What the GUI's thread does in the data folder from now on, with Python's own file functions."""
    if not WATCHED:
        sys.addaudithook(note)
    WATCHED.append((str(tmp_path), []))
    yield WATCHED[-1][1]
    WATCHED[-1] = ("\0", [])


class HangingSettings(QSettings):
    """Writes only when it may; knows the threads it was written in."""

    may = threading.Event()
    threads: list[threading.Thread]

    def sync(self) -> None:
        self.threads.append(threading.current_thread())
        assert self.may.wait(LIMIT_S)
        super().sync()


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[HangingSettings]]:
    HangingSettings.may.clear()
    HangingSettings.threads = []
    monkeypatch.setattr(kept, "QSettings", HangingSettings)
    yield HangingSettings
    HangingSettings.may.set()


def test_a_setting_holds_at_once_while_the_disk_hangs_and_the_closed_window_waits_for_it_without_freezing(
    qapp: object, hanging: type[HangingSettings], user_data: Path
) -> None:
    with opened(FakeServices()) as driver:
        driver.hub.settings.put("scan", value=False)
        until(lambda: hanging.threads, "the writer is at work")
        assert driver.hub.flag("scan", default=True) is False
        driver.window.close()
        until(lambda: not driver.hub.watcher.working, "all but the disk has ended")
        for _ in range(50):
            QApplication.processEvents()
        assert not driver.window.ended
        hanging.may.set()
        until(lambda: driver.window.ended, "it is written")
    assert threading.main_thread() not in hanging.threads
    text = (user_data / "window.ini").read_text()
    assert "scan=false" in text
    assert "geometry=" in text


def test_settings_of_two_windows_are_kept_side_by_side(qapp: object, tmp_path: Path) -> None:
    file = tmp_path / "window.ini"
    one, other = kept.Kept(file), kept.Kept(file)
    one.put("theme", "dark")
    until(lambda: not one.writing, "written")
    other.put("language", "de")
    until(lambda: not other.writing, "written")
    third = kept.Kept(file)
    assert (third.value("theme"), third.value("language"), third.value("scan", 7)) == ("dark", "de", 7)


def test_settings_that_cannot_be_written_are_told_and_hold_until_the_end(qapp: object, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    settings, told = kept.Kept(tmp_path / "file" / "window.ini"), list[str]()
    settings.failed.connect(told.append)
    settings.put("theme", "dark")
    until(lambda: told, "the failure")
    assert "window.ini" in told[0]
    assert settings.value("theme") == "dark"


def test_the_thread_of_the_window_touches_no_file_of_the_data_folder_after_the_start(
    qapp: object, tmp_path: Path, in_gui_thread: list[str]
) -> None:
    data = tmp_path / "data"
    with opened_for_real(data) as driver:
        driver.hub.services.known()
        assert any("device_conn_cache.json" in line for line in in_gui_thread), "the watch sees what it should"
        in_gui_thread.clear()
        looks: list[object] = []
        driver.hub.watcher.first_look.connect(lambda: looks.append(1))
        for info in driver.window.infos:
            driver.panel(info.name)
        driver.window.settings_button.click()
        driver.dialog().accept()
        driver.hub.settings.put("theme", "dark")
        until(lambda: looks and not driver.hub.jobs.running, "all panels have what they asked for")
        driver.window.close()
        until(lambda: driver.window.ended, "it is closed")
    assert (data / "window.ini").is_file()
    assert (data / "device_conn_cache.json.lock").exists()  # the watcher was there, in its own thread
    assert in_gui_thread == []


def test_a_cache_that_takes_long_to_write_keeps_nobody_from_being_asked(tmp_path: Path) -> None:
    asked, enough = 0, threading.Event()

    class SlowCache(DeviceCache):
        def put(self, *devices: Device) -> None:
            assert enough.wait(LIMIT_S), "nobody was asked while the disk was busy"
            super().put(*devices)

    async def answer(ip: str, port: int, limits: Limits) -> Device:
        nonlocal asked
        asked += 1
        if asked >= 3:
            enough.set()
        return Device("micr0a0b0c0d0e0fOS", "slowly", ip, port, status="ONLINE")

    async def first() -> str:
        DeviceCache(tmp_path / "cache.json").put(Device("micr0a0b0c0d0e0fOS", "slowly", "127.0.0.99", 9008))
        async with aclosing(watch(SlowCache(tmp_path / "cache.json"), every_s=0.01, scan=False, ask=answer)) as events:  # type: ignore[type-var]
            return (await anext(events)).kind

    assert asyncio.run(asyncio.wait_for(first(), LIMIT_S * 2)) == "appear"
