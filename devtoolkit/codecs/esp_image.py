"""The image format that ESP ROMs and bootloaders load: header, segments, checksum, SHA-256.

Source: Espressif's esptool documentation, "Firmware Image Format". The checksum is the XOR of all segment bytes,
seeded with 0xEF, in the last byte of a 16-byte line; when the header says so, the SHA-256 of everything before follows.
"""

import functools
import hashlib
import operator
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from devtoolkit.errors import CodecError

MAGIC = 0xE9
HEADER_SIZE = 24
MAX_SEGMENTS = 16
FLASH_MODES = ("qio", "qout", "dio", "dout")

_HEADER = struct.Struct("<BBBBIB3sHBHH4sB")
_SEGMENT = struct.Struct("<II")
_CHECKSUM_SEED = 0xEF
_MAX_SEGMENT_SIZE = 0x1000000  # esptool refuses more
_NO_WP_PIN = 0xEE  # "no write-protect pin", what esptool writes
_MODE_DIO = 2


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What the header says. `flash_size` in bytes; `entry` is an address; revisions are major * 100 + minor."""

    chip_id: int
    segment_count: int
    flash_mode: int  # index into FLASH_MODES
    flash_size: int
    flash_freq: int  # chip-dependent code
    entry: int
    hash_appended: bool
    min_rev: int = 0
    max_rev: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes to be loaded (or mapped) at `address`."""

    address: int
    data: bytes


def parse_header(data: bytes) -> ImageHeader:
    """The header at the start of `data`. Raises CodecError when this is not an image or the header is cut off."""
    if len(data) < HEADER_SIZE:
        raise CodecError(f"The image ends within its header ({len(data)} of {HEADER_SIZE} bytes).")
    magic, count, mode, size_freq, entry, _, _, chip_id, _, min_rev, max_rev, _, appended = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise CodecError(f"This is no ESP image: it starts with {magic:#04x} instead of {MAGIC:#04x}.")
    if not 0 < count <= MAX_SEGMENTS:
        raise CodecError(f"The image header names {count} segments; 1 to {MAX_SEGMENTS} are possible.")
    if appended not in (0, 1):
        raise CodecError(f"The image header is damaged: its hash flag is {appended}.")
    size = 0x100000 << (size_freq >> 4)
    return ImageHeader(chip_id, count, mode, size, size_freq & 0x0F, entry, bool(appended), min_rev, max_rev)


def image_length(data: bytes) -> int:
    """Bytes of the image at the start of `data`: header, segments, checksum and hash.

    Follows the segments only, so `data` must hold all segment headers but may end within the last segment. Raises
    CodecError when it does not.
    """
    header = parse_header(data)
    end = _segments_end(data, header)
    return _checksum_end(end) + (32 if header.hash_appended else 0)


def check_complete(data: bytes) -> int:
    """Check the image at the start of `data` to its last byte; returns its length in bytes.

    Raises CodecError when the image is cut off, or its checksum or SHA-256 is wrong.
    """
    header = parse_header(data)
    length = image_length(data)
    if len(data) < length:
        raise CodecError(f"The image is cut off: {len(data)} of {length} bytes are there.")
    end = _checksum_end(_segments_end(data, header))
    if _checksum(segment.data for segment in segments(data)) != data[end - 1]:
        raise CodecError("The image is damaged: its checksum does not match.")
    if header.hash_appended and hashlib.sha256(data[:end]).digest() != data[end : end + 32]:
        raise CodecError("The image is damaged: its SHA-256 does not match.")
    return length


def segments(data: bytes) -> tuple[Segment, ...]:
    """The segments of the image at the start of `data`. Raises CodecError when one is cut off."""
    header = parse_header(data)
    found, position = [], HEADER_SIZE
    for _ in range(header.segment_count):
        address, size = _segment_header(data, position)
        start = position + _SEGMENT.size
        position = start + size
        if position > len(data):
            raise CodecError(f"The image is cut off within the segment at {address:#x}.")
        found.append(Segment(address, bytes(data[start:position])))
    return tuple(found)


def build(parts: Sequence[Segment], entry: int, chip_id: int, *, flash_size: int = 0x400000) -> bytes:
    """A valid image of `parts` (padded to 4 bytes) with checksum and SHA-256; `flash_size` in bytes, DIO mode.

    Raises CodecError for a count, address or size that the format cannot hold.
    """
    if not 0 < len(parts) <= MAX_SEGMENTS:
        raise CodecError(f"An image holds 1 to {MAX_SEGMENTS} segments, not {len(parts)}.")
    size_code = flash_size.bit_length() - 21
    if flash_size != 0x100000 << max(size_code, 0) or size_code > 7:
        raise CodecError(f"No image header can say a flash size of {flash_size} bytes.")
    padded = [Segment(part.address, part.data + bytes(-len(part.data) % 4)) for part in parts]
    try:
        image = _HEADER.pack(
            MAGIC,
            len(padded),
            _MODE_DIO,
            size_code << 4,
            entry,
            _NO_WP_PIN,
            bytes(3),
            chip_id,
            0,
            0,
            0xFFFF,
            bytes(4),
            1,
        ) + b"".join(_SEGMENT.pack(part.address, len(part.data)) + part.data for part in padded)
    except struct.error as error:
        raise CodecError(f"The image has a value out of range: {error}.") from None
    if any(len(part.data) >= _MAX_SEGMENT_SIZE for part in padded):
        raise CodecError(f"A segment of an image is smaller than {_MAX_SEGMENT_SIZE} bytes.")
    image = image.ljust(_checksum_end(len(image)) - 1, b"\0")
    image += bytes([_checksum(part.data for part in padded)])
    return image + hashlib.sha256(image).digest()


def _segment_header(data: bytes, position: int) -> tuple[int, int]:
    if len(data) < position + _SEGMENT.size:
        raise CodecError(f"The image is cut off: {len(data)} bytes, its segments go beyond {position}.")
    address, size = _SEGMENT.unpack_from(data, position)
    if size >= _MAX_SEGMENT_SIZE:
        raise CodecError(f"The image is damaged: a segment says {size} bytes.")
    return address, size


def _segments_end(data: bytes, header: ImageHeader) -> int:
    position = HEADER_SIZE
    for _ in range(header.segment_count):
        _, size = _segment_header(data, position)
        position += _SEGMENT.size + size
    return position


def _checksum_end(segments_end: int) -> int:
    return segments_end + 16 - segments_end % 16  # at least one byte, the checksum is the last of its 16-byte line


def _checksum(parts: Iterable[bytes]) -> int:
    return functools.reduce(operator.xor, (_xor(part) for part in parts), _CHECKSUM_SEED)


def _xor(data: bytes) -> int:
    """XOR of all bytes, by halving one big integer: a megabyte takes a millisecond."""
    width = 1 << max(len(data) - 1, 0).bit_length()
    value = int.from_bytes(data, "little")
    while width > 1:
        width //= 2
        value = (value >> (8 * width)) ^ (value & ((1 << (8 * width)) - 1))
    return value
