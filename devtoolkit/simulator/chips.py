"""What a boot ROM shows of its chip: identity registers, the SPI controller, security info.

Source of the numbers: the technical reference manuals of the chips (SPI and eFuse chapters), as esptool's target files
use them. Everything that no tool looks at reads 0.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from devtoolkit.codecs.flash_layout import CHIPS as LAYOUTS
from devtoolkit.codecs.flash_layout import Chip as Layout
from devtoolkit.errors import SimulatorError

CHIP_MAGIC_REG = 0x40001000
_XTAL_HZ = 40_000_000
FLASH_VENDOR = 0xC8  # GigaDevice; its ids need no special start-up sequence
FLASH_TYPE = 0x40
MAX_FLASH = 0x1000000  # 16 MiB: what three address bytes reach


@dataclass(frozen=True, slots=True)
class SpiRegisters:
    """Addresses of the SPI flash controller's registers, as offsets from `base`."""

    base: int
    addr_msb_first: bool  # the address stands in the upper bits of the ADDR register
    usr2: int
    w0: int
    cmd: int = 0x00
    addr: int = 0x04


_OLD_SPI = SpiRegisters(0x3FF42000, True, 0x24, 0x80)


def _new_spi(base: int) -> SpiRegisters:
    return SpiRegisters(base, False, 0x20, 0x58)


@dataclass(frozen=True, slots=True)
class Chip:
    """A kind of chip as its boot ROM shows it. `security_info` is the length of that answer, 0 = command unknown."""

    layout: Layout
    magic: int
    spi: SpiRegisters
    identity: Callable[[bytes], dict[int, int]]  # MAC -> register values
    security_info: int
    uart_divider: int = 0  # address of the register that tells the crystal's frequency

    @property
    def name(self) -> str:
        """esptool's chip name."""
        return self.layout.name

    @property
    def chip_id(self) -> int:
        return self.layout.chip_id

    def registers(self, mac: bytes, baud: int) -> dict[int, int]:
        """Register values after reset for a board with this MAC and a line of `baud`."""
        values = {CHIP_MAGIC_REG: self.magic, **self.identity(mac)}
        if self.uart_divider:
            values[self.uart_divider] = round(_XTAL_HZ / baud)
        return values

    def security_answer(self) -> bytes:
        """Data of the GET_SECURITY_INFO answer: nothing secured; chip id and API version where the ROM has them."""
        head = struct.pack("<I8B", 0, *bytes(8))
        return head if self.security_info == len(head) else head + struct.pack("<II", self.chip_id, 0)


def mac_crc(mac: bytes) -> int:
    """CRC-8 that the ESP32 keeps beside its MAC: polynomial 0x31, reflected, start 0."""
    crc = 0
    for byte in mac:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x8C if crc & 1 else 0)
    return crc


def _mac_words(mac: bytes) -> tuple[int, int]:
    return int.from_bytes(mac[2:], "big"), int.from_bytes(mac[:2], "big")


def _esp32(mac: bytes) -> dict[int, int]:
    """ESP32-D0WD-V3 revision 3.1 with a 40 MHz crystal."""
    low, high = _mac_words(mac)
    efuse = 0x3FF5A000
    return {
        efuse + 0x04: low,
        efuse + 0x08: high | mac_crc(mac) << 16,
        efuse + 0x0C: 1 << 9 | 1 << 15,  # package 1, revision bit 0
        efuse + 0x10: 0x80,  # 8 MHz oscillator calibration; with the next line the ROM finds 40 MHz
        0x3FF5F06C: 800 << 7,
        efuse + 0x14: 1 << 20 | 1 << 24,  # revision bit 1, minor revision 1
        0x3FF6607C: 1 << 31,  # revision bit 2
    }


def _efuse_block1(address: int, revision: dict[int, int]) -> Callable[[bytes], dict[int, int]]:
    """The newer chips keep MAC and revision in eFuse block 1; `revision` gives its words by offset."""

    def identity(mac: bytes) -> dict[int, int]:
        low, high = _mac_words(mac)
        return {address: low, address + 4: high} | {address + offset: word for offset, word in revision.items()}

    return identity


def _layout(name: str) -> Layout:
    return next(layout for layout in LAYOUTS if layout.name == name)


_CHIPS = {
    chip.name: chip
    for chip in (
        Chip(_layout("esp32"), 0x00F01D83, _OLD_SPI, _esp32, 0, uart_divider=0x3FF40014),
        Chip(_layout("esp32s2"), 0x000007C6, _new_spi(0x3F402000), _efuse_block1(0x3F41A044, {}), 12),
        Chip(_layout("esp32s3"), 0, _new_spi(0x60002000), _efuse_block1(0x60007044, {12: 2 << 18}), 20),
        Chip(
            _layout("esp32c3"),
            0,
            _new_spi(0x60002000),
            _efuse_block1(0x60008844, {12: 4 << 18}),
            20,
            uart_divider=0x60000014,
        ),
        Chip(
            _layout("esp32c6"),
            0,
            _new_spi(0x60003000),
            _efuse_block1(0x600B0844, {12: 1 << 18}),
            20,
            uart_divider=0x60000014,
        ),
        Chip(
            _layout("esp32c5"),
            0,
            _new_spi(0x60003000),
            _efuse_block1(0x600B4844, {8: 1 << 4}),
            20,
            uart_divider=0x60000014,
        ),
    )
}


def find(name: str) -> Chip:
    """The chip with this esptool name. Raises SimulatorError for one that cannot be simulated."""
    chip = _CHIPS.get(name.lower().replace("-", ""))
    if chip is None:
        raise SimulatorError(f"No virtual board has the chip {name!r}.", hint=f"Known: {', '.join(sorted(_CHIPS))}.")
    return chip


def names() -> tuple[str, ...]:
    """The chips that can be simulated."""
    return tuple(_CHIPS)
