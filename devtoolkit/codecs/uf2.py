"""UF2 files: 512-byte blocks that carry 256 bytes of flash each (the format RP2 boot drives take).

Source: Microsoft's UF2 specification, and the RP2040's data sheet (section "UF2 format details", erratum RP2040-E14).
The packages on the index were looked at: none checks what it reads, and their layouts fall into the erratum's trap.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from devtoolkit.errors import CodecError

BLOCK_SIZE = 512
PAGE = 256  # bytes of flash in a block: what a boot ROM programs at once
SECTOR = 4096  # what it erases at once
RP2040 = 0xE48BFF56  # family id
_HEAD = struct.Struct("<8I")
_MAGIC = (0x0A324655, 0x9E5D5157)
_END_MAGIC = 0x0AB16F30
_FAMILY_PRESENT = 0x2000
_BLANK = b"\xff" * PAGE


@dataclass(frozen=True, slots=True)
class Uf2Info:
    """What a whole file says: its family id (0 when it names none), first address and bytes of flash."""

    family: int
    start: int
    size: int
    blocks: int


@dataclass(frozen=True, slots=True)
class _Block:
    address: int
    data: bytes
    family: int


def check_complete(data: bytes) -> Uf2Info:
    """Check every block of one UF2 file. Raises CodecError when it is cut off, damaged, or two files in one."""
    blocks = tuple(_blocks(data))
    families = {block.family for block in blocks}
    if len(families) != 1:
        raise CodecError("The UF2 file is for more than one chip.")
    size = sum(len(block.data) for block in blocks)
    return Uf2Info(families.pop(), min(block.address for block in blocks), size, len(blocks))


def pages(data: bytes) -> dict[int, bytes]:
    """The flash pages in one UF2 file: address -> 256 bytes. Raises CodecError, also for odd pages."""
    check_complete(data)
    found: dict[int, bytes] = {}
    for block in _blocks(data):
        if len(block.data) != PAGE or block.address % PAGE:
            raise CodecError(f"The UF2 file has {len(block.data)} bytes for {block.address:#x}: no whole flash page.")
        if found.setdefault(block.address, block.data) != block.data:
            raise CodecError(f"The UF2 file has two contents for {block.address:#x}.")
    return found


def build(content: Mapping[int, bytes], family: int) -> bytes:
    """One UF2 file that makes a boot ROM write exactly `content` (address -> page) and nothing beside its sectors.

    The RP2040's ROM decides by the block's *number*, not by its address, when to erase the next sector: 16 numbers per
    sector. So every touched sector is filled up with blank pages and the blocks are numbered in the order of their
    addresses, with one common count. Raises CodecError for a page that is none.
    """
    for address, page in content.items():
        if len(page) != PAGE or address % PAGE:
            raise CodecError(f"{len(page)} bytes for {address:#x} are no flash page.")
    sectors = sorted({address - address % SECTOR for address in content})
    addresses = [address for sector in sectors for address in range(sector, sector + SECTOR, PAGE)]
    return b"".join(
        _block(number, len(addresses), address, content.get(address, _BLANK), family)
        for number, address in enumerate(addresses)
    )


def forget(family: int) -> bytes:
    """A file of one block that makes the boot ROM forget a transfer that broke off; it writes nothing.

    The ROM skips block numbers that it has had, as long as the count stays: a second file of the same size would be
    mixed with the first. A count of 0 ends that (pico-bootrom, virtual_disk.c, `_update_current_uf2_info`).
    """
    return _block(0, 0, 0, _BLANK, family)


def split(data: bytes, address: int) -> dict[int, bytes]:
    """`data` (whole pages) as pages from `address` on."""
    return {address + at: data[at : at + PAGE] for at in range(0, len(data), PAGE)}


def _block(number: int, count: int, address: int, page: bytes, family: int) -> bytes:
    head = _HEAD.pack(*_MAGIC, _FAMILY_PRESENT, address, PAGE, number, count, family)
    return (head + page).ljust(BLOCK_SIZE - 4, b"\0") + _END_MAGIC.to_bytes(4, "little")


def _blocks(data: bytes) -> Iterator[_Block]:
    if not data or len(data) % BLOCK_SIZE:
        raise CodecError(f"The UF2 file is cut off: {len(data)} bytes are no whole number of blocks.")
    total = len(data) // BLOCK_SIZE
    for number in range(total):
        block = data[number * BLOCK_SIZE : (number + 1) * BLOCK_SIZE]
        magic0, magic1, flags, address, size, index, count, family = _HEAD.unpack_from(block)
        if (magic0, magic1) != _MAGIC or int.from_bytes(block[-4:], "little") != _END_MAGIC:
            raise CodecError(f"This is no UF2 file, or its block {number} is damaged.")
        if index != number or count != total or size > BLOCK_SIZE - _HEAD.size - 4:
            raise CodecError(f"The UF2 file is not complete: block {index} of {count} stands at {number} of {total}.")
        yield _Block(address, block[_HEAD.size : _HEAD.size + size], family if flags & _FAMILY_PRESENT else 0)
