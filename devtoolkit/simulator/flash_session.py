"""Flash transfers of the download mode: plain and deflated writes, and the windowed read of the flasher stub."""

import hashlib
import zlib

from devtoolkit.errors import SimulatorError
from devtoolkit.simulator.flash import SECTOR, Flash


class InflateError(SimulatorError):
    """The compressed stream is damaged."""


class FlashWriter:
    """One write: `size` bytes (uncompressed) to `offset`.

    The ROM erases everything first, the stub (`progressive`) just before it programs a sector. Raises SimulatorError
    for data beyond `size`, InflateError for a damaged stream.
    """

    def __init__(self, flash: Flash, offset: int, size: int, *, deflated: bool, progressive: bool) -> None:
        self._flash = flash
        self._position = offset
        self._end = offset + size
        self._erased = offset - offset % SECTOR if progressive else self._end
        self._inflater = zlib.decompressobj() if deflated else None
        if offset < 0 or self._end > flash.size:
            raise SimulatorError(f"{size} bytes at {offset:#x} do not fit into a flash of {flash.size} bytes.")
        if size and not progressive:
            flash.erase(offset, size)

    @property
    def complete(self) -> bool:
        """Whether all bytes have been programmed."""
        return self._position >= self._end

    def write(self, data: bytes) -> None:
        """Take the next block as it came over the wire."""
        if self._inflater:
            try:
                data = self._inflater.decompress(data)
            except zlib.error as error:
                raise InflateError(f"The compressed data cannot be unpacked: {error}.") from None
        elif self._position + len(data) > self._end:
            data = self._without_padding(data)
        if self._position + len(data) > self._end:
            raise SimulatorError("More data came than was announced.")
        if self._erased < self._position + len(data):
            self._flash.erase(self._erased, self._position + len(data) - self._erased)
            self._erased = -(-(self._position + len(data)) // SECTOR) * SECTOR
        self._flash.program(self._position, data)
        self._position += len(data)

    def _without_padding(self, data: bytes) -> bytes:
        """The last plain block is padded with FF to the block size; a flash has nothing to do for FF."""
        room = self._end - self._position
        return data[:room] if not data[room:].strip(b"\xff") else data


class FlashReader:
    """One read by the stub: blocks go out ahead of the acknowledgements, at most `window` of them."""

    def __init__(self, flash: Flash, offset: int, size: int, block: int, window: int) -> None:
        if offset + size > flash.size:
            raise SimulatorError(f"{size} bytes at {offset:#x} lie outside a flash of {flash.size} bytes.")
        self._flash = flash
        self._offset = offset
        self._size = size
        self._block = max(block, 1)
        self._window = max(window, 1) * self._block
        self._sent = 0
        self._digest = hashlib.md5(usedforsecurity=False)
        self.done = False

    def blocks(self, acknowledged: int) -> list[bytes]:
        """What to send now that the host has `acknowledged` bytes; after the last of them the MD5 digest."""
        out = []
        while self._sent < self._size and self._sent - acknowledged < self._window:
            data = self._flash.read(self._offset + self._sent, min(self._block, self._size - self._sent))
            self._digest.update(data)
            self._sent += len(data)
            out.append(data)
        if acknowledged >= self._size and not self.done:
            self.done = True
            out.append(self._digest.digest())
        return out
