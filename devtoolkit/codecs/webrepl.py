"""WebREPL's file protocol and login, as bytes. The WebSocket frames around them belong to the transport.

Source: reference, boot and OTA, "WebREPL protocol", which was checked against MicroPython's modwebrepl. A client sends
everything in binary frames; a node sends its console in text frames and file records in binary ones. A record may come
in any pieces, so nothing here counts frames.
"""

import struct
from collections.abc import Iterator

from devtoolkit.errors import CodecError

PUT, GET, VERSION = 1, 2, 3
NAME_MAX = 64  # bytes of a file name
PASSWORD_MAX = 9  # characters; WebREPL does not start with a longer password
PIECE = 1024  # bytes of a put in one frame, as the public client sends them
NEXT = b"\0"  # asks for the next piece of a get

_REQUEST = struct.Struct("<2sBBQLH64s")
_ANSWER = struct.Struct("<2sH")
_SIZE = struct.Struct("<H")
_GET_PIECE_MAX = 256
_VERSION_SIZE = 3
_ASKS, _IN, _DENIED = b"Password: ", b"WebREPL connected", b"Access denied"
_GREETING_MAX = 4096  # bytes of console before the login is decided; more is no WebREPL


def request(operation: int, name: str = "", size: int = 0) -> bytes:
    """The record that begins a put, a get or a version question. Raises CodecError for a name it cannot carry."""
    encoded = name.encode()
    if len(encoded) > NAME_MAX or "\0" in name:
        raise CodecError(f"WebREPL cannot carry the file name {name!r}: at most {NAME_MAX} bytes.", name=name)
    return _REQUEST.pack(b"WA", operation, 0, 0, size, len(encoded), encoded)


def pieces(content: bytes) -> Iterator[bytes]:
    """The content of a put, cut into frames."""
    for at in range(0, len(content), PIECE):
        yield content[at : at + PIECE]


def password_line(password: str) -> bytes:
    """The answer to `Password: `. Raises CodecError for what no node can have as a password."""
    if not 1 <= len(password) <= PASSWORD_MAX or "\r" in password or "\n" in password:
        raise CodecError(f"A WebREPL password has 1 to {PASSWORD_MAX} characters.")
    return password.encode() + b"\r"


class RecordReader:
    """Records of a node, from the contents of its binary frames. Each method gives None until all of it is there."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        """Take the content of one more binary frame."""
        self._data += data

    @property
    def waiting(self) -> int:
        """Bytes that nobody has taken yet."""
        return len(self._data)

    def answer(self) -> int | None:
        """The status of an answer record, 0 for fine. Raises CodecError when other bytes stand there."""
        record = self._take(_ANSWER.size)
        if record is None:
            return None
        signature, status = _ANSWER.unpack(record)
        if signature != b"WB":
            raise CodecError("The node's answer is no WebREPL record.", received=record.hex())
        return int(status)

    def piece(self) -> bytes | None:
        """The next piece of a get; an empty one is the end of the file."""
        if len(self._data) < _SIZE.size:
            return None
        (size,) = _SIZE.unpack_from(self._data)
        if size > _GET_PIECE_MAX:
            raise CodecError(f"The node sends a piece of {size} bytes; a file comes in pieces of {_GET_PIECE_MAX}.")
        record = self._take(_SIZE.size + size)
        return None if record is None else record[_SIZE.size :]

    def version(self) -> tuple[int, int, int] | None:
        """MicroPython's version."""
        record = self._take(_VERSION_SIZE)
        return None if record is None else (record[0], record[1], record[2])

    def _take(self, size: int) -> bytes | None:
        if len(self._data) < size:
            return None
        record = bytes(self._data[:size])
        del self._data[:size]
        return record


class Login:
    """The console text up to the verdict on the password, in whatever pieces it comes."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        """Take more text. Raises CodecError when it cannot be a login."""
        self._data += data
        if len(self._data) > _GREETING_MAX:
            raise CodecError("What answers is no WebREPL: it talks but asks for no password.")

    @property
    def asks(self) -> bool:
        """The node waits for the password."""
        return _ASKS in self._data

    @property
    def verdict(self) -> bool | None:
        """True: logged in, False: wrong password, None: not known yet."""
        if _DENIED in self._data:
            return False
        return True if _IN in self._data else None
