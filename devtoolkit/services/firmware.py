"""MicroPython firmware: finds the right file for a board, and refuses a wrong or damaged one before any erasing."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devtoolkit import paths
from devtoolkit.codecs import flash_layout, uf2
from devtoolkit.errors import CodecError, FirmwareError
from devtoolkit.model.board import Board
from devtoolkit.services import firmware_records

DOWNLOAD = "https://micropython.org/resources/firmware/"
URL_VARIABLE = "MICROS_FIRMWARE_URL"  # a mirror's folder, for all boards
FOLDER_VARIABLE = "MICROS_FIRMWARE_DIR"  # more folders to look in, separated as in PATH


@dataclass(frozen=True, slots=True)
class FirmwareFile:
    """A firmware that was read. `published`: it has the catalogue's name and, checked, the catalogue's SHA-256."""

    name: str
    path: Path
    data: bytes
    published: bool


def find(board: Board, file: Path | None = None) -> FirmwareFile:
    """The firmware for a board: `file` (also a name in the store) when given, else the catalogue's from the store.

    A file of the catalogue that has no published checksum is compared with what it was when it was first used.

    Raises FirmwareError when there is none (naming the exact file, where to put it and where to get it), when it
    cannot be read, or when a file with the catalogue's name has another SHA-256.
    """
    path = _named(file) if file else in_store(board)
    if path is None:
        raise _missing(board)
    data = read(path)
    published = path.name == board.firmware.file and bool(board.firmware.sha256)
    if published:
        _check_hash(data, board, path)
    elif path.parent in folders():
        firmware_records.check(path, hashlib.sha256(data).hexdigest())
    return FirmwareFile(path.name, path, data, published)


def read(path: Path) -> bytes:
    """The file's bytes. Raises FirmwareError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise FirmwareError(
            f"The firmware {path} cannot be read: {error.strerror}.",
            hint="Name a readable file with --firmware.",
            file=str(path),
        ) from error


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, as hex digits. Raises FirmwareError."""
    return hashlib.sha256(read(path)).hexdigest()


def in_store(board: Board) -> Path | None:
    """Where the catalogue's firmware for this board lies, None when it is not there."""
    files = (folder / board.firmware.file for folder in folders())
    return next((file for file in files if file.is_file()), None)


def folders() -> tuple[Path, ...]:
    """Where firmware is looked for, in this order."""
    return tuple(_folders())


def check_firmware(data: bytes, board: Board, name: str = "The firmware") -> None:
    """Raises FirmwareError when the firmware is cut off, damaged, or made for another chip than the board's."""
    try:
        if board.family == "rp2":
            _check_rp2(data, board, name)
        else:
            _check_chip(data, board, name)
            flash_layout.check_firmware(data)
    except CodecError as error:
        raise FirmwareError(f"{name} cannot be used: {error}", hint=_get_hint(board), board=board.id) from error


def download_address(board: Board) -> str:
    """Where the catalogue's firmware is published, or where the chosen mirror has it."""
    folder = os.environ.get(URL_VARIABLE, "").strip() or board.firmware.url or DOWNLOAD
    return f"{folder.rstrip('/')}/{board.firmware.file}"


def _named(file: Path) -> Path:
    """A bare name that is no file here may be one of the store."""
    if file.is_file() or file.name != str(file):
        return file
    places = (folder / file for folder in folders())
    return next((place for place in places if place.is_file()), file)


def _folders() -> Iterator[Path]:
    yield paths.firmware_store()
    for folder in os.environ.get(FOLDER_VARIABLE, "").split(os.pathsep):
        if folder.strip():
            yield Path(folder).expanduser()


def _check_chip(data: bytes, board: Board, name: str) -> None:
    """The chip first: a whole firmware for another chip is a wrong choice, not a damaged file."""
    chip_id = flash_layout.firmware_chip_id(data)
    if chip_id == board.chip_id:
        return
    made_for, wanted = flash_layout.chip_by_id(chip_id), flash_layout.chip_by_id(board.chip_id)
    raise FirmwareError(
        f"{name} is made for the {made_for.title if made_for else f'chip with id {chip_id}'}, "
        f"but the board {board.id} has the {wanted.title if wanted else board.chip}.",
        hint=f"Use {board.firmware.file}, or name the board it is for with --board.",
        board=board.id,
        chip_id=chip_id,
    )


def _check_rp2(data: bytes, board: Board, name: str) -> None:
    info = uf2.check_complete(data)
    if board.chip == "rp2040" and info.family != uf2.RP2040:
        raise FirmwareError(
            f"{name} is not made for the RP2040 of the board {board.id}.", hint=_get_hint(board), family=info.family
        )


def _check_hash(data: bytes, board: Board, path: Path) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != board.firmware.sha256:
        raise FirmwareError(
            f"{path} is not the published file: its SHA-256 is {found[:16]}..., not {board.firmware.sha256[:16]}....",
            hint=_get_hint(board),
            file=str(path),
            sha256=found,
            expected=board.firmware.sha256,
        )


def _missing(board: Board) -> FirmwareError:
    store = paths.firmware_store()
    return FirmwareError(
        f"The firmware {board.firmware.file} for the board {board.id} is not in the local store.",
        hint=f"Get it from {download_address(board)} and put it into {store}, or name a file with --firmware.",
        board=board.id,
        file=board.firmware.file,
        folder=str(store),
        url=download_address(board),
    )


def _get_hint(board: Board) -> str:
    return f"Get {board.firmware.file} again from {download_address(board)}."
