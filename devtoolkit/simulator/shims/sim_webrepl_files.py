"""`_webrepl` of the virtual board: password, and the file records of the WebREPL protocol (put, get, version).

As on a board a put opens its file at once (old content gone), creates no folder, and answers "fine" even when the disk
was full.
"""

import struct
import sys as _sys

_HEADER = "<2sBBQLH64s"
_HEADER_SIZE = 82
_PUT, _GET, _VERSION = 1, 2, 3
_GET_PIECE = 256
_MAX_PASSWORD = 9

_password = ""


def password(text):
    """Sets the password. ValueError when it has more than 9 characters."""
    global _password
    if len(text) > _MAX_PASSWORD:
        raise ValueError
    _password = text


def matches(text):
    return text == _password.encode()


class FileTransfer:
    """Feeds on binary frames; `send(data)` gives the answers. An OSError of opening a file ends the session."""

    def __init__(self, send):
        self._send = send
        self._head = b""
        self._file = None
        self._op = 0
        self._left = 0

    def close(self):
        if self._file:
            self._file.close()
            self._file = None

    def feed(self, data):
        while data:
            if self._op == _PUT:
                data = self._put(data)
            elif self._op == _GET:
                data = data[1:]  # one byte asks for one piece
                self._get()
            else:
                missing = _HEADER_SIZE - len(self._head)
                self._head += data[:missing]
                data = data[missing:]
                if len(self._head) == _HEADER_SIZE:
                    self._begin()

    def _answer(self, status=0):
        self._send(b"WB" + struct.pack("<H", status))

    def _begin(self):
        head, self._head = self._head, b""
        signature, op, _, _, size, length, name = struct.unpack(_HEADER, head)
        if signature != b"WA":
            return
        if op == _VERSION:
            self._send(bytes(_sys.implementation[1][:3]))
            return
        if op not in (_PUT, _GET):
            return
        self._file = open(name[:length].decode(), "wb" if op == _PUT else "rb")
        self._op = op
        self._left = size
        self._answer()
        if op == _PUT and not size:
            self._end()

    def _put(self, data):
        piece = data[: self._left]
        try:
            self._file.write(piece)
        except OSError:
            pass  # the disk is full: a board does not tell
        self._left -= len(piece)
        if not self._left:
            self._end()
        return data[len(piece) :]

    def _get(self):
        piece = self._file.read(_GET_PIECE)
        self._send(struct.pack("<H", len(piece)) + piece)
        if not piece:
            self._end()

    def _end(self):
        self._op = 0
        try:
            self.close()
        except OSError:
            self._file = None
        self._answer()
