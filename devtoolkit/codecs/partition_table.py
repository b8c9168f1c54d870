"""The partition table of ESP chips: 32-byte entries at flash address 0x8000.

Source of the format: ESP-IDF programming guide, "Partition Tables". A table takes at most 0xC00 bytes; an entry of
0xFF bytes ends it; the entry `EB EB` before the end carries the MD5 of all entries before it (older tables have none).
"""

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from devtoolkit.errors import CodecError

TABLE_OFFSET = 0x8000
TABLE_SIZE = 0xC00
TYPE_APP = 0x00
TYPE_DATA = 0x01
SUBTYPE_FAT = 0x81  # MicroPython's `vfs` entry has this sub-type, although LittleFS lies in it

_ENTRY = struct.Struct("<2sBBII16sI")
_MAGIC = b"\xaa\x50"
_MD5_HEAD = b"\xeb\xeb" + b"\xff" * 14
_END = b"\xff" * _ENTRY.size
_SECTOR = 0x1000  # smallest flash unit that can be erased; every partition starts on one
_APP_ALIGN = 0x10000  # apps are mapped by the MMU in pages of 64 KiB
_MAX_ENTRIES = TABLE_SIZE // _ENTRY.size - 1  # one place is kept for the end
_FLASH_LIMIT = 1 << 32


@dataclass(frozen=True, slots=True)
class Partition:
    """One entry. `offset` and `size` are bytes of flash; `flags` bit 0 = encrypted, bit 1 = read-only."""

    name: str
    type: int
    subtype: int
    offset: int
    size: int
    flags: int = 0

    @property
    def end(self) -> int:
        """Flash address of the first byte behind the partition."""
        return self.offset + self.size


def parse(data: bytes) -> tuple[Partition, ...]:
    """The entries of the table at the start of `data`, in their order. What follows the table is not looked at.

    Raises CodecError when there is no table, an entry is damaged, the MD5 is wrong, partitions overlap, lie below the
    table's end, or are not aligned to a sector.
    """
    table = bytes(data[:TABLE_SIZE])
    partitions: list[Partition] = []
    for position in range(0, TABLE_SIZE, _ENTRY.size):
        entry = table[position : position + _ENTRY.size]
        if len(entry) < _ENTRY.size:
            raise CodecError(f"The partition table ends in the middle of entry {len(partitions)}.")
        if entry == _END:
            break
        if entry[:2] == _MD5_HEAD[:2]:
            _check_md5(table[:position], entry)
            break
        partitions.append(_parse_entry(entry, len(partitions)))
    else:
        raise CodecError("The partition table has no end.")
    if not partitions:
        raise CodecError("There is no partition table: the first entry is empty.")
    _check(partitions)
    return tuple(partitions)


def build(parts: Iterable[Partition]) -> bytes:
    """The table of `parts`: 0xC00 bytes, with the MD5 entry. Raises CodecError for a table `parse` would refuse."""
    partitions = list(parts)
    if not 0 < len(partitions) < _MAX_ENTRIES:
        raise CodecError(f"A partition table holds 1 to {_MAX_ENTRIES - 1} partitions, not {len(partitions)}.")
    _check(partitions)
    entries = b"".join(_build_entry(partition) for partition in partitions)
    table = entries + _MD5_HEAD + hashlib.md5(entries, usedforsecurity=False).digest()
    return table.ljust(TABLE_SIZE, b"\xff")


def _parse_entry(entry: bytes, index: int) -> Partition:
    magic, kind, subtype, offset, size, raw_name, flags = _ENTRY.unpack(entry)
    if magic != _MAGIC:
        raise CodecError(f"Entry {index} of the partition table starts with {magic.hex()} instead of {_MAGIC.hex()}.")
    try:
        name = raw_name.rstrip(b"\0").decode("utf-8")
    except UnicodeDecodeError:
        raise CodecError(f"The name of entry {index} of the partition table is not text.") from None
    return Partition(name, kind, subtype, offset, size, flags)


def _build_entry(part: Partition) -> bytes:
    name = part.name.encode("utf-8")
    if len(name) > 16 or name.endswith(b"\0"):
        raise CodecError(f"A partition name has at most 16 bytes: {part.name!r}.")
    try:
        return _ENTRY.pack(_MAGIC, part.type, part.subtype, part.offset, part.size, name, part.flags)
    except struct.error as error:
        raise CodecError(f"Partition {part.name!r} has a value out of range: {error}.") from None


def _check_md5(entries: bytes, md5_entry: bytes) -> None:
    if md5_entry[16:] != hashlib.md5(entries, usedforsecurity=False).digest():
        raise CodecError("The partition table is damaged: its MD5 does not match.")


def _check(partitions: list[Partition]) -> None:
    for part in partitions:
        align = _APP_ALIGN if part.type == TYPE_APP else _SECTOR
        if part.size <= 0 or part.end > _FLASH_LIMIT:
            raise CodecError(f"Partition {part.name!r} has an impossible size: {part.size} bytes at {part.offset:#x}.")
        if part.offset % align:
            raise CodecError(f"Partition {part.name!r} at {part.offset:#x} is not aligned to {align:#x}.")
    border = TABLE_OFFSET + _SECTOR
    for part in sorted(partitions, key=lambda one: one.offset):
        if part.offset < border:
            raise CodecError(f"Partition {part.name!r} at {part.offset:#x} overlaps what ends at {border:#x}.")
        border = part.end
