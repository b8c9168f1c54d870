"""For every board of the catalogue: its image builds, mounts, holds the manifest's files; nothing wrong is written."""

import dataclasses
import hashlib
import itertools
import json
from pathlib import Path

import pytest
from littlefs import LittleFS
from littlefs.context import UserContext

from devtoolkit import paths
from devtoolkit.boards.loader import board, load_boards
from devtoolkit.codecs import rp2_image
from devtoolkit.codecs.flash_layout import Region, chip_by_name, combined_partitions, file_system_region
from devtoolkit.errors import BoardError, FirmwareError, ImageError
from devtoolkit.model.board import Board
from devtoolkit.pipelines.base import Runner
from devtoolkit.pipelines.deploy_context import DeployContext, DeployPlan
from devtoolkit.pipelines.steps.check import Check, with_config
from devtoolkit.services import build, firmware
from devtoolkit.services.virtual_firmware import virtual_firmware_for
from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.tools.esptool import ChipInfo
from devtoolkit.tools.littlefs_image import build_image
from devtoolkit.transports.board_files import BoardFiles
from devtoolkit.transports.serial_repl import SerialRepl, identity

MEGABYTE = 2**20
ESP = [one for one in load_boards() if one.family == "esp32"]
every_board = pytest.mark.parametrize("one", load_boards(), ids=lambda one: one.id)
every_esp = pytest.mark.parametrize("one", ESP, ids=lambda one: one.id)


def manifest() -> dict[str, str]:
    items = json.loads((paths.precompiled() / "manifest.json").read_text())["files"]
    return {item["path"]: item["sha256"] for item in items}


def region_of(one: Board, flash_size: int) -> Region:
    data = virtual_firmware_for(one.chip)
    if one.family == "rp2":
        return rp2_image.file_system_region(data, Region(one.fs_offset, one.fs_size))
    return file_system_region(combined_partitions(data, one.firmware_offset), flash_size)


def image_for(one: Board, size: int) -> bytes:
    files = with_config(build.read_files(paths.precompiled()), {"devfid": one.id})
    return build_image(files, size, one.littlefs)


