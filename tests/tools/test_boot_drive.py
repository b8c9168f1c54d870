"""Boot drives are found on every system by their info file, and a copy says what really arrived."""

import os
import shutil
from pathlib import Path

import pytest

from devtoolkit.errors import BoardError, PortError, ToolError
from devtoolkit.tools import boot_drive
from devtoolkit.tools.boot_drive import BootDrive, copy, mounted_folders, named_drive, not_mounted_hint

INFO = "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n"


def make_drive(folder: Path, info: str = INFO) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "INFO_UF2.TXT").write_text(info, newline="")
    return folder


@pytest.mark.parametrize(
    ("system", "place"),
    [
        ("linux", "media/ada/RPI-RP2"),
        ("linux", "run/media/ada/RPI-RP2"),
        ("linux", "media/RPI-RP2"),
        ("linux", "mnt/pico"),
        ("darwin", "Volumes/RPI-RP2"),
        ("win32", "E"),
        ("win32", "Z"),
    ],
)
def test_each_system_s_places_are_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, place: str
) -> None:
    drive = make_drive(tmp_path / place)
    (drive.parent / "F").mkdir()  # a stick that is no boot drive
    monkeypatch.setattr(boot_drive, "mounted_folders", lambda: mounted_folders(system, tmp_path))
    assert boot_drive.find_drives() == (BootDrive(drive, "Raspberry Pi RP2", "RPI-RP2"),)


def test_linux_knows_a_fat_drive_wherever_it_is_mounted_and_names_it_once(tmp_path: Path) -> None:
    make_drive(tmp_path / "home/ada/my pico")
    make_drive(tmp_path / "media/ada/other")
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mounts").write_text(
        "/dev/sda1 / ext4 rw 0 0\n"
        "/dev/sdb1 /home/ada/my\\040pico vfat rw 0 0\n"
        "/dev/sdc1 /media/ada/other vfat rw 0 0\n"
        "/dev/sdd1 /gone vfat rw 0 0\n"
    )
    found = mounted_folders("linux", tmp_path)
    assert found[:2] == (tmp_path / "home/ada/my pico", tmp_path / "media/ada/other")
    assert len(found) == len(set(found))


def test_the_chip_behind_a_drive_is_told(tmp_path: Path) -> None:
    assert named_drive(make_drive(tmp_path / "one")).chip == "rp2040"
    other = make_drive(tmp_path / "two", "UF2 Bootloader v1.0\nModel: Raspberry Pi RP2350\nBoard-ID: RP2350\n")
    assert named_drive(other).chip == "rp2350"
    assert named_drive(make_drive(tmp_path / "three", "Board-ID: SAMD21-x\n")).chip == "SAMD21-x"


def test_a_folder_that_is_no_boot_drive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match="has no INFO_UF2"):
        named_drive(tmp_path)


def test_a_drive_that_is_plugged_in_but_not_mounted_gets_the_command_to_mount_it(tmp_path: Path) -> None:
    assert not_mounted_hint("linux", tmp_path) == ""
    (tmp_path / "dev/disk/by-label/RPI-RP2").mkdir(parents=True)
    assert "udisksctl mount -b" in not_mounted_hint("linux", tmp_path)
    assert not_mounted_hint("darwin", tmp_path) == ""


def test_a_copy_arrives_whole_with_progress_in_bytes(tmp_path: Path) -> None:
    drive = named_drive(make_drive(tmp_path / "drive"))
    data = os.urandom(300_000)
    steps = list(copy(drive, data))
    assert steps == sorted(steps)
    assert steps[-1] == (len(data), len(data))
    assert (drive.folder / "micros.uf2").read_bytes() == data


def test_a_drive_that_vanishes_in_the_middle_is_an_error_with_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive = named_drive(make_drive(tmp_path / "drive"))
    with pytest.raises(PortError, match=r"vanished after 131072 of 300000 bytes") as caught:
        break_at(drive, monkeypatch, chunk=2)
    assert "starts over" in caught.value.hint


def test_a_drive_that_vanishes_with_the_last_byte_has_done_its_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert break_at(named_drive(make_drive(tmp_path / "drive")), monkeypatch, chunk=3)[-1] == (300_000, 300_000)


def break_at(drive: BootDrive, monkeypatch: pytest.MonkeyPatch, chunk: int) -> list[tuple[int, int]]:
    """Copy 300000 bytes; the drive is gone while chunk number `chunk` (of 3) is being sent to it."""
    calls = []

    def fsync(_: int) -> None:
        calls.append(1)
        if len(calls) == chunk:
            shutil.rmtree(drive.folder)
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(boot_drive.os, "fsync", fsync)
    return list(copy(drive, bytes(300_000)))


def test_a_drive_that_is_gone_already_is_said_so(tmp_path: Path) -> None:
    drive = named_drive(make_drive(tmp_path / "drive"))
    shutil.rmtree(drive.folder)
    with pytest.raises(PortError, match="vanished after 0 of 10 bytes"):
        list(copy(drive, bytes(10)))


def test_a_full_drive_is_no_vanished_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drive = named_drive(make_drive(tmp_path / "drive"))

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(boot_drive.os, "write", full)
    with pytest.raises(ToolError, match="No space left"):
        list(copy(drive, bytes(10)))


@pytest.mark.parametrize("text", ["", "UF2 Bootloader v3.0\r\n", "Board-ID:\n"])
def test_a_drive_whose_info_is_not_all_there_yet_is_none(tmp_path: Path, text: str) -> None:
    with pytest.raises(BoardError, match="not the boot drive"):
        named_drive(make_drive(tmp_path / "soon", text))
