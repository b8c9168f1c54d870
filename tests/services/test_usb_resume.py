"""Which interrupted update a boot drive stands for, and what is refused before anything is written to it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from interrupted_update import interrupted

from devtoolkit.errors import BoardError, DataFileError, UsageError
from devtoolkit.launcher import main
from devtoolkit.services import ports
from devtoolkit.services.usb_update import Updater, UpdateRequest
from devtoolkit.tools.boot_drive import named_drive

UID = "micre6610000000000d1OS"
OTHER = "micre6610000000000d2OS"
GONE = "/dev/ttyGone0"


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    return _drive(tmp_path / "RPI-RP2")


@pytest.fixture
def found(drive: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The drive is found by itself, as where a desktop has mounted it."""
    monkeypatch.setattr(ports, "find_drives", lambda: (named_drive(drive),))
    monkeypatch.setattr("devtoolkit.tools.boot_drive.find_drives", lambda: (named_drive(drive),))
    return drive


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    def run(*words: str) -> dict[str, Any]:
        code = main([*words, "--json"])
        value: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert value["ok"] == (code == 0)
        return value

    return run


def _drive(folder: Path, board_id: str = "RPI-RP2") -> Path:
    folder.mkdir()
    (folder / "INFO_UF2.TXT").write_text(f"UF2 Bootloader v3.0\nModel: Raspberry Pi {board_id}\nBoard-ID: {board_id}\n")
    return folder


def named(drive: Path, **more: Any) -> Updater:
    return Updater(UpdateRequest("", boot_drive=drive, **more))


def refused(updater: Updater, error: type[Exception], words: str) -> str:
    """By all three; nothing is written to the drive. The hint."""
    for call in (updater.waiting, updater.look, updater.update):
        with pytest.raises(error, match=words) as caught:
            call()
    drive = updater.request.boot_drive
    if drive and drive.is_dir():
        assert [file.name for file in drive.iterdir()] == ["INFO_UF2.TXT"]
    return str(getattr(caught.value, "hint", ""))


def test_a_named_drive_stands_for_the_one_update_that_waits(
    drive: Path, tmp_path: Path, said: Callable[..., dict[str, Any]]
) -> None:
    saved = interrupted(tmp_path, UID, "shed")
    interrupted(tmp_path, "micr0000000000d3OS", "lamp", "esp32")  # its own boot ROM tells who it is
    would = said("-r", "--boot-drive", str(drive), "--dry-run")["result"]
    assert (would["uid"], would["name"], would["resumes"]) == (UID, "shed", True)
    assert (would["backup"], would["boot_drive"]) == (str(saved.backup), str(drive))
    asked = said("-r", "--boot-drive", str(drive))["error"]
    assert f"update of shed ({UID}) is finished through the boot drive {drive}" in asked["message"]
    assert "does not tell whose board" in asked["message"]
    assert "--yes" in asked["hint"]


def test_a_drive_that_is_found_needs_neither_port_nor_folder(
    found: Path, tmp_path: Path, said: Callable[..., dict[str, Any]]
) -> None:
    assert "Port" in said("-r", "--dry-run")["error"]["message"], "nothing waits: it is an update like any other"
    interrupted(tmp_path, UID, "shed")
    assert said("-r", "--dry-run")["result"]["boot_drive"] == str(found)


def test_a_port_that_is_gone_is_looked_for_as_a_drive_only_where_an_update_waits(found: Path, tmp_path: Path) -> None:
    updater = Updater(UpdateRequest(GONE))
    assert updater.waiting() is None
    interrupted(tmp_path, UID, "shed")
    resume = updater.waiting()
    assert resume is not None
    assert (resume.node.name, resume.drive.folder) == ("shed", found)


def test_a_port_that_is_there_is_what_the_user_means_unless_the_drive_is_named(found: Path, tmp_path: Path) -> None:
    interrupted(tmp_path, UID, "shed")
    there = "socket://127.0.0.1:9"
    assert Updater(UpdateRequest(there)).waiting() is None
    assert Updater(UpdateRequest(there, boot_drive=found)).waiting() is not None
    assert Updater(UpdateRequest(there, boot_drive=tmp_path / "no drive yet")).waiting() is None


def test_another_chip_s_drive_is_refused_with_the_nodes_that_wait(tmp_path: Path) -> None:
    interrupted(tmp_path, UID, "shed")
    drive = _drive(tmp_path / "RP2350", "RP2350")
    refused(named(drive), BoardError, rf"RP2350.*other boards: shed \({UID}\): rp2 with rp2040")


def test_a_chosen_board_that_is_not_the_interrupted_one_is_refused(drive: Path, tmp_path: Path) -> None:
    interrupted(tmp_path, UID, "shed")
    refused(named(drive, board="esp32"), BoardError, "the chosen board is esp32, but the interrupted")


def test_a_drive_for_which_nothing_waits_says_what_else_can_be_done(drive: Path, tmp_path: Path) -> None:
    interrupted(tmp_path, "micr0000000000d3OS", "lamp", "esp32")
    assert "--make" in refused(named(drive), BoardError, "nothing to finish")


def test_of_several_the_name_or_the_uid_chooses_and_equal_names_need_the_uid(drive: Path, tmp_path: Path) -> None:
    for uid in (UID, OTHER):
        interrupted(tmp_path, uid, "shed")
    for node in ("", "shed"):
        assert "--dev" in refused(named(drive, node=node), UsageError, rf"shed \({UID}\), shed \({OTHER}\)")
    refused(named(drive, node="lamp"), UsageError, "No update of lamp")
    resume = named(drive, node=OTHER.upper()).waiting()
    assert resume is not None
    assert resume.node.uid == OTHER


def test_several_drives_are_not_guessed_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(tmp_path, UID, "shed")
    drives = tuple(named_drive(_drive(tmp_path / name)) for name in ("one", "two"))
    monkeypatch.setattr(ports, "find_drives", lambda: drives)
    assert "--boot-drive" in refused(Updater(UpdateRequest(GONE)), BoardError, "several boot drives")


def test_neither_port_nor_drive_says_what_to_press(tmp_path: Path) -> None:
    interrupted(tmp_path, UID, "shed")
    assert "BOOTSEL" in refused(named(tmp_path / "nothing"), BoardError, "neither a boot drive nor a port")


def test_a_damaged_backup_is_found_out_before_the_drive_is_written(drive: Path, tmp_path: Path) -> None:
    saved = interrupted(tmp_path, UID, "shed")
    (saved.backup / "files/LM_mine.py").write_text("changed")
    for call in (named(drive).look, named(drive).update):
        with pytest.raises(DataFileError, match=r"LM_mine\.py was changed") as caught:
            call()
        assert "--make" in caught.value.hint
    assert [file.name for file in drive.iterdir()] == ["INFO_UF2.TXT"]
