"""A proxy in front of a node's WebREPL: knows the frames, counts the puts, cuts connections where it is told to."""

import asyncio
import contextlib
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

_REQUEST = struct.Struct("<2sBBQLH64s")
_PUT = 1
Cut = Callable[[int, int], bool]


def _never(_connection: int, _frames: int) -> bool:
    return False


class _Frames:
    """Payloads of the frames in one direction, after the HTTP part."""

    def __init__(self) -> None:
        self._data = b""
        self._begun = False

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that are complete now; nothing of the handshake."""
        self._data += data
        if not self._begun:
            _, end, rest = self._data.partition(b"\r\n\r\n")
            if not end:
                return []
            self._begun, self._data = True, rest
        found = []
        while (frame := self._next()) is not None:
            found.append(frame)
        return found

    def _next(self) -> bytes | None:
        if len(self._data) < 2:
            return None
        size, at = self._data[1] & 127, 2
        if size == 126:
            if len(self._data) < 4:
                return None
            (size,), at = struct.unpack(">H", self._data[2:4]), 4
        mask = b""
        if self._data[1] & 128:
            mask, at = self._data[at : at + 4], at + 4
        if len(self._data) < at + size or (self._data[1] & 128 and len(mask) < 4):
            return None
        payload, self._data = self._data[at : at + size], self._data[at + size :]
        return bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload)) if mask else payload


class WebReplProxy:
    """`with WebReplProxy(node_ip) as proxy:` listens at `proxy.port` of the node's own address.

    `cut(connection, frames)` is asked after each frame of the client (connection and frames count from 1), and
    `cut_answers` after each frame of the node: True closes both ends. `up` False refuses newcomers and drops who is
    there. `puts`: names that were put, in order.
    """

    def __init__(self, host: str, cut: Cut = _never, cut_answers: Cut = _never) -> None:
        self.host, self.port = host, 0
        self.puts: list[str] = []
        self.frames: list[int] = []  # of the client, per connection
        self.answers: list[int] = []  # of the node
        self._cut = cut
        self._cut_answers = cut_answers
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._server: asyncio.Server | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def set_up(self, up: bool) -> None:
        """Whether a packet gets through."""

        async def change() -> None:
            assert self._server is not None
            if up:
                await self._listen()
                return
            self._server.close()
            for writer in self._open:
                writer.transport.abort()

        self._call(change())

    def _call(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._client, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await task

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        self._open.add(writer)
        try:
            there, node = await asyncio.open_connection(self.host, 8266)
            ends.append(node)
            self._open.add(node)
            self.frames.append(0)
            self.answers.append(0)
            back = asyncio.ensure_future(self._copy(len(self.answers), there, writer))
            await self._forward(len(self.frames), reader, node)
            back.cancel()
        except OSError:
            pass
        finally:
            for end in ends:
                self._open.discard(end)
                end.transport.abort()

    async def _forward(self, number: int, reader: asyncio.StreamReader, node: asyncio.StreamWriter) -> None:
        frames, put = _Frames(), _Puts(self.puts)
        while data := await reader.read(1 << 16):
            payloads = frames.feed(data)
            node.write(data)
            await node.drain()
            for payload in payloads:
                self.frames[-1] += 1
                put.feed(payload)
                if self._cut(number, self.frames[-1]):
                    return

    async def _copy(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = _Frames()
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
                for _ in frames.feed(data):
                    self.answers[number - 1] += 1
                    if self._cut_answers(number, self.answers[number - 1]):
                        writer.transport.abort()
                        return
        writer.close()


class _Puts:
    """Names in the requests of a put."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self._left = 0

    def feed(self, payload: bytes) -> None:
        if self._left:
            self._left -= len(payload)
        elif len(payload) == _REQUEST.size and payload.startswith(b"WA"):
            _, operation, _, _, size, length, name = _REQUEST.unpack(payload)
            if operation == _PUT:
                self._names.append(name[:length].decode())
                self._left = size
