"""The local firmware store and the catalogue: what is there, for which boards, and can it be trusted; import."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from devtoolkit import paths
from devtoolkit.boards.loader import load_boards
from devtoolkit.errors import FirmwareError, ToolkitError
from devtoolkit.model.board import Board
from devtoolkit.services import firmware, firmware_records

SUFFIXES = (".bin", ".uf2")
Trust = Literal["published", "recorded", "unknown", "changed"]


@dataclass(frozen=True, slots=True)
class StoredFirmware:
    """A firmware file. `boards` it can be written to; `trust`: its SHA-256 is the maker's (published), the one noted at
    first use (recorded), neither is known (unknown), or it is another one (changed: it will be refused).
    """

    file: str
    path: str
    bytes: int
    sha256: str
    boards: tuple[str, ...]
    trust: Trust


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """The known-good firmware of a board; `path` is empty while it is not in the store."""

    board: str
    title: str
    chip: str
    version: str
    file: str
    url: str
    checksum_known: bool
    path: str


@dataclass(frozen=True, slots=True)
class NotImported:
    """A file that was left out, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What `--firmware-import` took over, and what it left out."""

    store: str
    imported: tuple[StoredFirmware, ...]
    skipped: tuple[NotImported, ...]

    @property
    def error(self) -> ToolkitError | None:
        """Set when nothing at all could be taken over."""
        if self.imported:
            return None
        why = f"{self.skipped[0].file}: {self.skipped[0].reason}" if self.skipped else "there is no .bin or .uf2 file."
        return FirmwareError(f"No firmware was imported: {why}", hint="Name a firmware file, or a folder with some.")


def stored() -> tuple[StoredFirmware, ...]:
    """All firmware files in the store and in the folders of MICROS_FIRMWARE_DIR; the first of a name wins."""
    found: dict[str, Path] = {}
    for folder in firmware.folders():
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                if path.suffix in SUFFIXES and path.is_file():
                    found.setdefault(path.name, path)
    return tuple(_stored(path) for _, path in sorted(found.items()))


def catalogue() -> tuple[CatalogueEntry, ...]:
    """The firmware that each board wants."""
    return tuple(
        CatalogueEntry(
            board=one.id,
            title=one.title,
            chip=one.chip,
            version=one.firmware.version,
            file=one.firmware.file,
            url=firmware.download_address(one),
            checksum_known=bool(one.firmware.sha256),
            path=str(firmware.in_store(one) or ""),
        )
        for one in load_boards()
    )


def import_firmware(path: Path) -> ImportReport:
    """Copy a firmware file, or those of a folder, into the store.

    Only whole firmware for a chip of a known board is taken; under a name of the catalogue only the published bytes.
    The files' checksums are noted. Raises FirmwareError when the path cannot be read.
    """
    try:
        files = sorted(one for one in path.iterdir() if one.suffix in SUFFIXES) if path.is_dir() else [path]
    except OSError as error:
        raise FirmwareError(f"{path} cannot be read: {error.strerror}.", hint="Name a readable folder.") from error
    imported: list[StoredFirmware] = []
    skipped: list[NotImported] = []
    for file in files:
        try:
            imported.append(_import(file))
        except FirmwareError as error:
            skipped.append(NotImported(file.name, error.message))
    return ImportReport(str(paths.firmware_store()), tuple(imported), tuple(skipped))


def _import(file: Path) -> StoredFirmware:
    data = firmware.read(file)
    if not fitting_boards(data):
        raise FirmwareError(
            f"{file.name} is no whole firmware for a board of the catalogue.", hint="The boards: devToolKit.py -l."
        )
    digest = firmware.sha256_of(file)
    expected = _published().get(file.name, "")
    if expected and digest != expected:
        raise FirmwareError(
            f"{file.name} is not the published file: its SHA-256 is {digest[:16]}....", hint="Download it again."
        )
    target = paths.firmware_store() / file.name
    if not (target.exists() and target.samefile(file)):
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".new")
        shutil.copyfile(file, part)
        part.replace(target)
    if not expected:
        firmware_records.note(file.name, digest, str(file.resolve()))
    return _stored(target)


def fitting_boards(data: bytes) -> tuple[str, ...]:
    """Boards whose chip this whole firmware is made for; empty for anything else."""
    return tuple(one.id for one in load_boards() if _fits(data, one))


def _fits(data: bytes, board: Board) -> bool:
    try:
        firmware.check_firmware(data, board)
    except FirmwareError:
        return False
    return True


def _stored(path: Path) -> StoredFirmware:
    digest = firmware.sha256_of(path)
    expected = _published().get(path.name, "")
    noted = firmware_records.records().get(path.name)
    trust: Trust = "unknown"
    if expected:
        trust = "published" if digest == expected else "changed"
    elif noted:
        trust = "recorded" if digest == noted.sha256 else "changed"
    return StoredFirmware(path.name, str(path), path.stat().st_size, digest, fitting_boards(path.read_bytes()), trust)


def _published() -> dict[str, str]:
    return {one.firmware.file: one.firmware.sha256 for one in load_boards()}
