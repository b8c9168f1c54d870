"""Reading from the simulated socket as from a stream (`read`, `readinto`, `readline`), as asyncio and TLS do."""

import errno
import io
from socket import SOCK_DGRAM, SOCK_STREAM

POLLIN = 1


class StreamReads(io.IOBase):
    """What `socket` inherits. It has `recvfrom`, `_s` (native), `_type`, `_wait` (ms), `_ready` and `_off`."""

    def _datagram(self, size):
        """`recv` as a stream read: None instead of EAGAIN."""
        try:
            return self.recvfrom(size)[0]
        except OSError as exc:
            if exc.errno != errno.EAGAIN:
                raise
            return None

    def readinto(self, buf, size=-1):
        if self._wait == 0 and self._type == SOCK_STREAM:
            return None if self._off() else self._s.readinto(buf) if size < 0 else self._s.readinto(buf, size)
        data = self.read(len(buf) if size < 0 else size)
        if data is None:
            return None
        buf[: len(data)] = data
        return len(data)

    def read(self, size=-1):
        if self._type == SOCK_DGRAM:
            return self._datagram(2048 if size < 0 else size)
        if self._wait == 0:
            return None if self._off() else self._s.read(size)
        out = b""
        while size < 0 or len(out) < size:
            self._ready(POLLIN)
            data = self._s.recv(1024 if size < 0 else size - len(out))
            if not data:
                break
            out += data
        return out

    def readline(self, size=-1):
        if self._wait == 0:
            return None if self._off() else self._s.readline()
        out = b""
        while not out.endswith(b"\n"):
            self._ready(POLLIN)
            data = self._s.recv(1)
            if not data:
                break
            out += data
        return out

    def makefile(self, mode="rb", buffering=0):
        return self
