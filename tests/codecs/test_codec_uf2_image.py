"""One UF2 with firmware and files: the four silent traps, each shown by a boot ROM that works as the real one does."""

import struct
from pathlib import Path

import pytest
from firmware_files import real_firmware
from hypothesis import given
from hypothesis import strategies as st
from rp2_boot_rom import FLASH_SIZE, Rp2040

from devtoolkit.boards.loader import board
from devtoolkit.codecs import rp2_binary_info, rp2_image, uf2
from devtoolkit.codecs.flash_layout import Region
from devtoolkit.codecs.rp2_binary_info import FLASH_START
from devtoolkit.errors import CodecError
from devtoolkit.simulator.rp2_firmware import virtual_rp2_firmware
from devtoolkit.tools.littlefs_image import build_image

PICO_W = board("rp2")
REGION = Region(0x12C000, 0xD4000)
OLD = {"main.py": b"old", "lm/old.mpy": bytes(range(256)) * 40, "node_config.json": b'{"devfid": "old"}'}
NEW = {"main.py": b"new", "lm/new.mpy": bytes(reversed(range(256))) * 50, "node_config.json": b'{"devfid": "new"}'}
FIRMWARE = virtual_rp2_firmware()


def image(files: dict[str, bytes], size: int = REGION.size) -> bytes:
    return build_image(files, size, PICO_W.littlefs)


def used_board() -> Rp2040:
    """A board with firmware and older files on it."""
    chip = Rp2040()
    chip.copy(rp2_image.combined(FIRMWARE, REGION, image(OLD)))
    assert chip.boot(REGION) == OLD
    return chip


def without(blocks: bytes, leave_out: set[int]) -> bytes:
    """The UF2 file without the blocks for these addresses, numbered anew."""
    all_blocks = [bytearray(blocks[at : at + 512]) for at in range(0, len(blocks), 512)]
    left = [block for block in all_blocks if int.from_bytes(block[12:16], "little") not in leave_out]
    for number, block in enumerate(left):
        block[20:28] = struct.pack("<2I", number, len(left))
    return b"".join(left)


def test_one_file_holds_firmware_files_and_configuration() -> None:
    chip = Rp2040()
    chip.copy(rp2_image.combined(FIRMWARE, REGION, image(NEW)))
    assert chip.boots == 1
    assert chip.boot(REGION) == NEW
    start = {address - FLASH_START: page for address, page in uf2.pages(FIRMWARE).items()}
    assert all(chip.flash[at : at + 256] == page for at, page in start.items())


def test_trap_1_pages_that_fill_no_sector_would_erase_the_wrong_one() -> None:
    """Erratum RP2040-E14: the firmware ends within a sector; the padding to whole sectors is what saves the files."""
    assert len(uf2.pages(FIRMWARE)) % 16
    good = rp2_image.combined(FIRMWARE, REGION, image(NEW))
    padding = set(range(FLASH_START, FLASH_START + REGION.offset, 256)) - set(uf2.pages(FIRMWARE))
    chip = used_board()
    chip.copy(without(good, padding))
    assert chip.boot(REGION) != NEW
    chip = used_board()
    chip.copy(good)
    assert chip.boot(REGION) == NEW


def test_trap_2_a_sparse_file_system_lets_old_blocks_win() -> None:
    """Blocks left out because they are blank keep an older system's metadata, whose revision may be higher."""
    old = Rp2040()
    old.copy(rp2_image.combined(FIRMWARE, REGION, image({f"f{n}.py": bytes(5000) for n in range(20)})))
    files = image(NEW)
    good = rp2_image.combined(FIRMWARE, REGION, files)
    blocks = [n for n in range(REGION.block_count) if files[n * 4096 : (n + 1) * 4096] == b"\xff" * 4096]
    blank = {FLASH_START + REGION.offset + n * 4096 + page for n in blocks for page in range(0, 4096, 256)}
    sparse = Rp2040(old.flash)
    sparse.copy(without(good, blank))
    left = sparse.flash[REGION.offset : REGION.end]
    assert left != files, "what was there before is still there"
    full = Rp2040(old.flash)
    full.copy(good)
    assert full.flash[REGION.offset : REGION.end] == files
    with pytest.raises(CodecError, match="all blocks are needed"):
        rp2_image.files_only(REGION, files[:-4096])


def test_trap_3_a_wrong_number_of_blocks_is_formatted_without_a_word() -> None:
    chip = Rp2040()
    short = Region(REGION.offset, REGION.size - 4096)
    chip.copy(rp2_image.combined(FIRMWARE, short, image(NEW, short.size)))
    assert chip.boot(REGION) == {}
    with pytest.raises(CodecError, match=str(REGION.size)):
        rp2_image.combined(FIRMWARE, REGION, image(NEW, short.size))


def test_trap_4_of_two_files_in_one_the_second_is_lost() -> None:
    chip = Rp2040()
    both = FIRMWARE + rp2_image.files_only(REGION, image(NEW))
    chip.copy(both)
    assert chip.boots == 1
    assert chip.boot(REGION) == {}
    with pytest.raises(CodecError):
        rp2_image.combined(both, REGION, image(NEW))


