"""Reads the board files: one TOML per board in this folder, found by itself.

To add a board, add `<id>.toml` (and `micros_source/pinmaps/IO_<name>.py` if its pins are new). What a chip is (its id
in image headers, its firmware offset) comes from `codecs.flash_layout`, not from here.
"""

import difflib
import functools
import re
import tomllib
from pathlib import Path
from typing import Any

from devtoolkit.boards.fields import Fields
from devtoolkit.codecs.flash_layout import chip_by_name
from devtoolkit.errors import DataFileError, UsageError
from devtoolkit.model.board import Board, Firmware, LittleFsGeometry

FOLDER = Path(__file__).parent
RP2_CHIPS = ("rp2040", "rp2350")

_FAMILIES = ("esp32", "rp2")
_UNKNOWN = "unknown"  # a checksum that nobody publishes, said aloud
_SHA256 = re.compile(rf"[0-9a-f]{{64}}|{_UNKNOWN}")
_FOLDER_URL = re.compile(r"https://[^\s]+/")
_USB_ID = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_BLOCK = 4096  # one flash sector: the LittleFS block of every port


@functools.cache
def load_boards(folder: Path = FOLDER) -> tuple[Board, ...]:
    """All boards, sorted by id. Raises DataFileError that names the file and the key that is wrong."""
    return tuple(_load(file) for file in sorted(folder.glob("*.toml")))


def board(board_id: str) -> Board:
    """The board with this id. Raises UsageError with the nearest name for an unknown one."""
    known = {one.id: one for one in load_boards()}
    if board_id in known:
        return known[board_id]
    near = difflib.get_close_matches(board_id.lower(), known, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise UsageError(f"There is no board {board_id!r}.", hint=f"{hint}Boards: {', '.join(known)}.", board=board_id)


def _load(file: Path) -> Board:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataFileError(f"{file.name} is no valid TOML: {error}.", hint="Correct it.", file=str(file)) from error
    return _board(file.stem, Fields(file.name, table))


def _board(board_id: str, fields: Fields) -> Board:
    family = fields.one_of("family", _FAMILIES)
    common: dict[str, Any] = {
        "id": board_id,
        "title": fields.text("title"),
        "family": family,
        "pin_map": fields.text("pin_map", _PLAIN_NAME),
        "usb_ids": fields.texts("usb_ids", _USB_ID),
        "native_usb": fields.flag("native_usb", default=False),
        "boot_usb_ids": fields.texts("boot_usb_ids", _USB_ID, default=()),
        "notes": fields.text("notes", default=""),
        "firmware": _firmware(fields.table("firmware")),
        "littlefs": _littlefs(fields.table("littlefs")),
    }
    special = _esp32(fields) if family == "esp32" else _rp2(fields)
    fields.finish()
    return Board(**common, **special)


def _firmware(fields: Fields) -> Firmware:
    """The file's name has board and version in it where MicroPython publishes it, at other places the version."""
    firmware = Firmware(
        board=fields.text("board", _PLAIN_NAME),
        version=fields.text("version", re.compile(r"\d+\.\d+\.\d+")),
        file=fields.text("file", _PLAIN_NAME),
        sha256=fields.text("sha256", _SHA256).removeprefix(_UNKNOWN),
        url=fields.text("url", _FOLDER_URL, default=""),
    )
    fields.finish()
    named = firmware.file.startswith(f"{firmware.board}-") or firmware.url
    if not named or not re.search(rf"v{re.escape(firmware.version)}[._]", firmware.file):
        raise fields.wrong("file", "does not belong to the board and version beside it")
    return firmware


def _littlefs(fields: Fields) -> LittleFsGeometry:
    """Refuses what LittleFS would only assert."""
    geometry = LittleFsGeometry(
        block_size=fields.number("block_size", _BLOCK, _BLOCK),
        read_size=fields.number("read_size", 1, _BLOCK),
        prog_size=fields.number("prog_size", 1, _BLOCK),
        cache_size=fields.number("cache_size", 1, _BLOCK),
        lookahead_size=fields.number("lookahead_size", 8, _BLOCK),
    )
    fields.finish()
    if _BLOCK % geometry.cache_size or geometry.cache_size % geometry.read_size:
        raise fields.wrong("cache_size", "must divide block_size and be a multiple of read_size")
    if geometry.cache_size % geometry.prog_size:
        raise fields.wrong("prog_size", "must divide cache_size")
    if geometry.lookahead_size % 8:
        raise fields.wrong("lookahead_size", "must be a multiple of 8")
    return geometry


def _esp32(fields: Fields) -> dict[str, Any]:
    chip = chip_by_name(fields.text("chip"))
    if chip is None:
        raise fields.wrong("chip", "is not a chip we know")
    bauds = fields.numbers("bauds", 9600, 4_000_000)
    if not bauds or list(bauds) != sorted(set(bauds), reverse=True):
        raise fields.wrong("bauds", "must be listed from fast to slow")
    return {
        "chip": chip.name,
        "chip_id": chip.chip_id,
        "firmware_offset": chip.firmware_offset,
        "bauds": bauds,
    }


def _rp2(fields: Fields) -> dict[str, Any]:
    chip = fields.one_of("chip", RP2_CHIPS)
    region = fields.table("file_system")
    offset, size = region.number("offset", _BLOCK, 1 << 24), region.number("size", 2 * _BLOCK, 1 << 24)
    region.finish()
    if offset % _BLOCK or size % _BLOCK:
        raise region.wrong("offset", f"and size must be multiples of {_BLOCK}")
    return {"chip": chip, "fs_offset": offset, "fs_size": size}
