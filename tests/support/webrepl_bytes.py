"""A WebREPL client for tests: raw bytes as the public client sends them, no code shared with the toolkit."""

import base64
import hashlib
import socket
import struct
import time

PORT = 8266
_UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: echo.websocket.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: %s\r\n\r\n"
)


class WebRepl:
    """One connection; `text` collects console output. `mask`: frames as a browser sends them."""

    def __init__(self, address: str, *, mask: bytes = b"") -> None:
        self.socket = _connect(address)
        self.text = ""
        self._mask = mask
        self._data = b""
        try:
            self._upgrade()
        except BaseException:
            self.socket.close()
            raise

    def _upgrade(self) -> None:
        key = base64.b64encode(b"0123456789abcdef")
        self.socket.sendall(_UPGRADE % key)
        while b"\r\n\r\n" not in self._data:
            self._more()
        head, _, self._data = self._data.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        accept = base64.b64encode(
            hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", usedforsecurity=False).digest()
        )
        assert b"Sec-WebSocket-Accept: " + accept in head
        self.until("Password: ")

    def __enter__(self) -> "WebRepl":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def _more(self) -> None:
        piece = self.socket.recv(4096)
        if not piece:
            raise EOFError(self.text)
        self._data += piece

    def send(self, data: bytes, opcode: int = 0x82) -> None:
        """One frame."""
        length = len(data) | (0x80 if self._mask else 0)
        head = struct.pack("BB", opcode, length) if len(data) < 126 else b""
        if not head:
            head = struct.pack(">BBH", opcode, 126 | (0x80 if self._mask else 0), len(data))
        if self._mask:
            data = bytes(byte ^ self._mask[n % 4] for n, byte in enumerate(data))
        self.socket.sendall(head + self._mask + data)

    def _frame(self) -> bytes:
        """Payload of the next binary frame; text frames go to `text`."""
        while True:
            while len(self._data) < 4 and not (len(self._data) >= 2 and len(self._data) >= 2 + self._data[1]):
                self._more()
            opcode, size, at = self._data[0], self._data[1], 2
            assert size < 127, "the server neither masks nor sends long frames"
            if size == 126:
                (size,), at = struct.unpack(">H", self._data[2:4]), 4
            while len(self._data) < at + size:
                self._more()
            payload, self._data = self._data[at : at + size], self._data[at + size :]
            if opcode == 0x81:
                self.text += payload.decode("latin-1")  # raw paste sends numbers
                return b""
            assert opcode == 0x82, hex(opcode)
            return payload

    def more(self) -> None:
        """Reads one frame of text."""
        assert not self._frame(), "binary data where text was expected"

    def until(self, text: str) -> str:
        """Console output up to and with `text`; it is taken out of `text`."""
        while text not in self.text:
            self.more()
        found, _, self.text = self.text.partition(text)
        return found + text

    def binary(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += self._frame()
        assert len(data) == size, data
        return data

    def login(self, password: str) -> "WebRepl":
        self.send(password.encode() + b"\r")
        self.until("WebREPL connected\r\n>>> ")
        return self

    def type(self, text: bytes) -> None:
        """What a person types: text frames."""
        self.send(text, 0x81)

    def _request(self, op: int, size: int, name: str) -> None:
        record = struct.pack("<2sBBQLH64s", b"WA", op, 0, 0, size, len(name), name.encode())
        self.send(record[:10])
        self.send(record[10:])

    def begin_put(self, name: str, size: int) -> None:
        self._request(1, size, name)
        assert self.binary(4) == b"WB\0\0"

    def put(self, name: str, content: bytes) -> None:
        self.begin_put(name, len(content))
        for at in range(0, len(content), 1024):
            self.send(content[at : at + 1024])
        assert self.binary(4) == b"WB\0\0"

    def get(self, name: str) -> bytes:
        self._request(2, 0, name)
        assert self.binary(4) == b"WB\0\0"
        content = b""
        while True:
            self.send(b"\0")
            piece = self._frame()
            while not piece:
                piece = self._frame()
            (size,) = struct.unpack("<H", piece[:2])
            assert len(piece) == 2 + size <= 258
            if not size:
                break
            content += piece[2:]
        assert self.binary(4) == b"WB\0\0"
        return content

    def version(self) -> tuple[int, ...]:
        self._request(3, 0, "")
        return tuple(self.binary(3))

    def closed(self) -> bool:
        """Waits for the node to close."""
        try:
            while True:
                self._frame()
        except (EOFError, ConnectionResetError):
            return True


def _connect(address: str) -> socket.socket:
    deadline = time.monotonic() + 20
    while True:
        try:
            return socket.create_connection((address, PORT), timeout=10)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "WebREPL never listens"
            time.sleep(0.02)
