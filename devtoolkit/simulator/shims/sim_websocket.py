"""The wire of WebREPL: HTTP upgrade and WebSocket frames over one native, non-blocking socket."""

import errno
import hashlib
from binascii import b2a_base64

import simcore

TEXT, BINARY = 1, 2
_CLOSE, _PING, _PONG = 8, 9, 10
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_MAX_REQUEST = 2048
_MAX_OUT = 65536  # a client that does not read is dropped
_RETRY_MS = 5


class WebSocket:
    """Calls `received(opcode, data)` for each piece of a frame, `opened()` after the upgrade, `closed()` at the end."""

    def __init__(self, sock, opened, received, closed):
        self._sock = sock
        self._opened = opened
        self._received = received
        self._closed = closed
        self._inbox = b""
        self._outbox = b""
        self._upgraded = False
        self._opcode = 0
        self._left = 0  # bytes of the present frame that are still to come
        self._mask = None
        self._at = 0
        self._retry = simcore.Job(lambda _: self._flush())
        self.open = True
        sock.setblocking(False)
        simcore.add_source(sock, self._readable)

    def send(self, opcode, data):
        """One frame, never masked, as the board's."""
        size = len(data)
        head = bytes([0x80 | opcode, size]) if size < 126 else bytes([0x80 | opcode, 126, size >> 8, size & 255])
        self._write(head + data)

    def text(self, data):
        """Console output, in frames of a moderate size."""
        for at in range(0, len(data), 1024):
            self.send(TEXT, data[at : at + 1024])

    def close(self):
        """Ends the connection after what is already on its way."""
        if self.open:
            self._flush()
            self.open = False
            self._retry.stop()
            simcore.drop_source(self._sock)
            self._sock.close()
            self._closed()

    def _write(self, data):
        self._outbox += data
        self._flush()
        if len(self._outbox) > _MAX_OUT:
            self._outbox = b""
            self.close()

    def _flush(self):
        while self.open and self._outbox:
            try:
                self._outbox = self._outbox[self._sock.send(self._outbox) :]
            except OSError as exc:
                if exc.errno == errno.EAGAIN:
                    self._retry.start(_RETRY_MS)
                else:
                    self._outbox = b""
                    self.close()
                return

    def _readable(self):
        """False when nothing has come."""
        try:
            data = self._sock.recv(4096)
        except OSError as exc:
            if exc.errno == errno.EAGAIN:
                return False
            data = b""
        if data:
            self._inbox += data
            self.pump()
        else:
            self.close()
        return True

    def drain(self):
        """Takes everything that has come by now, the end of the connection too."""
        while self.open and self._readable():
            pass

    def pump(self):
        """Takes what has come; what a Ctrl-C interrupted is taken by the next call."""
        if not self._upgraded:
            self._upgrade()
        while self.open and self._upgraded and self._inbox and self._step():
            pass

    def _upgrade(self):
        head, end, rest = self._inbox.partition(b"\r\n\r\n")
        if not end:
            if len(head) > _MAX_REQUEST:
                self.close()
            return
        key = None
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"sec-websocket-key":
                key = value.strip()
        if key is None:
            self._write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nWebREPL needs a WebSocket client.\r\n")
            self.close()
            return
        accept = b2a_base64(hashlib.sha1(key + _MAGIC).digest()).strip()
        self._write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        self._inbox = rest
        self._upgraded = True
        self._opened()

    def _step(self):
        """One header, or one piece of a frame; False when more bytes must come first."""
        if not self._left:
            return self._header()
        piece = self._inbox[: self._left]
        self._inbox = self._inbox[len(piece) :]
        self._left -= len(piece)
        if self._mask:
            piece = bytes([b ^ self._mask[(self._at + n) & 3] for n, b in enumerate(piece)])
            self._at += len(piece)
        self._piece(piece)
        return True

    def _header(self):
        if len(self._inbox) < 2:
            return False
        self._opcode = self._inbox[0] & 15
        size = self._inbox[1] & 127
        if size == 127:  # 64-bit lengths are not taken
            self.close()
            return False
        at = 4 if size == 126 else 2
        end = at + (4 if self._inbox[1] & 128 else 0)
        if len(self._inbox) < end:
            return False
        self._left = self._inbox[2] << 8 | self._inbox[3] if size == 126 else size
        self._mask = self._inbox[at:end] or None
        self._at = 0
        self._inbox = self._inbox[end:]
        if not self._left:
            self._piece(b"")
        return True

    def _piece(self, data):
        if self._opcode == _CLOSE:
            self.close()
        elif self._opcode == _PING:
            self.send(_PONG, data)
        elif self._opcode != _PONG and data:
            self._received(self._opcode, data)
