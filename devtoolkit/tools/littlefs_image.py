"""LittleFS2 images as MicroPython's ESP and RP2 ports mount them, built in memory.

Images are written with on-disk version 2.0, which every MicroPython mounts; when reading, the library's default is
left alone, because MicroPython 1.28 formats 2.1 itself and asking for 2.0 then fails.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from littlefs import LittleFS, LittleFSError, UserContext

from devtoolkit.errors import ImageError
from devtoolkit.model.board import LittleFsGeometry

DISK_VERSION = 0x00020000
NAME_MAX = 255  # bytes of one path part, LittleFS's own limit
_MIN_BLOCKS = 2  # the root's pair of metadata blocks
_BIGGEST_SHOWN = 5
_BOARD_FILE = "Correct the sizes in the board's file."
_DEPLOY = "Deploy the board again, or choose another image."


def build_image(files: Mapping[str, bytes], region_size: int, geometry: LittleFsGeometry) -> bytes:
    """The image of a file system of `region_size` bytes holding `files` (path, with `/`, to content).

    The same input gives the same bytes, whatever the mapping's order. Raises ImageError when the files do not fit (with
    needed and available bytes and the biggest files), a path cannot be one, or the geometry is impossible.
    """
    block_count = _block_count(region_size, geometry)
    paths = _checked_paths(files)
    try:
        return bytes(_write(files, paths, block_count, geometry)[0])
    except LittleFSError as error:
        if error.code != LittleFSError.Error.LFS_ERR_NOSPC:
            raise ImageError(f"The file-system image cannot be built: {error}.", hint="Please report it.") from error
    needed = _needed_bytes(files, paths, block_count, geometry)
    biggest = sorted(((len(data), path) for path, data in files.items()), reverse=True)[:_BIGGEST_SHOWN]
    listed = ", ".join(f"{path} ({size} bytes)" for size, path in biggest)
    raise ImageError(
        f"The files need {needed} bytes, the board's file system has {region_size}.",
        hint=f"Leave some out. The biggest: {listed}.",
        needed=needed,
        available=region_size,
        biggest=[path for _, path in biggest],
    )


def read_image(data: bytes, geometry: LittleFsGeometry) -> dict[str, bytes]:
    """All files of an image: path to content. Raises ImageError when `data` is no intact LittleFS image."""
    fs = _mount(data, geometry)
    try:
        return {path: _read(fs, path) for path in _walk(fs, "")}
    except (LittleFSError, UnicodeDecodeError) as error:
        raise ImageError(f"The file system is damaged: {error}.", hint=_DEPLOY) from error


def used_blocks(data: bytes, geometry: LittleFsGeometry) -> int:
    """How many blocks of the image are in use. Raises ImageError when `data` is no intact LittleFS image."""
    try:
        return _mount(data, geometry).used_block_count
    except LittleFSError as error:
        raise ImageError(f"The file system is damaged: {error}.", hint=_DEPLOY) from error


class _Geometry(Protocol):
    """What the library tells its block device of the geometry."""

    @property
    def block_size(self) -> int: ...


class _Writer(Protocol):
    """An open file of the library, unbuffered: it may take less than it is given."""

    def write(self, data: bytes, /) -> int: ...


class _Memory(UserContext):
    """Block device over a bytearray. The library's own formats a log line for every access."""

    def __init__(self, buffer: bytearray) -> None:
        super().__init__(buffer=buffer)

    def read(self, cfg: _Geometry, block: int, off: int, size: int) -> bytearray:
        start = block * cfg.block_size + off
        return self.buffer[start : start + size]

    def prog(self, cfg: _Geometry, block: int, off: int, data: bytes) -> int:
        start = block * cfg.block_size + off
        self.buffer[start : start + len(data)] = data
        return 0

    def erase(self, cfg: _Geometry, block: int) -> int:
        size = cfg.block_size
        self.buffer[block * size : (block + 1) * size] = b"\xff" * size
        return 0

    def sync(self, _cfg: object) -> int:
        return 0


