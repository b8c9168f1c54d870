"""A Pico W from its boot drive to a node that answers, and back, on a virtual board with a real file for its flash."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from firmware_files import real_firmware
from interrupted_update import interrupted
from littlefs import LittleFS
from littlefs.context import UserContext
from rp2_boot_rom import Rp2040
from toolkit_process import Toolkit

from devtoolkit import paths
from devtoolkit.boards.loader import board
from devtoolkit.codecs import uf2
from devtoolkit.codecs.flash_layout import Region
from devtoolkit.errors import BoardError, FirmwareError, ImageError
from devtoolkit.pipelines.base import Runner
from devtoolkit.pipelines.deploy_context import DeployContext, DeployPlan
from devtoolkit.pipelines.recipes import RP2_MAKE
from devtoolkit.services import build, ports, usb_journal
from devtoolkit.services.deploy import Deployer, DeployRequest
from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.firmware import virtual_firmware
from devtoolkit.simulator.rp2_firmware import virtual_rp2_firmware

REGION = Region(0x12C000, 0xD4000)
MAKE = ("--make", "--board", "rp2", "--port", "virtual:pico", "--yes")
FAMILY_AT = 28  # in a UF2 block


@pytest.fixture(scope="module")
def pico(toolkit: Toolkit) -> dict[str, Any]:
    """What `--make` of an empty Pico printed."""
    value = toolkit.json(*MAKE, "--name", "pico")
    assert value["ok"], value["error"]
    return value


def flash_file(toolkit: Toolkit) -> Path:
    return toolkit.user_data / "simulator" / "pico" / "flash.bin"


def files_in(flash: bytes) -> dict[str, bytes]:
    """Read with littlefs-python alone, in the place and size that MicroPython for the Pico W has."""
    context = UserContext(REGION.size)
    context.buffer[:] = flash[REGION.offset : REGION.end]
    system = LittleFS(context=context, block_size=4096, block_count=212, mount=True)
    found = {}
    for top, _folders, names in system.walk("/"):
        for name in names:
            with system.open(f"{top.rstrip('/')}/{name}", "rb") as file:
                found[f"{top.rstrip('/')}/{name}".lstrip("/")] = file.read()
    return found


def manifest() -> dict[str, str]:
    items = json.loads((paths.precompiled() / "manifest.json").read_text())["files"]
    return {item["path"]: item["sha256"] for item in items}


def test_make_turns_an_empty_pico_into_a_node(toolkit: Toolkit, pico: dict[str, Any]) -> None:
    result = pico["result"]
    steps = {step["step"]: step for step in result["steps"]}
    assert list(steps) == ["detect", "check", "boot_drive", "flash", "first_boot", "manifest", "node"]
    assert steps["boot_drive"]["state"] == "skipped", "an empty board shows its drive by itself"
    assert result["file_system"] == {"offset": 0x12C000, "size": 212 * 4096, "block_size": 4096}
    assert result["uid"].startswith("micre661")
    assert len(result["uid"]) == len("micr") + 16 + len("OS"), "eight bytes of the flash chip's id"
    assert (result["device"]["fuid"], result["device"]["status"]) == ("pico", "ONLINE")
    found = files_in(flash_file(toolkit).read_bytes())
    assert {path: hashlib.sha256(found[path]).hexdigest() for path in manifest()} == manifest()
    assert json.loads(found["node_config.json"])["devfid"] == "pico"


def test_a_running_pico_is_sent_to_its_boot_drive_and_made_anew(toolkit: Toolkit, pico: dict[str, Any]) -> None:
    again = toolkit.json(*MAKE, "--name", "pico2")
    assert again["ok"], again["error"]
    steps = {step["step"]: step["state"] for step in again["result"]["steps"]}
    assert steps["boot_drive"] == "done"
    assert again["result"]["uid"] == pico["result"]["uid"]
    assert again["result"]["device"]["fuid"] == "pico2"


def test_firmware_alone_keeps_the_files_and_files_alone_keep_the_firmware(
    toolkit: Toolkit, pico: dict[str, Any]
) -> None:
    before = flash_file(toolkit).read_bytes()
    deployed = toolkit.json("--deploy", "--board", "rp2", "--port", "virtual:pico", "--yes")
    assert deployed["ok"], deployed["error"]
    kept = files_in(flash_file(toolkit).read_bytes())
    assert {path for path in kept if path in manifest()} == set(manifest())
    installed = toolkit.json("--install", "--board", "rp2", "--port", "virtual:pico", "--name", "pico3", "--yes")
    assert installed["ok"], installed["error"]
    assert installed["result"]["bytes"] == REGION.size
    after = flash_file(toolkit).read_bytes()
    assert after[: REGION.offset] == before[: REGION.offset]
    assert json.loads(files_in(after)["node_config.json"])["devfid"] == "pico3"


@pytest.mark.firmware
def test_real_firmware_goes_through_the_boot_drive_in_one_file(tmp_path: Path) -> None:
    firmware = real_firmware(board("rp2").firmware.file)
    with VirtualBoard.open("realpico", root=paths.simulator(), chip="rp2040") as virtual:
        drive = virtual.boot_drive
        request = DeployRequest("rp2", "virtual:realpico", name="realpico", firmware=firmware)
        report = Deployer(request, interfaces=("127.0.0.1",)).make()
        assert not drive.exists()
    assert report.device is not None
    assert report.bytes == (3424 + 212 * 16) * 256
    flash = (paths.simulator() / "realpico" / "flash.bin").read_bytes()
    for address, page in uf2.pages(firmware.read_bytes()).items():
        assert flash[address - 0x10000000 : address - 0x10000000 + 256] == page


def test_erase_leaves_a_blank_flash_and_the_boot_drive() -> None:
    with VirtualBoard.open("blank", root=paths.simulator(), chip="rp2040") as virtual:
        request = DeployRequest("rp2", "virtual:blank", name="blank")
        Deployer(request, interfaces=("127.0.0.1",)).deploy()
        virtual.wait_state("running")
        report = Deployer(request, interfaces=("127.0.0.1",)).erase()
        assert [step.step for step in report.steps] == ["detect", "check", "boot_drive", "flash", "verify"]
        assert virtual.boot_drive.is_dir()
    assert set((paths.simulator() / "blank" / "flash.bin").read_bytes()) == {0xFF}


def test_a_copy_that_broke_off_is_repaired_by_the_next_make(tmp_path: Path) -> None:
    """Half a UF2 file: the board stays in its boot ROM, half written; the drive is still there.

    An update that waits for this board waits no longer: who makes a board anew wants nothing of the old.
    """
    with VirtualBoard.open("half", root=paths.simulator(), chip="rp2040") as virtual:
        half = virtual_rp2_firmware()
        (virtual.boot_drive / "half.uf2").write_bytes(half[: len(half) // 2 // 512 * 512])
        saved, other = (interrupted(tmp_path, uid, uid) for uid in (virtual.uid, "micre661000000000099OS"))
        report = Deployer(DeployRequest("rp2", "virtual:half", name="half"), interfaces=("127.0.0.1",)).make()
        assert report.device is not None
    assert usb_journal.all_unfinished() == (other,)
    assert saved.backup.is_dir()


def plan(drives: Any, **changes: Any) -> DeployPlan:
    folder = paths.precompiled()
    one = DeployPlan(
        board=board("rp2"),
        device="",
        firmware_name="firmware.uf2",
        firmware=virtual_rp2_firmware(),
        manifest=build.load_manifest(folder),
        files=build.read_files(folder),
        config={"devfid": "x"},
        find_node=lambda _uid, _seconds: None,
        networked=False,
        ports=lambda: (),
        drives=drives,
    )
    return dataclasses.replace(one, **changes)


def drive_folder(folder: Path, board_id: str = "RPI-RP2") -> Path:
    folder.mkdir()
    (folder / "INFO_UF2.TXT").write_text(f"UF2 Bootloader v3.0\nModel: Raspberry Pi {board_id}\nBoard-ID: {board_id}\n")
    return folder


def one_drive(folder: Path) -> Any:
    from devtoolkit.tools.boot_drive import named_drive

    return lambda: (named_drive(folder),)


def refused(folder: Path, error: type[Exception], **changes: Any) -> str:
    """Nothing may have been written to the drive."""
    with pytest.raises(error) as caught:
        Runner(RP2_MAKE).run(DeployContext(plan(one_drive(folder), **changes)))
    assert sorted(path.name for path in folder.iterdir()) == ["INFO_UF2.TXT"]
    return str(caught.value)


def test_another_chip_s_boot_drive_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    words = refused(drive_folder(tmp_path / "drive", "RP2350"), BoardError)
    assert "rp2040" in words
    assert "RP2350" in words


def test_files_that_do_not_fit_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    words = refused(drive_folder(tmp_path / "drive"), ImageError, files={"big.bin": bytes(2**20)})
    assert "big.bin" in words


def test_a_firmware_that_keeps_its_files_beyond_the_flash_is_refused(tmp_path: Path) -> None:
    small = dataclasses.replace(board("rp2"), fs_offset=0x100000, fs_size=0x10000)
    words = refused(drive_folder(tmp_path / "drive"), FirmwareError, board=small)
    assert "firmware.uf2" in words


def test_two_boot_drives_are_not_guessed_between(tmp_path: Path) -> None:
    from devtoolkit.tools.boot_drive import named_drive

    drives = tuple(named_drive(drive_folder(tmp_path / name)) for name in ("one", "two"))
    with pytest.raises(BoardError, match="several boot drives") as caught:
        Runner(RP2_MAKE).run(DeployContext(plan(lambda: drives)))
    assert "--boot-drive" in caught.value.hint


def test_neither_drive_nor_port_says_what_to_press() -> None:
    with pytest.raises(BoardError, match="neither a boot drive nor a port") as caught:
        Runner(RP2_MAKE).run(DeployContext(plan(lambda: ())))
    assert "BOOTSEL" in caught.value.hint


def test_a_named_folder_is_the_drive_that_is_taken(tmp_path: Path) -> None:
    """A folder that stands for a drive: the file in it is what a real board would get; then no port comes back."""
    folder = drive_folder(tmp_path / "MY PICO")
    from devtoolkit.pipelines.steps.rp2_check import CheckRp2
    from devtoolkit.pipelines.steps.rp2_copy import CopyUf2
    from devtoolkit.pipelines.steps.rp2_detect import DetectRp2
    from devtoolkit.services.ports import open_port

    with open_port("", boot_drive=folder) as port:
        context = DeployContext(plan(port.drives))
        Runner((DetectRp2(), CheckRp2(), CopyUf2())).run(context)
    chip = Rp2040()
    chip.copy((folder / "micros.uf2").read_bytes())
    assert chip.boots == 1
    assert set(manifest()) <= set(chip.boot(REGION))


def test_firmware_of_another_family_is_refused_by_name(toolkit: Toolkit, pico: dict[str, Any], tmp_path: Path) -> None:
    blocks = bytearray(virtual_rp2_firmware())
    for at in range(FAMILY_AT, len(blocks), 512):
        blocks[at : at + 4] = (0xE48BFF59).to_bytes(4, "little")  # RP2350
    other = tmp_path / "pico2.uf2"
    other.write_bytes(blocks)
    before = flash_file(toolkit).read_bytes()
    answer = toolkit.json(*MAKE, "--firmware", str(other))
    assert answer["error"]["type"] == "FirmwareError"
    assert "RP2040" in answer["error"]["message"]
    assert flash_file(toolkit).read_bytes() == before


def test_an_esp_board_chosen_for_a_pico_is_refused(toolkit: Toolkit, pico: dict[str, Any]) -> None:
    before = flash_file(toolkit).read_bytes()
    wrong = toolkit.json("--make", "--board", "esp32", "--port", "virtual:pico", "--yes")
    assert "is an RP2 board, but the chosen board esp32 has esp32" in wrong["error"]["message"]
    assert flash_file(toolkit).read_bytes() == before


def test_a_pico_chosen_for_an_esp_board_is_refused() -> None:
    flash = paths.simulator() / "nopico" / "flash.bin"
    with VirtualBoard.open("nopico", root=paths.simulator()) as virtual:
        virtual.load_flash({0x1000: virtual_firmware("esp32")})
        virtual.wait_state("running")
        before = flash.read_bytes()[:0x200000]
        with pytest.raises(BoardError, match="the chosen board rp2 has rp2040"):
            Deployer(DeployRequest("rp2", "virtual:nopico"), interfaces=("127.0.0.1",)).make()
        assert flash.read_bytes()[:0x200000] == before
        virtual.wait_state("running")  # it was let go on


def test_a_drive_beside_a_running_board_is_not_guessed_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The port's board runs, so the drive is another board's: neither is written to."""
    folder = drive_folder(tmp_path / "drive")
    monkeypatch.setattr(ports, "find_drives", one_drive(folder))
    with VirtualBoard.open("beside", root=paths.simulator(), chip="rp2040") as virtual:
        (virtual.boot_drive / "x.uf2").write_bytes(virtual_rp2_firmware())
        virtual.wait_state("running")
        file = tmp_path / "firmware.uf2"
        file.write_bytes(virtual_rp2_firmware())
        with pytest.raises(BoardError, match="two boards") as caught:
            Deployer(DeployRequest("rp2", virtual.port, firmware=file), interfaces=("127.0.0.1",)).make()
    assert str(folder) in caught.value.message
    assert [path.name for path in folder.iterdir()] == ["INFO_UF2.TXT"]


def test_erase_needs_no_firmware(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROS_FIRMWARE_URL", "http://127.0.0.1:9/")
    monkeypatch.delenv("MICROS_FIRMWARE_DIR", raising=False)
    with pytest.raises(BoardError, match="neither a boot drive nor a port"):
        Deployer(DeployRequest("rp2", "", boot_drive=tmp_path), interfaces=("127.0.0.1",)).erase()
