"""A node of the original's behaviour, byte for byte as the shell protocol's reference describes it.

It runs in a thread of its own, so that blocking and asyncio code can talk to it alike.
"""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

Piece = bytes | float  # bytes to send, seconds to wait (then what follows is another packet)
HINT = "Shell: for hints type help.\nShell: for LM exec: [1](LM)module [2]function [3...]optional params\n"


@dataclass(slots=True)
class FakeNode:
    """`replies` gives a command's pieces, sent as they are; `greeting` replaces the prompt. Places as in `aioqueue`."""

    name: str = "node01"
    uid: str = "micr240ac4f679e8OS"
    host: str = "127.0.0.1"
    port: int = 0
    password: str = ""
    version: str = "1.54.1-0"
    hello_kind: str = ""
    bye: bytes = b"Bye!\n\n"
    places: int = 3
    closes_after_failed_auth: bool = False
    replies: dict[str, list[Piece]] = field(default_factory=dict)
    greeting: list[Piece] | None = None
    packets: list[str] = field(default_factory=list)  # all that was received, one entry per read
    sessions: int = 0  # connections ever accepted
    open_sessions: int = 0
    busy_answers: int = 0
    on_busy: Callable[[], None] = lambda: None
    config: dict[str, str] = field(default_factory=lambda: {"version": "1.54.1-0", "devfid": "node01", "soctout": "30"})
    _loop: asyncio.AbstractEventLoop | None = None
    _stop: asyncio.Event | None = None
    _thread: threading.Thread | None = None
    _ready: threading.Event = field(default_factory=threading.Event)
    _all_closed: threading.Condition = field(default_factory=threading.Condition)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="fake node")
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop
        assert self._stop
        assert self._thread
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)
        assert not self._thread.is_alive()

    def wait_idle(self, seconds: float = 3) -> bool:
        """Whether all sessions are closed, at the latest after `seconds`."""
        with self._all_closed:
            return self._all_closed.wait_for(lambda: self.open_sessions == 0, seconds)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        tasks: set[asyncio.Task[None]] = set()

        async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            tasks.add(task)
            try:
                await self._session(reader, writer)
            except (ConnectionError, asyncio.CancelledError):
                pass
            finally:
                tasks.discard(task)
                writer.transport.abort()

        server = await asyncio.start_server(session, self.host, self.port)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions += 1
        if self.open_sessions >= self.places:
            self.busy_answers += 1
            self.on_busy()
            writer.write(b"Connection is busy. Bye!" + self.bye)
            await writer.drain()
            return
        with self._all_closed:
            self.open_sessions += 1
        try:
            await _Session(self, reader, writer).run()
        finally:
            with self._all_closed:
                self.open_sessions -= 1
                self._all_closed.notify_all()


@dataclass(slots=True)
class _Session:
    node: FakeNode
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    configure: bool = False
    trusted: bool = False

    @property
    def prompt(self) -> str:
        locked = bool(self.node.password) and not self.trusted
        return f"{'[password] ' * locked}{'[configure] ' * self.configure}{self.node.name} $ "

    async def run(self) -> None:
        await self._send(self.node.greeting if self.node.greeting is not None else [self.prompt.encode()])
        while True:
            packet = (await self.reader.read(2048)).decode().strip()
            if packet:
                self.node.packets.append(packet)
            if packet in ("", "exit"):
                await self._send([self.node.bye, 0.05])
                return
            if not await self._answer(packet):
                return

    async def _answer(self, packet: str) -> bool:
        """Answer one packet; False when the session is over."""
        word = packet.split()[0]
        scripted = self.node.replies.get(packet)
        if scripted is not None:
            await self._send(scripted)
        elif word == "hello":
            kind = f":{self.node.hello_kind}" if self.node.hello_kind else ""
            await self._reply(f"hello:{self.node.name}:{self.node.uid}{kind}\n")
        elif self.node.password and not self.trusted:
            return await self._check_password(word)
        elif word == "version":
            await self._reply(f"{self.node.version}\n")
        elif word == "reboot":
            await self._send([b"Reboot micrOS system.\nBye!\n"])
            return False
        elif word.startswith(("conf", "noconf")):
            self.configure = word.startswith("conf")
            await self._reply("")
        elif self.configure:
            await self._reply(self._configured(packet))
        else:
            await self._reply(HINT)
        return True

    async def _check_password(self, word: str) -> bool:
        if word == self.node.password:
            self.trusted = True
            await self._reply("AuthOk\n")
            return True
        await self._send([f"AuthFailed\nBye!\n{self.prompt}[HA] Shells cleanup: 41200\n".encode()])
        return not self.node.closes_after_failed_auth

    def _configured(self, packet: str) -> str:
        key, _, value = packet.partition(" ")
        config = self.node.config
        if key == "dump":
            return "".join(f"  {name:<10}:        {text}\n" for name, text in config.items())
        if key not in config:
            return f"node_config write error: '{key}'\nInvalid key\n" if value else "None\n"
        if not value:
            return f"{config[key]}\n"
        config[key] = value
        return "Saved\n"

    async def _reply(self, text: str) -> None:
        await self._send([(text + self.prompt).encode()])

    async def _send(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if isinstance(piece, bytes):
                self.writer.write(piece)
                await self.writer.drain()
            else:
                await asyncio.sleep(piece)