def _file_system(buffer: bytearray, geometry: LittleFsGeometry, disk_version: int = 0) -> LittleFS:
    return LittleFS(
        context=_Memory(buffer),
        mount=False,
        block_size=geometry.block_size,
        block_count=len(buffer) // geometry.block_size,
        read_size=geometry.read_size,
        prog_size=geometry.prog_size,
        cache_size=geometry.cache_size,
        lookahead_size=geometry.lookahead_size,
        disk_version=disk_version,
    )


def _block_count(region_size: int, geometry: LittleFsGeometry) -> int:
    """Checks what LittleFS itself only asserts: a wrong value would end the whole process."""
    block, cache = geometry.block_size, geometry.cache_size
    sizes = (block, cache, geometry.read_size, geometry.prog_size, geometry.lookahead_size)
    fits = min(sizes) > 0 and not (
        block % cache or cache % geometry.read_size or cache % geometry.prog_size or geometry.lookahead_size % 8
    )
    if not fits or block < 128:
        raise ImageError(f"LittleFS cannot work with this geometry: {geometry}.", hint=_BOARD_FILE)
    if region_size % block or region_size < _MIN_BLOCKS * block:
        raise ImageError(
            f"A file system of {region_size} bytes cannot be divided into blocks of {block} bytes.", hint=_BOARD_FILE
        )
    return region_size // block


def _checked_paths(files: Mapping[str, bytes]) -> list[str]:
    paths = sorted(files)
    for path in paths:
        parts = path.split("/")
        if any(part in ("", ".", "..") or "\0" in part or len(part.encode()) > NAME_MAX for part in parts):
            raise ImageError(f"A file on the board cannot be called {path!r}.", hint="Rename it.")
        parents = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
        clash = next((parent for parent in parents if parent in files), None)
        if clash is not None:
            raise ImageError(f"{clash!r} is both a file and the folder of {path!r}.", hint="Rename one.")
    return paths


def _write(
    files: Mapping[str, bytes], paths: list[str], block_count: int, geometry: LittleFsGeometry
) -> tuple[bytearray, int]:
    """The image's bytes and its blocks in use."""
    buffer = bytearray(b"\xff") * (block_count * geometry.block_size)
    fs = _file_system(buffer, geometry, disk_version=DISK_VERSION)
    fs.format()
    fs.mount()
    for path in paths:
        folder = path.rpartition("/")[0]
        if folder:
            fs.makedirs(folder, exist_ok=True)
        with fs.open(path, "wb", buffering=0) as file:
            _write_all(file, files[path])
    used = fs.used_block_count
    fs.unmount()
    return buffer, used


def _write_all(file: _Writer, data: bytes) -> None:
    view, done = memoryview(data), 0
    while done < len(data):
        done += file.write(bytes(view[done:]))


def _needed_bytes(files: Mapping[str, bytes], paths: list[str], block_count: int, geometry: LittleFsGeometry) -> int:
    """Exact, by building it in a region where it fits."""
    content = sum(len(data) for data in files.values())
    roomy = block_count + 2 * content // geometry.block_size + 4 * len(files) + 16
    return _write(files, paths, roomy, geometry)[1] * geometry.block_size


def _mount(data: bytes, geometry: LittleFsGeometry) -> LittleFS:
    _block_count(len(data), geometry)
    fs = _file_system(bytearray(data), geometry)
    try:
        fs.mount()
    except LittleFSError as error:
        raise ImageError(f"This is no LittleFS image of {len(data)} bytes: {error}.", hint=_DEPLOY) from error
    return fs


def _walk(fs: LittleFS, folder: str) -> Iterator[str]:
    for entry in fs.scandir(folder or "/"):
        path = f"{folder}/{entry.name}".lstrip("/")
        if entry.type == entry.TYPE_DIR:
            yield from _walk(fs, path)
        else:
            yield path


def _read(fs: LittleFS, path: str) -> bytes:
    with fs.open(path, "rb") as file:
        content: bytes = file.read()
        return content
