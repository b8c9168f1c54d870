"""The serial protocol of ESP boot ROMs and flasher stubs: SLIP frames that carry commands and responses.

Source: Espressif's esptool documentation, "Serial Protocol". A frame starts and ends with C0; in it C0 is written as
DB DC and DB as DB DD. A command is `00 op size:u16 checksum:u32 data`, a response `01 op size:u16 value:u32 data
status`.
"""

import functools
import operator
import struct
from dataclasses import dataclass

from devtoolkit.errors import CodecError

END = b"\xc0"
_ESCAPE = b"\xdb"
_ESCAPED_END = b"\xdb\xdc"
_ESCAPED_ESCAPE = b"\xdb\xdd"
_HEAD = struct.Struct("<BBHI")
_CHECKSUM_SEED = 0xEF
MAX_FRAME = 0x20000  # decoded bytes; the longest real frame is a 16 KiB block with its header
SYNC_MARK = b"\x07\x07\x12\x20"  # how the data of a SYNC command starts
SYNC_HEAD = b"\xc0\x00\x08\x24\x00"  # how a SYNC frame starts: direction, op 8, 36 bytes of data


@dataclass(frozen=True, slots=True)
class Command:
    """One request to the ROM or the stub. `checksum` covers the block in a data command, else it means nothing."""

    op: int
    data: bytes
    checksum: int = 0


def encode(payload: bytes) -> bytes:
    """`payload` as one frame."""
    return END + payload.replace(_ESCAPE, _ESCAPED_ESCAPE).replace(END, _ESCAPED_END) + END


def decode(body: bytes) -> bytes:
    """The payload of a frame, given what stands between its two C0 bytes. Raises CodecError for a wrong escape."""
    parts = body.split(_ESCAPE)
    plain = [parts[0]]
    for part in parts[1:]:
        if part[:1] not in (b"\xdc", b"\xdd"):
            raise CodecError(f"A SLIP frame has a wrong escape: db{part[:1].hex()}.")
        plain.append((END if part[:1] == b"\xdc" else _ESCAPE) + part[1:])
    return b"".join(plain)


class Decoder:
    """Cuts a byte stream into frames. Bytes outside frames, and frames with a wrong escape or no end, are dropped."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._inside = False

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads of the frames that `data` completes, in order; empty frames are left out."""
        found: list[bytes] = []
        pieces = data.split(END)
        self._keep(pieces[0])
        for piece in pieces[1:]:
            self._close(found)
            self._keep(piece)
        return found

    def _keep(self, piece: bytes) -> None:
        if self._inside:
            self._buffer += piece
            if len(self._buffer) > 2 * MAX_FRAME:
                self._buffer.clear()
                self._inside = False

    def _close(self, found: list[bytes]) -> None:
        """A C0: the end of a frame that has content, else the start of one (so a lost C0 costs one frame, not all)."""
        if self._inside and self._buffer:
            body = bytes(self._buffer)
            self._buffer.clear()
            self._inside = False
            try:
                found.append(decode(body))
            except CodecError:
                self._inside = True
            return
        self._inside = True


def checksum(block: bytes) -> int:
    """The check byte of a data block: all bytes XORed, seeded with 0xEF."""
    return functools.reduce(operator.xor, block, _CHECKSUM_SEED)


def build_command(command: Command) -> bytes:
    """The frame of a command."""
    return encode(_HEAD.pack(0, command.op, len(command.data), command.checksum) + command.data)


def parse_command(payload: bytes) -> Command:
    """The command in a frame's payload. Raises CodecError when it is cut off, too long, or no command."""
    if len(payload) < _HEAD.size:
        raise CodecError(f"A command has at least {_HEAD.size} bytes, this frame {len(payload)}.")
    direction, op, size, check = _HEAD.unpack_from(payload)
    data = payload[_HEAD.size :]
    if direction != 0:
        raise CodecError(f"This frame is no command: it starts with {direction:#04x}.")
    if size != len(data):
        raise CodecError(f"The command {op:#04x} says {size} bytes of data, but has {len(data)}.")
    return Command(op, data, check)


def build_response(op: int, data: bytes, value: int = 0) -> bytes:
    """The frame of a response; `data` includes the status bytes."""
    return encode(_HEAD.pack(1, op, len(data), value & 0xFFFFFFFF) + data)


def find_sync(data: bytes) -> int:
    """Index of the first SYNC frame that starts in `data`, -1 for none. Its four checksum bytes may be anything."""
    start = data.find(SYNC_HEAD)
    while start >= 0:
        mark = start + len(SYNC_HEAD) + 4
        if data[mark : mark + len(SYNC_MARK)] == SYNC_MARK:
            return start
        start = data.find(SYNC_HEAD, start + 1)
    return -1