def test_files_alone_leave_the_firmware_and_firmware_alone_leaves_the_files() -> None:
    chip = used_board()
    before = chip.flash[: REGION.offset]
    chip.copy(rp2_image.files_only(REGION, image(NEW)))
    assert chip.flash[: REGION.offset] == before
    assert chip.boot(REGION) == NEW
    chip.copy(FIRMWARE)
    assert chip.boot(REGION) == NEW


def test_a_copy_that_breaks_off_does_not_restart_the_board() -> None:
    chip = Rp2040()
    good = rp2_image.combined(FIRMWARE, REGION, image(NEW))
    chip.copy(good[: len(good) // 2])
    assert chip.boots == 0
    chip.copy(good)
    assert (chip.boots, chip.boot(REGION)) == (1, NEW)


def test_a_blank_flash_is_one_file_too() -> None:
    chip = used_board()
    chip.copy(uf2.build(uf2.split(b"\xff" * FLASH_SIZE, FLASH_START), uf2.RP2040))
    assert chip.boots == 2
    assert chip.flash == b"\xff" * FLASH_SIZE


@given(st.sets(st.integers(0, 40), min_size=1, max_size=12), st.binary(min_size=1, max_size=1))
def test_any_set_of_pages_is_written_where_it_belongs(numbers: set[int], content: bytes) -> None:
    wanted = {FLASH_START + number * 256: content * 256 for number in numbers}
    made = uf2.build(wanted, uf2.RP2040)
    info = uf2.check_complete(made)
    assert info.blocks % 16 == 0
    assert {address: uf2.pages(made)[address] for address in wanted} == wanted
    chip = Rp2040(b"\x00" * FLASH_SIZE)
    chip.copy(made)
    assert chip.boots == 1
    for address, page in wanted.items():
        assert chip.flash[address - FLASH_START : address - FLASH_START + 256] == page


@pytest.mark.parametrize("content", [{FLASH_START: b"short"}, {FLASH_START + 1: bytes(256)}])
def test_what_is_no_page_cannot_be_built(content: dict[int, bytes]) -> None:
    with pytest.raises(CodecError, match="no flash page"):
        uf2.build(content, uf2.RP2040)


def test_a_firmware_that_reaches_into_its_files_is_refused() -> None:
    with pytest.raises(CodecError, match="inside its file system"):
        rp2_image.file_system_region(uf2.build({FLASH_START + 0x200000: bytes(256)}, uf2.RP2040), REGION)


def test_a_firmware_that_does_not_say_where_its_files_are_gets_the_board_s_place() -> None:
    assert rp2_image.file_system_region(uf2.build({FLASH_START: bytes(256)}, uf2.RP2040), REGION) == REGION


@pytest.mark.parametrize("pointer", [0, 0xFFFFFFFF, FLASH_START + 0x100000])
def test_damaged_binary_info_says_nothing(pointer: int) -> None:
    head, _ = rp2_binary_info.header((0x300,), 0x200)
    flash = bytearray(0x400)
    flash[0x100 : 0x100 + len(head)] = head
    flash[0x200:0x204] = pointer.to_bytes(4, "little")
    assert rp2_binary_info.file_system(bytes(flash)) is None


def test_a_marker_without_its_end_is_none() -> None:
    head, table = rp2_binary_info.header((0x300,), 0x200)
    item = rp2_binary_info.block_device(REGION, 0x380)
    flash = bytearray(0x400)
    for at, data in ((0x100, head), (0x200, table), (0x300, item)):
        flash[at : at + len(data)] = data
    assert rp2_binary_info.file_system(bytes(flash)) == REGION
    flash[0x100 + len(head) - 1] ^= 1
    assert rp2_binary_info.file_system(bytes(flash)) is None


@pytest.mark.parametrize("place", [Region(0x1001, 4096), Region(0, 4096), Region(0x1000, 0), Region(0x1000, 4097)])
def test_an_impossible_place_for_files_is_refused(place: Region) -> None:
    head, table = rp2_binary_info.header((0x300,), 0x200)
    item = rp2_binary_info.block_device(place, 0x380)
    flash = bytearray(0x400)
    for at, data in ((0x100, head), (0x200, table), (0x300, item)):
        flash[at : at + len(data)] = data
    with pytest.raises(CodecError, match="that cannot be"):
        rp2_binary_info.file_system(bytes(flash))


@pytest.mark.firmware
def test_the_real_pico_w_firmware_says_where_its_files_are_and_boots_with_them() -> None:
    firmware = real_firmware(PICO_W.firmware.file)
    data = Path(firmware).read_bytes()
    region = rp2_image.file_system_region(data, Region(4096, 8192))
    assert (region.offset, region.block_count) == (PICO_W.fs_offset, PICO_W.fs_size // 4096) == (0x12C000, 212)
    chip = Rp2040()
    made = rp2_image.combined(data, region, image(NEW))
    assert uf2.check_complete(made).blocks == 3424 + 212 * 16
    chip.copy(made)
    assert chip.boot(region) == NEW
