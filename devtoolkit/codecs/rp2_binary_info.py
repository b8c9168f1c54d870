"""The "binary info" in RP2 programs: what a firmware says about itself, among it where it keeps its file system.

Source: the Pico SDK's documentation, "Binary information". Behind the second-stage boot code lies a marker with the
addresses of a table of pointers; each pointer leads to an item: type, tag, then values that depend on the type.
"""

import struct

from devtoolkit.codecs.flash_layout import Region
from devtoolkit.errors import CodecError

FLASH_START = 0x10000000  # where the flash is mapped
_MARKER, _MARKER_END = 0x7188EBF2, 0xE71AA390
_HEADER = struct.Struct("<5I")  # marker, table's start and end, address mapping, end marker
_HEADER_WITHIN = 0x400  # bytes from the start of the flash
_BLOCK_DEVICE = 7  # the item's type
_MAKER = int.from_bytes(b"MP", "little")  # its tag: MicroPython's
_ITEM = struct.Struct("<2H")
_DEVICE = struct.Struct("<2H3I")  # type, tag, name, address, size
_LONGEST = 4096  # items; a longer table is no table


def file_system(flash: bytes) -> Region | None:
    """Where the MicroPython in `flash` (its bytes from flash offset 0) keeps its files; None when it does not say.

    Raises CodecError when what it says lies outside any flash.
    """
    for item in _items(flash):
        if flash[item : item + _ITEM.size] != _ITEM.pack(_BLOCK_DEVICE, _MAKER) or item + _DEVICE.size > len(flash):
            continue
        _, _, _, address, size = _DEVICE.unpack_from(flash, item)
        region = Region(address - FLASH_START, size)
        if region.offset <= 0 or region.offset % region.block_size or size % region.block_size or size < 1:
            raise CodecError(f"The firmware says that its {size} bytes of files lie at {address:#x}: that cannot be.")
        return region
    return None


def header(items: tuple[int, ...], table_at: int) -> tuple[bytes, bytes]:
    """Marker and table for items at these flash offsets, the table at `table_at` (all are offsets from FLASH_START)."""
    table = b"".join((FLASH_START + item).to_bytes(4, "little") for item in items)
    start = FLASH_START + table_at
    return _HEADER.pack(_MARKER, start, start + len(table), 0, _MARKER_END), table


def block_device(region: Region, name_at: int) -> bytes:
    """The item that says where the files are."""
    return _DEVICE.pack(_BLOCK_DEVICE, _MAKER, FLASH_START + name_at, FLASH_START + region.offset, region.size)


def _items(flash: bytes) -> tuple[int, ...]:
    """Offsets of the items that lie in `flash`."""
    for at in range(0, min(_HEADER_WITHIN, len(flash) - _HEADER.size), 4):
        marker, start, end, _, last = _HEADER.unpack_from(flash, at)
        if (marker, last) == (_MARKER, _MARKER_END):
            break
    else:
        return ()
    first, behind = start - FLASH_START, end - FLASH_START
    if first < 0 or behind > len(flash) or not 0 <= behind - first <= 4 * _LONGEST or (behind - first) % 4:
        return ()
    pointers = struct.unpack_from(f"<{(behind - first) // 4}I", flash, first)
    return tuple(p - FLASH_START for p in pointers if 0 <= p - FLASH_START <= len(flash) - _ITEM.size)
