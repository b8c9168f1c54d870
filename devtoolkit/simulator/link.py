"""Newline-delimited JSON over loopback TCP: the VM's link to its board, and the control socket for other programs.

Both speak the same: a peer proves itself with a token in its first message; a message with "op" and "id" is answered by
{"re": id, "ok": true, ...} or {"re": id, "ok": false, "error": text}; a message with "ev" is an event.
"""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from devtoolkit.errors import SimulatorError
from devtoolkit.settings import LOOPBACK

Message = dict[str, Any]
_LINE_LIMIT = 1 << 20
_HELLO_S = 10.0  # a peer that has not sent its token by then is dropped
_NO_ANSWER_HINT = "A VM answers while its program waits, not at an idle REPL."


class Peer:
    """One connection whose other side has proven itself."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._answers: dict[int, asyncio.Future[Message]] = {}
        self._next = 1

    def send(self, message: Message) -> None:
        """Send one message; one to a closed connection is dropped."""
        if not self._writer.is_closing():
            self._writer.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    async def request(self, message: Message, timeout: float) -> Message:
        """Send a request; returns its answer without "re". SimulatorError when none comes in `timeout` seconds."""
        number, self._next = self._next, self._next + 1
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._answers[number] = future
        self.send({**message, "id": number})
        try:
            return await asyncio.wait_for(future, timeout)
        except TimeoutError:
            raise SimulatorError(f"The VM did not answer {message.get('op')!r}.", hint=_NO_ANSWER_HINT) from None
        finally:
            del self._answers[number]

    def answered(self, message: Message) -> None:
        """Hand an answer to who waits for it."""
        future = self._answers.get(message.pop("re"))
        if future and not future.done():
            future.set_result(message)

    def gone(self) -> None:
        """The connection is closed: who waits for an answer learns it now."""
        for future in self._answers.values():
            if not future.done():
                future.set_result({"ok": False, "error": "The VM went away."})


class LinkServer:
    """Listens on a free loopback port; `address` and `token` are what a peer needs."""

    def __init__(self, handle: Callable[[Peer, Message], Awaitable[None]], closed: Callable[[Peer], None]) -> None:
        self.token = secrets.token_urlsafe(24)
        self.address = (LOOPBACK, 0)
        self._handle = handle
        self._closed = closed
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0, limit=_LINE_LIMIT)
        self.address = self._server.sockets[0].getsockname()[:2]

    async def stop(self) -> None:
        """Close the port and all connections."""
        if self._server:
            self._server.close()
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    def renew_token(self) -> str:
        """Make the old token worthless; connections that used it stay."""
        self.token = secrets.token_urlsafe(24)
        return self.token

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, ValueError, TimeoutError, asyncio.CancelledError):
            pass  # a broken or unwelcome connection, or the server stops: nothing is left to do but close it
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        message = _parse(await asyncio.wait_for(reader.readline(), _HELLO_S))
        if not secrets.compare_digest(str(message.pop("token", "")).encode(), self.token.encode()):
            return
        peer = Peer(writer)
        try:
            while True:
                if message:
                    await self._handle(peer, message)
                line = await reader.readline()
                if not line:
                    return
                message = _parse(line)
        finally:
            peer.gone()
            self._closed(peer)


def _parse(line: bytes) -> Message:
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("a message is a JSON object")
    return message
