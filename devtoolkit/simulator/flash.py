"""The flash chip of a virtual board: a file as big as the chip.

The running VM writes its file system into the same file, so nothing is kept in memory here: every call reads or writes
the file, and both sides see the same bytes at once.
"""

import hashlib
import os
from pathlib import Path

from devtoolkit.errors import SimulatorError

SECTOR = 0x1000  # smallest erasable unit of SPI NOR flash
_ERASED = 0xFF
_CHUNK = 0x10000


class Flash:
    """A flash chip of `size` bytes in the file `path`; a missing file is created erased (all 0xFF).

    With `nor`, programming only clears bits, as on a real chip: writing twice without an erase gives the AND of both.
    Raises SimulatorError when the file has another size, or an address lies outside the chip.
    """

    def __init__(self, path: Path, size: int, *, nor: bool = True) -> None:
        self.path = path
        self.size = size
        self._nor = nor
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        found = os.fstat(self._fd).st_size
        if found == 0:
            self._make()
        elif found != self.size:
            raise SimulatorError(
                f"The flash file {self.path} has {found} bytes, but the virtual board's flash has {self.size}.",
                hint="Start it with --fresh.",
                file=str(self.path),
            )

    def _make(self) -> None:
        """All of the file's bytes at once, so that no later write meets a full disk."""
        try:
            self.erase_all()
        except OSError as error:
            self.path.unlink(missing_ok=True)
            raise SimulatorError(
                f"No room for a flash of {self.size >> 20} MB in {self.path.parent}: {error.strerror}.",
                hint="Make room, or choose another folder with --user-data.",
                file=str(self.path),
            ) from error

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`."""
        self._check(offset, size)
        return os.pread(self._fd, size, offset)

    def program(self, offset: int, data: bytes) -> None:
        """Write `data`; under NOR rules only 1 -> 0."""
        self._check(offset, len(data))
        if self._nor:
            old = int.from_bytes(os.pread(self._fd, len(data), offset), "little")
            data = (old & int.from_bytes(data, "little")).to_bytes(len(data), "little")
        os.pwrite(self._fd, data, offset)

    def erase(self, offset: int, size: int) -> None:
        """Set the sectors that `offset`..`offset + size` touches to 0xFF."""
        start = offset - offset % SECTOR
        end = -(-(offset + size) // SECTOR) * SECTOR
        self._check(start, end - start)
        for position in range(start, end, _CHUNK):
            os.pwrite(self._fd, bytes([_ERASED]) * min(_CHUNK, end - position), position)

    def erase_all(self) -> None:
        """Erase the whole chip."""
        self.erase(0, self.size)

    def md5(self, offset: int, size: int) -> bytes:
        """MD5 digest of a region."""
        self._check(offset, size)
        digest = hashlib.md5(usedforsecurity=False)
        for position in range(offset, offset + size, _CHUNK):
            digest.update(os.pread(self._fd, min(_CHUNK, offset + size - position), position))
        return digest.digest()

    def _check(self, offset: int, size: int) -> None:
        if offset < 0 or size < 0 or offset + size > self.size:
            raise SimulatorError(f"The flash has {self.size} bytes; {size} bytes at {offset:#x} lie outside.")
