"""The virtual RP2 board's own firmware, and what a boot makes of any RP2 flash.

The ROM starts the flash when the CRC of its first page (the second-stage boot code) is right; where MicroPython keeps
its files stands in the firmware's binary info. The code is empty: the unix port's VM stands in for it.
"""

from devtoolkit.codecs import rp2_binary_info, uf2
from devtoolkit.codecs.flash_layout import Region
from devtoolkit.codecs.rp2_binary_info import FLASH_START
from devtoolkit.errors import CodecError
from devtoolkit.simulator.boot_plan import BootPlan
from devtoolkit.simulator.flash import Flash

CHIP = "rp2040"
FLASH_SIZE = 0x200000  # Raspberry Pi Pico W
FILES = Region(0x12C000, 0xD4000)  # as MicroPython for the Pico W has them
_BOOT2 = 252  # bytes that the ROM's CRC covers
_CRC_START, _CRC_POLYNOMIAL = 0xFFFFFFFF, 0x04C11DB7
_HEADER_AT, _TABLE_AT, _ITEM_AT, _NAME_AT, _SIZE = 0x100, 0x200, 0x210, 0x230, 0x2100


def virtual_rp2_firmware() -> bytes:
    """A UF2 file, valid to ROM and tools. It does not end on a sector, as the real ones do not."""
    flash = bytearray(_SIZE)
    boot2 = b"virtual second-stage boot".ljust(_BOOT2, b"\0")
    head, table = rp2_binary_info.header((_ITEM_AT,), _TABLE_AT)
    parts = {
        0: boot2 + _crc(boot2).to_bytes(4, "little"),
        _HEADER_AT: head,
        _TABLE_AT: table,
        _ITEM_AT: rp2_binary_info.block_device(FILES, _NAME_AT),
        _NAME_AT: b"MicroPython\0",
        _SIZE - 32: b"virtual MicroPython",
    }
    for offset, data in parts.items():
        flash[offset : offset + len(data)] = data
    blocks = uf2.build(uf2.split(bytes(flash), FLASH_START), uf2.RP2040)
    return _without_padding(blocks, _SIZE // uf2.PAGE)


def plan_rp2_boot(flash: Flash) -> BootPlan:
    """Where the program in the flash keeps its files; no region: the ROM shows its boot drive instead."""
    boot2 = flash.read(0, _BOOT2 + 4)
    if _crc(boot2[:_BOOT2]).to_bytes(4, "little") != boot2[_BOOT2:]:
        return BootPlan(None, "")
    try:
        region = rp2_binary_info.file_system(flash.read(0, flash.size))
    except CodecError:
        region = None
    return BootPlan(region if region and region.end <= flash.size else None, "")


def _crc(data: bytes) -> int:
    """CRC-32 without reflection and without a final XOR (RP2040 data sheet, 2.8.1.3.1)."""
    crc = _CRC_START
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (_CRC_POLYNOMIAL if crc & 0x80000000 else 0)
            crc &= 0xFFFFFFFF
    return crc


def _without_padding(blocks: bytes, count: int) -> bytes:
    """The first `count` blocks, with that count in them: the way elf2uf2 leaves a firmware."""
    found = [bytearray(blocks[at : at + uf2.BLOCK_SIZE]) for at in range(0, count * uf2.BLOCK_SIZE, uf2.BLOCK_SIZE)]
    for block in found:
        block[24:28] = count.to_bytes(4, "little")
    return b"".join(found)
