"""The registers a boot ROM lets tools read and write; the SPI controller among them answers flash commands.

esptool reads the flash chip's identity by driving the controller itself: command byte into USR2, then the start bit.
Sources: SPI NOR command set (JEDEC JESD216 for SFDP), the chips' SPI controller chapters.
"""

from collections.abc import Callable

from devtoolkit.simulator.chips import FLASH_TYPE, FLASH_VENDOR, SpiRegisters

_USR_START = 1 << 18
_READ_ID = 0x9F
_READ_SFDP = 0x5A
_ADDRESS_BITS = 24
_SFDP = b"SFDP\x06\x01\x00\xff"  # signature, revision 1.6, one parameter header


class Registers:
    """A chip's registers: what was written is read back, the SPI controller's start bit runs a flash command."""

    def __init__(self, values: dict[int, int], spi: SpiRegisters, flash_size: int) -> None:
        self._values = values
        self._spi = spi
        self._flash_id = FLASH_VENDOR | FLASH_TYPE << 8 | (flash_size.bit_length() - 1) << 16
        self._commands: dict[int, Callable[[], int]] = {_READ_ID: self._read_id, _READ_SFDP: self._read_sfdp}

    def read(self, address: int) -> int:
        """The register's value, 0 for one never written."""
        return self._values.get(address, 0)

    def write(self, address: int, value: int, mask: int = 0xFFFFFFFF) -> None:
        """Replace the bits in `mask`."""
        value = (self.read(address) & ~mask) | (value & mask)
        if address == self._spi.base + self._spi.cmd and value & _USR_START:
            self._run()
            value &= ~_USR_START  # the controller clears the bit when the command is done
        self._values[address] = value

    def _run(self) -> None:
        command = self.read(self._spi.base + self._spi.usr2) & 0xFF
        answer = self._commands.get(command)  # status, reset and power commands: accepted, answer 0
        self._values[self._spi.base + self._spi.w0] = answer() if answer else 0

    def _read_id(self) -> int:
        return self._flash_id

    def _read_sfdp(self) -> int:
        address = self.read(self._spi.base + self._spi.addr)
        if self._spi.addr_msb_first:
            address >>= 32 - _ADDRESS_BITS
        return int.from_bytes(_SFDP[address : address + 4].ljust(4, b"\xff"), "little")
