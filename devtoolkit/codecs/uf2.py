"""UF2 files: 512-byte blocks that carry 256 bytes of flash each (the format RP2 boot drives take).

Source: Microsoft's UF2 specification. Only what is needed to tell a whole firmware from a damaged one.
"""

import struct
from dataclasses import dataclass

from devtoolkit.errors import CodecError

BLOCK_SIZE = 512
RP2040 = 0xE48BFF56  # family id
_HEAD = struct.Struct("<8I")
_MAGIC = (0x0A324655, 0x9E5D5157)
_END_MAGIC = 0x0AB16F30
_FAMILY_PRESENT = 0x2000


@dataclass(frozen=True, slots=True)
class Uf2Info:
    """What a whole file says: its family id (0 when it names none), first address and bytes of flash."""

    family: int
    start: int
    size: int
    blocks: int


def check_complete(data: bytes) -> Uf2Info:
    """Check every block of one UF2 file. Raises CodecError when it is cut off, damaged, or two files in one."""
    if not data or len(data) % BLOCK_SIZE:
        raise CodecError(f"The UF2 file is cut off: {len(data)} bytes are no whole number of blocks.")
    blocks = len(data) // BLOCK_SIZE
    size, families, starts = 0, set(), []
    for number in range(blocks):
        block = data[number * BLOCK_SIZE : (number + 1) * BLOCK_SIZE]
        magic0, magic1, flags, address, payload, index, count, family = _HEAD.unpack_from(block)
        if (magic0, magic1) != _MAGIC or int.from_bytes(block[-4:], "little") != _END_MAGIC:
            raise CodecError(f"This is no UF2 file, or its block {number} is damaged.")
        if index != number or count != blocks or payload > BLOCK_SIZE - _HEAD.size - 4:
            raise CodecError(f"The UF2 file is not complete: block {index} of {count} stands at {number} of {blocks}.")
        size += payload
        starts.append(address)
        families.add(family if flags & _FAMILY_PRESENT else 0)
    if len(families) != 1:
        raise CodecError("The UF2 file is for more than one chip.")
    return Uf2Info(families.pop(), min(starts), size, blocks)
