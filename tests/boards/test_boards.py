"""Every board file is guarded here; a new one needs no new test."""

from pathlib import Path

import pytest
from firmware_files import firmware_folder

from devtoolkit import paths
from devtoolkit.boards.loader import FOLDER, board, load_boards
from devtoolkit.codecs.flash_layout import chip_by_name
from devtoolkit.errors import DataFileError, UsageError
from devtoolkit.model.board import Board
from devtoolkit.tools.littlefs_image import build_image, read_image

ESP32 = (FOLDER / "esp32.toml").read_text()
RP2 = (FOLDER / "rp2.toml").read_text()

every_board = pytest.mark.parametrize("one", load_boards(), ids=lambda one: one.id)


def published_sums() -> dict[str, str]:
    """SHA-256 of the real firmware files, as published beside them; empty where they are not on this machine."""
    folder = firmware_folder()
    sums = folder / "SHA256SUMS" if folder else None
    lines = sums.read_text().splitlines() if sums and sums.is_file() else []
    return {name: digest for digest, name in (line.split() for line in lines)}


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


def load_one(folder: Path, text: str, name: str = "some") -> Board:
    (folder / f"{name}.toml").write_text(text)
    (one,) = load_boards(folder)
    return one


@every_board
def test_a_board_s_pin_map_exists(one: Board) -> None:
    assert (paths.micros_source() / "pinmaps" / f"IO_{one.pin_map}.py").is_file()


@every_board
def test_a_board_s_values_are_sane(one: Board) -> None:
    assert one.title
    assert one.usb_ids
    assert one.firmware.file.endswith(".bin" if one.family == "esp32" else ".uf2")
    if one.family == "esp32":
        chip = chip_by_name(one.chip)
        assert chip
        assert (one.chip_id, one.firmware_offset) == (chip.chip_id, chip.firmware_offset)
        assert one.bauds[0] > one.bauds[-1] >= 115200
        assert (one.fs_offset, one.fs_size) == (0, 0)
    else:
        assert one.fs_offset + one.fs_size <= 1 << 24
        assert one.chip_id == -1


@every_board
def test_littlefs_works_with_a_board_s_geometry(one: Board) -> None:
    files = {"main.py": b"pass", "lib/one.mpy": bytes(9000)}
    image = build_image(files, one.fs_size or 0x200000, one.littlefs)
    assert read_image(image, one.littlefs) == files


@pytest.mark.firmware
def test_the_catalogue_s_sums_are_the_published_ones() -> None:
    """A sum that cannot be checked against its file does not stand in the catalogue as if it could."""
    sums = published_sums()
    if not sums:
        pytest.skip("no real firmware here: set MICROS_FIRMWARE_DIR")
    assert {one.firmware.file: one.firmware.sha256 for one in load_boards() if one.firmware.sha256} == sums


def test_the_first_two_boards_are_those_of_the_design() -> None:
    esp32, rp2 = board("esp32"), board("rp2")
    assert (esp32.chip_id, esp32.firmware_offset, esp32.bauds[0]) == (0, 0x1000, 460800)
    assert (rp2.fs_offset, rp2.fs_size // rp2.littlefs.block_size) == (0x12C000, 212)


def test_an_unknown_board_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="'esp23'") as caught:
        board("esp23")
    assert "Did you mean esp32?" in caught.value.hint


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('title = "', 'titel = "', "title is missing"),
        ('family = "esp32"', 'family = "esp8266"', "family must be one of"),
        ('chip = "esp32"', 'chip = "esp33"', "chip is not a chip"),
        ('chip = "esp32"', "chip = 32", "chip must be text"),
        ("bauds = [460800, 230400, 115200]", "bauds = [115200, 460800]", "bauds must be listed"),
        ("bauds = [460800, 230400, 115200]", "bauds = []", "bauds must be listed"),
        ("bauds = [460800, 230400, 115200]", "bauds = [true]", "bauds must be a whole number"),
        ("bauds = [460800, 230400, 115200]", "bauds = 460800", "bauds must be a list"),
        ('"10c4:ea60"', '"10C4:EA60"', "usb_ids must hold"),
        ('"aa4be80e', '"AA4BE80E', "firmware.sha256 must look"),
        ('version = "1.27.0"', 'version = "1.26.0"', "firmware.file does not belong"),
        ("cache_size = 128", "cache_size = 100", "littlefs.cache_size must divide"),
        ("block_size = 4096", "block_size = 512", "littlefs.block_size must be"),
        ("prog_size = 32", "prog_size = 48", "littlefs.prog_size must divide"),
        ("lookahead_size = 32", "lookahead_size = 33", "littlefs.lookahead_size must"),
        ("lookahead_size = 32", "lookahead_size = 32\nlookahead = 1", "littlefs.lookahead is not known"),
        ("[firmware]", "colour = 1\n[firmware]", "colour is not known"),
        ("[firmware]", "[firmwares]", "firmware is missing"),
        ("[firmware]", 'native_usb = "yes"\n[firmware]', "native_usb must be true or false"),
        ("[firmware]", 'boot_usb_ids = ["303A:1001"]\n[firmware]', "boot_usb_ids must hold"),
        ("[littlefs]", 'url = "http://example.org/"\n[littlefs]', "firmware.url must look"),
        ('pin_map = "esp32"', 'pin_map = "../esp32"', "pin_map must look"),
    ],
)
def test_a_wrong_value_is_refused_with_file_and_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    assert old in ESP32
    with pytest.raises(DataFileError) as caught:
        load_one(tmp_path, ESP32.replace(old, new))
    assert caught.value.message.startswith(f"some.toml: {key}")


def test_a_misspelled_key_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"note is not known: did you mean notes\?"):
        load_one(tmp_path, ESP32.replace("[firmware]", 'note = "x"\n[firmware]'))


def test_an_unknown_checksum_is_said_aloud(tmp_path: Path) -> None:
    sha256 = board("esp32").firmware.sha256
    one = load_one(tmp_path, ESP32.replace(sha256, "unknown"))
    assert one.firmware.sha256 == ""
    with pytest.raises(DataFileError, match=r"firmware\.sha256 is missing"):
        load_one(make(tmp_path / "other"), ESP32.replace(f'sha256 = "{sha256}"\n', ""))


def test_an_rp2_board_needs_a_file_system_of_whole_blocks(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"file_system\.offset"):
        load_one(tmp_path, RP2.replace("0x12C000", "0x12C001"))


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"some\.toml is no valid TOML"):
        load_one(tmp_path, "title = ")


def test_one_new_file_is_one_new_board(tmp_path: Path) -> None:
    one = load_one(tmp_path, ESP32.replace('chip = "esp32"', 'chip = "esp32s3"'), "my_board")
    assert (one.id, one.chip_id, one.firmware_offset) == ("my_board", 9, 0)
