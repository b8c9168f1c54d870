"""A Pico W whose update was cut off while MicroPython was written anew: `-r` finishes it through the boot drive."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from interrupted_update import OWN, interrupted
from rp2_boot_rom import Rp2040

from devtoolkit import paths
from devtoolkit.boards.loader import board as find_board
from devtoolkit.codecs import rp2_image, uf2
from devtoolkit.codecs.flash_layout import Region
from devtoolkit.errors import CancelledByUser
from devtoolkit.launcher import main
from devtoolkit.pipelines.base import Cancel, Event
from devtoolkit.services import build, node_backup, secrets, usb_journal
from devtoolkit.services.board_session import board_session
from devtoolkit.services.deploy import Deployer, DeployRequest
from devtoolkit.services.usb_update import Updater, UpdateRequest
from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.firmware import virtual_firmware
from devtoolkit.simulator.rp2_firmware import virtual_rp2_firmware
from devtoolkit.tools.littlefs_image import build_image

REGION = Region(0x12C000, 0xD4000)
HERE = ("127.0.0.1",)
PORT = "virtual:cutpico"
OTHER = "micre6610000000000c1OS"
CUTS: dict[str, tuple[str, str]] = {
    "before the copy": ("start", "flash"),
    "in the middle of the copy": ("progress", "flash"),
    "after the copy, before the first boot": ("start", "first_boot"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[VirtualBoard, dict[str, Any]]]:
    """A node with files of its user, and its configuration; the tests of this file give it back whole."""
    folder = tmp_path_factory.mktemp("cut")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MICROS_USER_DATA", str(folder))
        virtual = VirtualBoard.open("cutpico", root=paths.simulator(), chip="rp2040")
        Deployer(DeployRequest("rp2", PORT, name="cutpico"), interfaces=HERE).make()
        with board_session(PORT) as session:
            list(session.files.send(OWN))
            config = json.loads(session.files.read(node_backup.CONFIG))
    with virtual:
        yield virtual, config


@pytest.fixture
def pico(
    made: tuple[VirtualBoard, dict[str, Any]], user_data: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[VirtualBoard]:
    """Its user data is that of this test, too; at the end everything of the user's is on it, and nothing waits."""
    board, config = made
    monkeypatch.setenv("MICROS_USER_DATA", str(board.folder.parents[1]))
    yield board
    assert usb_journal.all_unfinished() == ()
    with board_session(PORT) as session:
        now = {path: session.files.read(path) for path in (*OWN, node_backup.CONFIG)}
    kept = json.loads(now.pop(node_backup.CONFIG))
    assert now == OWN
    assert [kept[key] for key in ("devfid", "appwd", "hwuid")] == [config[key] for key in ("devfid", "appwd", "hwuid")]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """What a command prints with `--json`."""

    def run(*words: str) -> dict[str, Any]:
        capsys.readouterr()
        code = main([*words, "--json"])
        value: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert value["ok"] == (code == 0)
        return value

    return run


def cut_off(tmp_path: Path, kind: str, step: str) -> None:
    """An update with MicroPython written anew, stopped at the first event of this kind."""
    firmware = tmp_path / "firmware.uf2"
    firmware.write_bytes(virtual_rp2_firmware())
    cancel = Cancel()

    def listener(event: Event) -> None:
        if (event.kind, event.step) == (kind, step):
            cancel.set()

    with pytest.raises(CancelledByUser):
        Updater(UpdateRequest(PORT, "rp2", firmware), listener, cancel, HERE).update()
    assert [one.board for one in usb_journal.all_unfinished()] == ["rp2"]


@pytest.mark.parametrize("moment", CUTS)
def test_the_next_update_finishes_and_no_file_of_the_users_is_lost(
    pico: VirtualBoard, tmp_path: Path, moment: str, said: Callable[..., dict[str, Any]]
) -> None:
    cut_off(tmp_path, *CUTS[moment])
    if moment.startswith("after"):
        pico.wait_state("running")
    else:
        pico.download()  # plugged in again with BOOTSEL held
        would = said("-r", "--port", PORT, "--dry-run")["result"]
        assert (would["resumes"], would["name"], would["uid"]) == (True, "cutpico", pico.uid)
        assert would["boot_drive"] == str(pico.boot_drive)
        refused = said("-r", "--port", PORT)
        assert (refused["error"]["type"], pico.boot_drive.is_dir()) == ("UsageError", True)
        assert f"update of cutpico ({pico.uid}) is finished through the boot drive" in refused["error"]["message"]
    done = said("-r", "--port", PORT, "--yes")
    assert done["ok"], done["error"]
    assert (done["result"]["uid"], done["result"]["port"]) == (pico.uid, PORT)
    assert done["result"]["device"]["fuid"] == "cutpico"


