"""Firmware is downloaded with real progress, goes on after a break, and only the right bytes get their name."""

import dataclasses
import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from firmware_server import FirmwareServer, firmware_server

from devtoolkit import paths
from devtoolkit.boards import loader
from devtoolkit.boards.loader import board
from devtoolkit.errors import CancelledByUser, FirmwareError, UsageError
from devtoolkit.launcher import main
from devtoolkit.model.board import Board
from devtoolkit.pipelines.base import Cancel, Event
from devtoolkit.services import firmware, firmware_fetch, firmware_records
from devtoolkit.simulator.firmware import virtual_firmware

DATA = virtual_firmware("esp32") + b"\xff" * 300_000  # a few blocks of download
NAME = "ESP32_GENERIC-20251209-v1.27.0.bin"
NO_SUM = board("tinypico")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FirmwareServer]:
    with firmware_server() as one:
        monkeypatch.setenv(firmware.URL_VARIABLE, one.url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.delenv(firmware.FOLDER_VARIABLE, raising=False)
        one.files[NAME] = DATA
        yield one


@pytest.fixture
def esp32() -> Board:
    """The ESP32 board, as if DATA were its published firmware."""
    one = board("esp32")
    sha256 = hashlib.sha256(DATA).hexdigest()
    return dataclasses.replace(one, firmware=dataclasses.replace(one.firmware, sha256=sha256))


def store_files() -> set[str]:
    return {path.name for path in paths.firmware_store().glob("*") if not path.name.endswith(".lock")}


def test_a_missing_firmware_is_downloaded_once_with_progress_in_bytes(server: FirmwareServer, esp32: Board) -> None:
    events: list[Event] = []
    found = firmware_fetch.obtain(esp32, listener=events.append)
    assert (found.data, found.published) == (DATA, True)
    assert found.path == paths.firmware_store() / NAME
    progress = [(event.done, event.total) for event in events if event.kind == "progress"]
    assert progress == sorted(progress)
    assert len(progress) > 3
    assert progress[-1] == (len(DATA), len(DATA))
    assert {event.step for event in events} == {"firmware"}
    assert store_files() == {NAME}
    firmware_fetch.obtain(esp32, listener=events.append)
    assert len(server.asked) == 1


def test_a_download_that_broke_off_goes_on_where_it_stopped(server: FirmwareServer, esp32: Board) -> None:
    server.break_after = 150_000
    with pytest.raises(FirmwareError, match=f"broke off after 150000 of {len(DATA)} bytes") as caught:
        firmware_fetch.obtain(esp32)
    assert "goes on where it stopped" in caught.value.hint
    assert firmware.in_store(esp32) is None
    events: list[Event] = []
    assert firmware_fetch.obtain(esp32, listener=events.append).data == DATA
    assert [request[1] for request in server.asked] == ["", "bytes=150000-"]
    first = next(event for event in events if event.kind == "progress")
    assert (first.done, first.total) == (150_000, len(DATA))
    assert store_files() == {NAME}


@pytest.mark.parametrize("what", ["ranges", "etags"])
def test_a_server_that_cannot_continue_gives_the_whole_file_again(
    server: FirmwareServer, esp32: Board, what: str
) -> None:
    setattr(server, what, False)
    server.break_after = 100_000
    with pytest.raises(FirmwareError):
        firmware_fetch.obtain(esp32)
    assert firmware_fetch.obtain(esp32).data == DATA


def test_a_part_of_another_content_is_not_continued(server: FirmwareServer, esp32: Board) -> None:
    server.files[NAME] = bytes(len(DATA))
    server.break_after = 100_000
    with pytest.raises(FirmwareError):
        firmware_fetch.obtain(esp32)
    server.files[NAME] = DATA
    assert firmware_fetch.obtain(esp32).data == DATA


def test_a_part_that_was_whole_already_is_finished(server: FirmwareServer, esp32: Board) -> None:
    """Killed between the last byte and the new name: the server has nothing to add (416)."""
    folder = paths.firmware_store()
    folder.mkdir(parents=True)
    (folder / f"{NAME}.part").write_bytes(DATA)
    (folder / f"{NAME}.part-of").write_text(f'"{hashlib.sha256(DATA).hexdigest()[:12]}"')
    assert firmware_fetch.obtain(esp32).data == DATA
    assert store_files() == {NAME}


def test_other_bytes_than_the_catalogue_s_are_thrown_away(server: FirmwareServer, esp32: Board) -> None:
    server.files[NAME] = DATA[:-1] + b"\x00"
    with pytest.raises(FirmwareError, match="not the expected file") as caught:
        firmware_fetch.obtain(esp32)
    assert caught.value.facts["expected"] == esp32.firmware.sha256
    assert store_files() == set()


def test_cancel_keeps_the_part_for_the_next_try(server: FirmwareServer, esp32: Board) -> None:
    cancel = Cancel()

    def stop(event: Event) -> None:
        if event.done:
            cancel.set()

    with pytest.raises(CancelledByUser):
        firmware_fetch.obtain(esp32, listener=stop, cancel=cancel)
    assert f"{NAME}.part" in store_files()
    assert firmware_fetch.obtain(esp32).data == DATA
    assert server.asked[-1][1].startswith("bytes=")


def test_offline_the_error_names_the_file_its_address_and_its_place(
    esp32: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(firmware.FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv(firmware.URL_VARIABLE, f"http://127.0.0.1:{port}/")
    with pytest.raises(FirmwareError, match="cannot be reached") as caught:
        firmware_fetch.obtain(esp32)
    assert caught.value.facts["offline"] is True
    for part in (NAME, f"http://127.0.0.1:{port}/{NAME}", str(paths.firmware_store()), "--firmware"):
        assert part in caught.value.hint


def test_a_file_the_server_has_not_is_said_so(server: FirmwareServer, esp32: Board) -> None:
    del server.files[NAME]
    with pytest.raises(FirmwareError, match="the server says 404"):
        firmware_fetch.obtain(esp32)


def test_an_address_that_is_no_web_address_is_refused(esp32: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(firmware.FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv(firmware.URL_VARIABLE, "file:///etc")
    with pytest.raises(FirmwareError, match="no web address"):
        firmware_fetch.obtain(esp32)


def test_without_a_published_checksum_consent_is_needed_and_the_sum_is_noted(server: FirmwareServer) -> None:
    server.files[NO_SUM.firmware.file] = DATA
    with pytest.raises(FirmwareError, match="Nobody publishes a checksum") as caught:
        firmware_fetch.obtain(NO_SUM)
    assert "--accept-unverified" in caught.value.hint
    assert server.asked == []
    found = firmware_fetch.obtain(NO_SUM, accept_unverified=True)
    assert (found.data, found.published) == (DATA, False)
    noted = firmware_records.records()[NO_SUM.firmware.file]
    assert noted.sha256 == hashlib.sha256(DATA).hexdigest()
    assert noted.source == f"{server.url}/{NO_SUM.firmware.file}"
    found.path.write_bytes(virtual_firmware("esp32"))
    with pytest.raises(FirmwareError, match="has changed since"):
        firmware.find(NO_SUM)


def test_a_download_that_is_no_firmware_for_the_board_is_not_kept(server: FirmwareServer) -> None:
    server.files[NO_SUM.firmware.file] = b"<html>moved</html>" * 100
    with pytest.raises(FirmwareError, match="cannot be used"):
        firmware_fetch.obtain(NO_SUM, accept_unverified=True)
    assert firmware.in_store(NO_SUM) is None


def test_every_board_s_address_is_its_publisher_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(firmware.URL_VARIABLE, raising=False)
    for one in loader.load_boards():
        address = firmware.download_address(one)
        assert address.endswith(f"/{one.firmware.file}")
        assert address.startswith("https://micropython.org/resources/firmware/") or one.firmware.url


def test_all_fetches_what_is_there_and_reports_what_is_not(
    server: FirmwareServer, capsys: pytest.CaptureFixture[str]
) -> None:
    for one in loader.load_boards():
        if not one.firmware.sha256 and one.chip == "esp32":
            server.files[one.firmware.file] = DATA
    assert main(["--firmware-fetch", "all", "--accept-unverified", "--yes", "--json"]) == 12
    value = json.loads(capsys.readouterr().out)
    files = {one["file"]: one for one in value["result"]["files"]}
    assert set(files) == {one.firmware.file for one in loader.load_boards()}
    assert files[NO_SUM.firmware.file]["state"] == "fetched"
    assert files[NO_SUM.firmware.file]["verified"] is False
    assert files[NAME]["state"] == "failed"
    assert "not the expected file" in files[NAME]["reason"]
    assert files[NAME]["boards"] == ["esp32", "qtpy"]
    assert value["error"]["type"] == "FirmwareError"
    assert main(["--firmware-fetch", "tinypico", "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["result"]["files"][0]["state"] == "there"


def test_yes_is_no_consent_to_an_unknown_checksum(server: FirmwareServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.files[NO_SUM.firmware.file] = DATA
    assert main(["--firmware-fetch", "tinypico", "--yes", "--json"]) == 12
    assert "--accept-unverified" in json.loads(capsys.readouterr().out)["result"]["files"][0]["reason"]


def test_an_unknown_board_is_refused(server: FirmwareServer) -> None:
    with pytest.raises(UsageError, match="esp23"):
        firmware_fetch.fetch_all("esp23")
    assert server.asked == []


def test_a_bare_name_is_looked_up_in_the_store(server: FirmwareServer, esp32: Board) -> None:
    firmware_fetch.obtain(esp32)
    assert firmware.find(esp32, Path(NAME)).path == paths.firmware_store() / NAME