def sums_with_littlefs(image: bytes) -> dict[str, str]:
    """Read with littlefs-python alone, its own defaults."""
    context = UserContext(len(image))
    context.buffer[:] = image
    system = LittleFS(context=context, block_size=4096, block_count=len(image) // 4096, mount=True)
    found = {}
    for top, _folders, names in system.walk("/"):
        for name in names:
            with system.open(f"{top.rstrip('/')}/{name}", "rb") as file:
                found[f"{top.rstrip('/')}/{name}".lstrip("/")] = hashlib.sha256(file.read()).hexdigest()
    return found


@every_board
def test_a_board_s_image_boots_in_the_vm_with_the_manifest_s_files(one: Board) -> None:
    """The VM mounts it from the flash, by the partition table (or binary info) of the firmware that lies there."""
    name = one.id.replace("_", "-")
    with VirtualBoard.open(name, root=paths.simulator(), chip=one.chip) as virtual:
        region = region_of(one, virtual.flash_size)
        image = image_for(one, region.size)
        assert {path: sums_with_littlefs(image)[path] for path in manifest()} == manifest()
        data = virtual_firmware_for(one.chip)
        if one.family == "rp2":
            (virtual.boot_drive / "all.uf2").write_bytes(rp2_image.combined(data, region, image))
        else:
            virtual.load_flash({one.firmware_offset: data, region.offset: image})
        virtual.wait_state("running")
        with SerialRepl(virtual.port) as repl:
            repl.enter()
            repl.restart()
            assert f"micr{virtual.identity.unique_id.hex()}OS" == identity(repl).uid
            on_board = BoardFiles(repl).hashes(tuple(manifest()))
            assert {path: entry.sha256 for path, entry in on_board.items()} == manifest()


@every_esp
@pytest.mark.parametrize("flash_size", [8 * MEGABYTE, 16 * MEGABYTE], ids=["8 MB", "16 MB"])
def test_bigger_flashes_give_bigger_file_systems(one: Board, flash_size: int) -> None:
    region = region_of(one, flash_size)
    assert (region.offset, region.end) == (0x200000, flash_size)
    assert set(manifest()) <= set(sums_with_littlefs(image_for(one, region.size)))


def context_of(one: Board, chip: str, flash_size: int, **changes: object) -> DeployContext:
    folder = paths.precompiled()
    plan = DeployPlan(
        board=one,
        device="/dev/null",
        firmware_name="firmware.bin",
        firmware=virtual_firmware_for(one.chip),
        manifest=build.load_manifest(folder),
        files=build.read_files(folder),
        config={"devfid": "x"},
        find_node=lambda _uid, _seconds: None,
        networked=False,
        ports=lambda: (),
    )
    layout = chip_by_name(chip)
    assert layout is not None
    context = DeployContext(dataclasses.replace(plan, **changes))
    context.chip = ChipInfo(layout.title, layout.chip_id, "", "", "02:00:00:00:00:01", flash_size, 40, (), 115200)
    return context


@every_esp
def test_another_chip_than_the_board_s_is_refused_with_both_names(one: Board) -> None:
    """`Check` is the last step before anything is erased."""
    for chip in sorted({other.chip for other in ESP} - {one.chip}):
        with pytest.raises(BoardError) as caught:
            Runner((Check(),)).run(context_of(one, chip, 4 * MEGABYTE))
        assert f"has the chip {chip}, but the chosen board {one.id} has {one.chip}" in caught.value.message


@every_esp
def test_a_flash_that_is_too_small_is_refused_in_plain_words(one: Board) -> None:
    with pytest.raises(FirmwareError) as caught:
        Runner((Check(),)).run(context_of(one, one.chip, 2 * MEGABYTE))
    assert "does not fit the board's flash of 2 MB" in caught.value.message
    assert "more flash" in caught.value.hint


@every_esp
def test_files_that_do_not_fit_are_refused_and_the_biggest_is_named(one: Board) -> None:
    with pytest.raises(ImageError, match="The files need") as caught:
        Runner((Check(),)).run(context_of(one, one.chip, 4 * MEGABYTE, files={"big.bin": bytes(3 * MEGABYTE)}))
    assert "big.bin" in caught.value.hint


@every_board
def test_firmware_for_any_other_chip_is_refused_before_a_port_is_opened(one: Board, tmp_path: Path) -> None:
    for chip in sorted({other.chip for other in load_boards()} - {one.chip}):
        with pytest.raises(FirmwareError) as caught:
            firmware.check_firmware(virtual_firmware_for(chip), one, "other.bin")
        assert caught.value.message.startswith("other.bin ")
    firmware.check_firmware(virtual_firmware_for(one.chip), one)


def test_the_catalogue_is_complete() -> None:
    assert {one.id for one in load_boards()} == {
        "esp32",
        "esp32c3",
        "esp32c5",
        "esp32c6",
        "esp32cam",
        "esp32s2",
        "esp32s3",
        "esp32s3_spiram_oct",
        "m5stamp",
        "qtpy",
        "rp2",
        "tinypico",
    }


def test_boards_with_the_same_firmware_have_the_same_chip() -> None:
    for one, other in itertools.combinations(load_boards(), 2):
        if one.firmware.file == other.firmware.file:
            assert (one.chip, one.firmware) == (other.chip, other.firmware)


def test_the_board_table_is_the_design_s() -> None:
    """Chip id in image headers and firmware offset, from the design page's table."""
    table = {one.id: (one.chip_id, one.firmware_offset) for one in ESP}
    assert {name: table[name] for name in ("esp32", "tinypico", "esp32cam", "qtpy")} == dict.fromkeys(
        ("esp32", "tinypico", "esp32cam", "qtpy"), (0, 0x1000)
    )
    assert table["esp32s2"] == (2, 0x1000)
    assert table["esp32s3"] == table["esp32s3_spiram_oct"] == table["m5stamp"] == (9, 0x0)
    assert (table["esp32c3"], table["esp32c6"], table["esp32c5"]) == ((5, 0x0), (13, 0x0), (23, 0x2000))
    assert board("tinypico").bauds[0] == 921600
    assert {one.id for one in load_boards() if one.native_usb} == {
        "esp32c3",
        "esp32c5",
        "esp32c6",
        "esp32s2",
        "esp32s3",
        "esp32s3_spiram_oct",
        "m5stamp",
        "rp2",
    }