def test_of_two_unfinished_boards_the_user_says_which(
    pico: VirtualBoard, tmp_path: Path, said: Callable[..., dict[str, Any]]
) -> None:
    cut_off(tmp_path, *CUTS["in the middle of the copy"])
    other = interrupted(tmp_path, OTHER, "elsewhere")
    for words in ((), ("--dry-run",)):
        refused = said("-r", "--port", PORT, "--yes", *words)["error"]
        assert refused["type"] == "UsageError"
        assert f"cutpico ({pico.uid}), elsewhere ({OTHER})" in refused["message"]
        assert "--dev" in refused["hint"]
    nobody = said("-r", "--port", PORT, "--dev", "nobody", "--yes")["error"]
    assert "waiting: cutpico" in nobody["message"]
    assert len(usb_journal.all_unfinished()) == 2
    done = said("-r", "--port", PORT, "--dev", "CutPico", "--yes")
    assert done["ok"], done["error"]
    assert usb_journal.all_unfinished() == (other,)
    usb_journal.end(OTHER)


def test_a_drive_that_was_another_boards_is_told_after_the_boot_and_both_stay_to_be_finished(
    pico: VirtualBoard, tmp_path: Path, said: Callable[..., dict[str, Any]]
) -> None:
    cut_off(tmp_path, *CUTS["in the middle of the copy"])
    other = interrupted(tmp_path, OTHER, "elsewhere")
    password = secrets.password_of(pico.uid)
    wrong = said("-r", "--port", PORT, "--dev", OTHER, "--yes")["error"]
    assert wrong["type"] == "InstallError"
    assert f"not that of elsewhere ({OTHER}): {pico.uid} answers" in wrong["message"]
    assert str(other.backup) in wrong["hint"]
    assert {one.uid for one in usb_journal.all_unfinished()} == {pico.uid, OTHER}
    assert secrets.password_of(pico.uid) == password
    done = said("-r", "--port", PORT, "--yes")  # as the hint says: its own files again
    assert done["ok"], done["error"]
    assert done["result"]["name"] == "cutpico"
    assert usb_journal.all_unfinished() == (other,)
    usb_journal.end(OTHER)


def test_what_the_node_has_got_since_the_cut_is_kept_or_saved(
    pico: VirtualBoard, tmp_path: Path, said: Callable[..., dict[str, Any]]
) -> None:
    """Cut before the copy, and plugged in again without BOOTSEL: nothing was lost, and life went on."""
    cut_off(tmp_path, *CUTS["before the copy"])
    pico.reset()
    pico.wait_state("running")
    with board_session(PORT) as session:
        config = json.loads(session.files.read(node_backup.CONFIG))
        session.files.write(node_backup.CONFIG, json.dumps({**config, "utc": 123}).encode())
        session.files.write("LM_mine.py", b"newer")
        session.files.remove("logs/mine.log")
    done = said("-r", "--port", PORT, "--yes")
    assert done["ok"], done["error"]
    assert set(done["result"]["sent"]) == set(OWN)
    assert (Path(done["result"]["backup"]) / "files/LM_mine.py").read_bytes() == b"newer"
    with board_session(PORT) as session:
        assert json.loads(session.files.read(node_backup.CONFIG))["utc"] == 123


def test_a_refusal_before_anything_is_written_leaves_nothing_to_finish(
    pico: VirtualBoard, tmp_path: Path, said: Callable[..., dict[str, Any]]
) -> None:
    firmware = tmp_path / "firmware.bin"
    firmware.write_bytes(virtual_firmware("esp32"))
    refused = said("-r", "--port", PORT, "--board", "esp32", "--firmware", str(firmware), "--yes")["error"]
    assert "is an RP2 board" in refused["message"]
    assert usb_journal.all_unfinished() == ()
    assert "--board rp2" in said("-r", "--port", PORT, "--firmware", str(firmware), "--yes")["error"]["hint"]


def test_a_board_on_its_port_is_not_taken_for_the_one_that_was_named(
    pico: VirtualBoard, said: Callable[..., dict[str, Any]]
) -> None:
    refused = said("-r", "--port", PORT, "--dev", "elsewhere", "--yes")["error"]
    assert refused["type"] == "UsageError"
    assert f"is cutpico ({pico.uid}), not elsewhere" in refused["message"]


def test_after_any_page_that_arrived_the_whole_file_makes_the_board_whole(tmp_path: Path) -> None:
    """The ROM has no power cut between: it remembers which blocks it had of the file that broke off."""
    folder = paths.precompiled()
    options = find_board("rp2").littlefs

    def whole(own: dict[str, bytes]) -> bytes:
        image = build_image({**build.read_files(folder), **own}, REGION.size, options)
        return rp2_image.combined(virtual_rp2_firmware(), REGION, image)

    first, second = whole({"node_config.json": b'{"devfid": "one"}'}), whole({**OWN, "node_config.json": b"{}"})
    assert len(first) == len(second)
    blocks = len(first) // uf2.BLOCK_SIZE
    for cut in (1, 15, 16, 17, 49, 50, blocks // 2, blocks - 1):
        chip = Rp2040()
        chip.copy(first[: cut * uf2.BLOCK_SIZE], uf2.forget(uf2.RP2040), second)
        assert chip.boots == 1, cut
        found = chip.boot(REGION)
        assert {path: found[path] for path in (*OWN, "node_config.json")} == {**OWN, "node_config.json": b"{}"}, cut
