"""A disk without room, met in the middle: what was there stays, what was done is said, and it is told what to do."""

import errno
import os
import shutil
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from devtoolkit.errors import DataFileError, SimulatorError
from devtoolkit.gui.job import Job
from devtoolkit.model.device import Device
from devtoolkit.services import configs, datafile, keyring_store, secrets, undo
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.devtools import doctor_checks
from devtoolkit.simulator import identity

LAMP = Device("micr0a0b0c0d0e01OS", "lamp", "127.0.0.98", 9008, status="ONLINE", version="2.0.0-0")


def no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes reach the disk no more."""
    monkeypatch.setattr(os, "fsync", no_room)


def test_a_file_that_does_not_fit_leaves_the_old_one_and_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.json"
    datafile.write_object(file, {"a": 1})
    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(DataFileError, match=r"mine\.json: No space left") as caught:
        datafile.write_object(file, {"a": 2})
    assert "Make room" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["mine.json"]
    assert datafile.read_object(file) == ({"a": 1}, "")


def test_what_nodes_tell_is_shown_although_the_cache_cannot_keep_it_and_that_is_told_once(
    tmp_path: Path, full: None, caplog: pytest.LogCaptureFixture
) -> None:
    cache = DeviceCache(tmp_path / "cache.json")
    cache.put(LAMP)
    cache.put(LAMP)
    (told,) = [record.getMessage() for record in caplog.records]
    assert "is not kept" in told
    assert "Make room" in told
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".lock"]


def test_what_the_user_asked_to_write_is_an_error_when_it_does_not_fit(tmp_path: Path, full: None) -> None:
    with pytest.raises(DataFileError, match="No space left"):
        DeviceCache(tmp_path / "cache.json").tag(LAMP.uid, ["garden"])


def test_a_damaged_cache_is_not_replaced_in_silence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "cache.json").write_text("{")
    DeviceCache(tmp_path / "cache.json").all()
    assert "cache.json.bad" in caplog.text


def test_a_setting_that_is_on_the_node_but_cannot_be_noted_says_both_and_its_password_is_kept_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def not_noted(*_: object) -> None:
        raise DataFileError("undo.json: No space left on device.", hint="Make room.")

    monkeypatch.setattr(undo, "config_changed", not_noted)
    monkeypatch.setattr(keyring_store, "available", lambda: False)
    changes = [configs.Change("appwd", None, "new-password-1"), configs.Change("utc", 60, 61)]
    with pytest.raises(DataFileError, match=r"appwd, utc of lamp is set, but .*undo\.json"):
        configs._changed(SimpleNamespace(), LAMP, changes)  # type: ignore[arg-type]
    assert secrets.password_of(LAMP.uid) == "new-password-1"


def test_in_the_window_a_full_disk_is_no_unforeseen_failure() -> None:
    job = Job("copy", no_room)
    job.work_in_thread()
    assert isinstance(job.error, DataFileError)
    assert "Make room" in job.error.hint


def test_the_doctor_sees_a_full_disk_and_one_that_soon_is(monkeypatch: pytest.MonkeyPatch, user_data: Path) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=5 << 20))
    ((state, text, way),) = doctor_checks.data_folder()
    assert (state, "5 MB" in text, "Make room" in way) == ("warn", True, True)
    monkeypatch.setattr(shutil, "disk_usage", no_room)
    ((state, text, _),) = doctor_checks.data_folder()
    assert (state, "No space left" in text) == ("fail", True)


def test_a_virtual_boards_state_that_does_not_fit_says_where_and_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "identity.json"
    identity.write_json(file, {"a": 1})
    monkeypatch.setattr(Path, "replace", no_room)
    with pytest.raises(OSError, match="No space left") as caught:
        identity.write_json(file, {"a": 2})
    assert caught.value.filename == str(file)
    assert [path.name for path in tmp_path.iterdir()] == ["identity.json"]


def test_without_a_loopback_network_a_virtual_board_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreachable(socket.socket):
        def connect(self, address: object) -> None:
            raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))

    monkeypatch.setattr(socket, "socket", Unreachable)
    with pytest.raises(SimulatorError, match="loopback network, which is down") as caught:
        identity.require_loopback()
    assert "ip link set lo up" in caught.value.hint
