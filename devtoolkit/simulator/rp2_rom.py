"""The RP2040's boot ROM as far as a UF2 file meets it: erases and writes page by page, by block *number*.

Source: the published boot ROM (raspberrypi/pico-bootrom, virtual_disk.c) and the data sheet, 2.8.4.2 and erratum E14.
"""

import struct

from devtoolkit.simulator.flash import SECTOR, Flash

BLOCK = 512
PAGE = 256
FLASH_START = 0x10000000
FAMILY = 0xE48BFF56
_HEAD = struct.Struct("<8I")
_MAGIC = (0x0A324655, 0x9E5D5157)
_END = b"\x30\x6f\xb1\x0a"
_NOT_MAIN_FLASH = 0x1  # flag: comment, not to be written
_FAMILY_PRESENT = 0x2000


class Uf2Loader:
    """Takes 512-byte blocks in any order; `complete` when all that the file announced have come: the ROM reboots then.

    What is no block for this chip is ignored without a word, as the ROM does.
    """

    def __init__(self, flash: Flash) -> None:
        self._flash = flash
        self._announced = 0
        self._written: set[int] = set()  # block numbers
        self._erased: set[int] = set()  # block numbers // 16, which the ROM takes for sectors

    @property
    def complete(self) -> bool:
        return 0 < self._announced == len(self._written)

    def feed(self, block: bytes) -> None:
        """One block as it came over USB."""
        magic0, magic1, flags, address, size, number, count, family = _HEAD.unpack_from(block)
        if (magic0, magic1) != _MAGIC or block[-4:] != _END or size != PAGE:
            return
        if flags & _NOT_MAIN_FLASH or not flags & _FAMILY_PRESENT or family != FAMILY:
            return
        if count != self._announced:  # another file begins
            self._announced = count
            self._written.clear()
            self._erased.clear()
        offset = address - FLASH_START
        if number < count and number not in self._written and 0 <= offset <= self._flash.size - PAGE:
            self._write(number, offset, block[_HEAD.size : _HEAD.size + PAGE])

    def _write(self, number: int, offset: int, page: bytes) -> None:
        sector = number * PAGE // SECTOR
        if sector not in self._erased:
            self._flash.erase(offset - offset % SECTOR, SECTOR)
            self._erased.add(sector)
        self._flash.program(offset, page)
        self._written.add(number)
