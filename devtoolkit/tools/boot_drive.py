"""The drive that an RP2 board shows in its boot ROM: where it is, and how a UF2 file gets onto it.

A boot drive is known by its `INFO_UF2.TXT`, wherever the system has mounted it. The rules for all systems are here.
"""

import contextlib
import errno
import os
import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devtoolkit.errors import BoardError, PortError, ToolError

INFO = "INFO_UF2.TXT"
LABEL = "RPI-RP2"  # of the RP2040's drive; the RP2350's is called RP2350
UF2_NAME, FORGET_NAME = "micros.uf2", "again.uf2"
_CHUNK = 0x20000  # bytes between two reports; each is on the board before the next one goes
_GONE = (errno.ENODEV, errno.EIO, errno.ENOENT, errno.ENXIO, errno.ENOTDIR)


@dataclass(frozen=True, slots=True)
class BootDrive:
    """`model` and `board_id` as the drive's info file has them, for example "Raspberry Pi RP2" and "RPI-RP2"."""

    folder: Path
    model: str
    board_id: str

    @property
    def chip(self) -> str:
        """The chip behind it as board files name it: rp2040 or rp2350; the board's id for one we do not know."""
        return {"RPI-RP2": "rp2040", "RP2350": "rp2350"}.get(self.board_id, self.board_id)

    @property
    def mount(self) -> tuple[int, int, int]:
        """Tells this mount from a later one of the same folder; zeros when the drive is gone."""
        try:
            facts = (self.folder / INFO).stat()
        except OSError:
            return 0, 0, 0
        return facts.st_dev, facts.st_ino, facts.st_ctime_ns


def find_drives() -> tuple[BootDrive, ...]:
    """The boot drives that are mounted now, sorted by folder."""
    found = (_read(folder) for folder in mounted_folders())
    return tuple(sorted((drive for drive in found if drive), key=lambda drive: drive.folder))


def named_drive(folder: Path) -> BootDrive:
    """The boot drive in this folder. Raises BoardError when there is none."""
    drive = _read(folder)
    if drive is None:
        raise BoardError(
            f"{folder} is not the boot drive of a board: it has no {INFO}.",
            hint="Hold BOOTSEL while plugging the board in, and name the folder that then appears.",
            folder=str(folder),
        )
    return drive


def mounted_folders(system: str = sys.platform, root: Path = Path("/")) -> tuple[Path, ...]:
    """Where `system` mounts drives, each folder once; `root` stands for the root of its file system.

    Linux: what the kernel lists as mounted, and the desktops' usual places. macOS: /Volumes. Windows: drive letters.
    """
    if system.startswith("win"):
        found = [Path(f"{letter}:/") if root == Path("/") else root / letter for letter in string.ascii_uppercase[2:]]
    elif system == "darwin":
        found = sorted((root / "Volumes").glob("*"))
    else:
        places = ("run/media/*/*", "media/*/*", "media/*", "mnt/*", "Volumes/*")
        found = [*_listed_mounts(root), *(folder for place in places for folder in sorted(root.glob(place)))]
    return tuple(dict.fromkeys(folder for folder in found if _is_folder(folder)))


def not_mounted_hint(system: str = sys.platform, root: Path = Path("/")) -> str:
    """What to do when the board is in its boot ROM but no drive was found; empty when nothing speaks for that."""
    device = root / "dev" / "disk" / "by-label" / LABEL
    if system.startswith("linux") and device.exists():
        return f"The drive is there but not mounted: udisksctl mount -b {device}"
    return ""


def copy(drive: BootDrive, data: bytes, forget: bytes = b"") -> Iterator[tuple[int, int]]:
    """Write `data` as a UF2 file onto the drive; yields `(done, total)` bytes that have arrived.

    `forget` arrives before it, in a file of its own: what ends a transfer that broke off on this drive. The board
    restarts with the last byte, so the drive may vanish before the system has closed the file. Raises PortError when
    it vanishes sooner, ToolError when the drive cannot be written.
    """
    if forget:
        handle = _new_file(drive, FORGET_NAME, len(data))
        try:
            _write(drive, handle, forget, 0, len(data))
        finally:
            with contextlib.suppress(OSError):
                os.close(handle)
    done, handle = 0, _new_file(drive, UF2_NAME, len(data))
    try:
        while done < len(data):
            chunk = data[done : done + _CHUNK]
            _write(drive, handle, chunk, done, len(data))
            done += len(chunk)
            yield done, len(data)
    finally:
        with contextlib.suppress(OSError):
            os.close(handle)


def _new_file(drive: BootDrive, name: str, total: int) -> int:
    """A handle for writing `total` bytes. An older file of that name stays: the new one gets sectors of its own."""
    path, number = drive.folder / name, 1
    try:
        while path.exists():
            path, number = drive.folder / f"{Path(name).stem}{number}.uf2", number + 1
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise _failed(drive, error, 0, total) from error


def _write(drive: BootDrive, handle: int, chunk: bytes, done: int, total: int) -> None:
    try:
        view = memoryview(chunk)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    except OSError as error:
        last = done + len(chunk) == total
        if not (last and _read(drive.folder) is None):
            raise _failed(drive, error, done, total) from error


def _failed(drive: BootDrive, error: OSError, done: int, total: int) -> PortError | ToolError:
    if error.errno in _GONE:
        return PortError(
            f"The drive {drive.folder} vanished after {done} of {total} bytes.",
            hint="Hold BOOTSEL while plugging the board in, and run the same command again: it starts over.",
            folder=str(drive.folder),
            done=done,
            total=total,
        )
    return ToolError(
        f"The drive {drive.folder} cannot be written: {error.strerror}.",
        hint="Is it mounted for this user? Name another folder with --boot-drive.",
        folder=str(drive.folder),
    )


def _read(folder: Path) -> BootDrive | None:
    try:
        text = (folder / INFO).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    values = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    if not values.get("Board-ID", "").strip():  # no boot drive, or one that is just appearing
        return None
    return BootDrive(folder, values.get("Model", "").strip(), values.get("Board-ID", "").strip())


def _is_folder(folder: Path) -> bool:
    try:
        return folder.is_dir()
    except OSError:  # a drive letter without a medium, a folder of another user
        return False


def _listed_mounts(root: Path) -> list[Path]:
    """FAT file systems in the kernel's list (blanks in names are written as \\040)."""
    try:
        lines = (root / "proc" / "self" / "mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    rows = [line.split() for line in lines]
    names = [row[1].encode().decode("unicode_escape") for row in rows if len(row) > 2 and row[2] in ("vfat", "msdos")]
    return [root / name.lstrip("/") for name in names]
