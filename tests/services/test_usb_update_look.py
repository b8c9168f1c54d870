"""What an update says it would do when the board cannot be asked: an interrupted one is told from a dead board."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from interrupted_update import interrupted

from devtoolkit import paths
from devtoolkit.errors import BoardError
from devtoolkit.services import usb_journal, usb_resume, usb_update
from devtoolkit.services.usb_update import Updater, UpdateRequest

UID = "micr0000000100k0OS"


@contextmanager
def _silent(address: str, _transport: str) -> Iterator[None]:
    """A board whose flash is empty."""
    raise BoardError(f"{address} does not answer.")
    yield


@pytest.fixture(autouse=True)
def _empty_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "_chosen_user_data", None)
    paths.choose_user_data(tmp_path)
    monkeypatch.setattr(usb_update, "board_session", _silent)
    monkeypatch.setattr(usb_resume, "uid_in_boot_rom", lambda _device: UID)


def test_a_board_that_is_silent_because_its_update_was_cut_off_is_told_to_be_finished(tmp_path: Path) -> None:
    saved = interrupted(tmp_path, UID, "lamp", "esp32")
    found = Updater(UpdateRequest("/dev/ttyLook0")).look()
    assert (found.resumes, found.reflash, found.uid, found.name) == (True, True, UID, "lamp")
    assert found.backup == str(saved.backup)
    assert found.plan.nothing


def test_a_board_that_is_silent_for_another_reason_is_an_error() -> None:
    with pytest.raises(BoardError):
        Updater(UpdateRequest("/dev/ttyLook0")).look()
    usb_journal.begin(usb_journal.Unfinished("micr00000000else", "esp32", Path()))
    with pytest.raises(BoardError):
        Updater(UpdateRequest("/dev/ttyLook0")).look()
