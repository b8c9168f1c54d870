"""A WebREPL session with one node: files in both directions over one connection, and its console.

`async with WebRepl.connect("192.168.1.20", password) as repl: await repl.put("note.txt", b"...")`

WebSocket frames are made and read by the `websockets` library, without I/O of its own: console text may be cut inside a
character, so frames must come as bytes with their kind.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NoReturn, Self, TypeVar

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from devtoolkit.codecs import webrepl as codec
from devtoolkit.errors import (
    BadReplyError,
    CodecError,
    NodeBusyError,
    NodeError,
    NodeLockedError,
    NodeUnreachableError,
)
from devtoolkit.settings import WEBREPL_PORT
from devtoolkit.transports.tcp_wire import Wire, open_wire

T = TypeVar("T")
OnBytes = Callable[[int], object]  # bytes of the file that are on their way so far

_UNSENT = 16384  # bytes kept here: so progress is that of the node, and a silent node is noticed
_CONSOLE_MAX = 1 << 16  # bytes of console text kept for the caller


@dataclass(frozen=True, slots=True)
class WebReplLimits:
    """How long to wait, in seconds."""

    connect_s: float = 3.0
    login_s: float = 8.0  # handshake, password prompt and verdict
    stall_s: float = 20.0  # no byte taken and none sent by the node: garbage collection and flash erase take seconds
    close_s: float = 0.5


DEFAULT_WEBREPL_LIMITS = WebReplLimits()


class WebRepl:
    """An open session. Make one with `connect`; not for use by two tasks at once."""

    def __init__(self, wire: Wire, limits: WebReplLimits) -> None:
        self._wire = wire
        self._limits = limits
        self._protocol = ClientProtocol(parse_uri(f"ws://{wire.address}/"), max_size=None)
        self._records = codec.RecordReader()
        self._text = bytearray()
        self._on_text: Callable[[bytes], object] | None = None

    @classmethod
    @asynccontextmanager
    async def connect(
        cls,
        host: str,
        password: str,
        port: int = WEBREPL_PORT,
        limits: WebReplLimits = DEFAULT_WEBREPL_LIMITS,
    ) -> AsyncIterator[Self]:
        """Open a session and close it afterwards.

        Raises NodeUnreachableError (nothing answers: WebREPL runs only on request), NodeBusyError (somebody else has
        it: it takes one client at a time), NodeLockedError (wrong password), BadReplyError (no WebREPL).
        """
        line = _password_line(password)
        wire = await open_wire(host, port, limits.connect_s)
        try:
            wire.hold_at_most(_UNSENT)
            repl = cls(wire, limits)
            await repl._enter(line)
            yield repl
        finally:
            await wire.close(limits.close_s)

    # --- files

    async def put(self, name: str, content: bytes, on_bytes: OnBytes = lambda _sent: None) -> None:
        """Send a file; its old content is gone at once.

        That the node says fine does not mean that its disk took it: compare hashes. Raises NodeUnreachableError when
        the connection breaks, which it also does for a folder that is not there.
        """
        await self._begin(codec.PUT, name, len(content))
        sent = 0
        for piece in codec.pieces(content):
            self._send(piece)
            if not await self._wire.drained(self._limits.stall_s):
                self._lost(f"taking {name}")
            sent += len(piece)
            on_bytes(sent)
        self._fine(await self._record(self._records.answer, f"taking {name}"), name)

    async def get(self, name: str, on_bytes: OnBytes = lambda _received: None) -> bytes:
        """A file's content. Raises NodeUnreachableError when the connection breaks, also for a missing file."""
        await self._begin(codec.GET, name)
        content = bytearray()
        while True:
            self._send(codec.NEXT)
            piece = await self._record(self._records.piece, f"giving {name}")
            if not piece:
                break
            content += piece
            on_bytes(len(content))
        self._fine(await self._record(self._records.answer, f"giving {name}"), name)
        return bytes(content)

    async def version(self) -> tuple[int, int, int]:
        """MicroPython's version."""
        self._send(codec.request(codec.VERSION))
        return await self._record(self._records.version, "telling its version")

    # --- console

    def type(self, text: bytes) -> None:
        """Keys for the node's console. For people: code sent so may lose bytes (about 250 at once on ESP32)."""
        self._protocol.send_text(text)
        self._flush()

    async def listen(self, on_text: Callable[[bytes], object]) -> None:
        """Hand the console's output to `on_text` until the node closes the session."""
        self._on_text = on_text
        if self._text:
            on_text(bytes(self._text))
            self._text.clear()
        while not self._wire.closed:
            self._take(await self._wire.read(self._limits.stall_s))

    # --- wire

    async def _enter(self, line: bytes) -> None:
        self._protocol.send_request(self._protocol.connect())
        self._flush()
        login, sent = codec.Login(), False
        try:
            async with asyncio.timeout(self._limits.login_s):
                while login.verdict is None:
                    login.feed(await self._greeting(asked=login.asks))
                    if login.asks and not sent:
                        sent = True
                        self._send(line)
        except TimeoutError:
            raise self._no_webrepl(f"it is silent for {self._limits.login_s:g} s") from None
        except CodecError as error:
            raise self._no_webrepl(error.message.rstrip(".")) from error
        if not login.verdict:
            raise NodeLockedError(
                f"The WebREPL at {self._wire.address} refuses the password.",
                hint="It is the node's `appwd`.",
                address=self._wire.address,
            )

    async def _greeting(self, *, asked: bool) -> bytes:
        self._take(await self._wire.read(self._limits.login_s))
        text = bytes(self._text)
        self._text.clear()
        if not text and self._wire.closed:
            if asked:
                raise self._no_webrepl("it closed the connection during the login")
            raise NodeBusyError(
                f"The WebREPL at {self._wire.address} closed the connection at once.",
                hint="It serves one client at a time: close the other one, or wait a moment.",
                address=self._wire.address,
            )
        return text

    async def _begin(self, operation: int, name: str, size: int = 0) -> None:
        self._send(codec.request(operation, name, size))
        self._fine(await self._record(self._records.answer, f"opening {name}"), name)

    async def _record(self, read: Callable[[], T | None], what: str) -> T:
        """The next record, read as soon as all of it has come."""
        while True:
            try:
                record = read()
            except CodecError as error:
                raise BadReplyError(
                    f"{self._wire.address}: {error.message}", hint="Try again.", address=self._wire.address
                ) from error
            if record is not None:
                return record
            data = await self._wire.read(self._limits.stall_s)
            if not data:
                self._lost(what)
            self._take(data)

    def _take(self, data: bytes) -> None:
        """Sort what came: records, console text, pings."""
        if not data:
            return
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._frame(event)
        if self._protocol.handshake_exc is not None:
            raise self._no_webrepl("it refuses the WebSocket") from self._protocol.handshake_exc
        self._flush()

    def _frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.BINARY:
            self._records.feed(bytes(frame.data))
        elif frame.opcode is Opcode.TEXT:
            if self._on_text:
                self._on_text(bytes(frame.data))
            else:
                self._text += frame.data
                del self._text[:-_CONSOLE_MAX]

    def _send(self, data: bytes) -> None:
        """One binary frame; on a broken connection nothing happens, the next record says so."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_binary(data)
            self._flush()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._wire.write(data)

    def _fine(self, status: int, name: str) -> None:
        if status:
            raise NodeError(
                f"The node refuses {name} (WebREPL status {status}).",
                hint="Is there room on the node, and does the folder exist?",
                name=name,
                status=status,
            )

    def _lost(self, what: str) -> NoReturn:
        happened = "closed the connection" if self._wire.closed else f"fell silent for {self._limits.stall_s:g} s"
        raise NodeUnreachableError(
            f"The WebREPL at {self._wire.address} {happened} while {what}.",
            hint="Is there such a file or folder, and is the node in reach?",
            address=self._wire.address,
        )

    def _no_webrepl(self, reason: str) -> BadReplyError:
        return BadReplyError(
            f"What answers at {self._wire.address} is no WebREPL: {reason}.",
            hint="Check address and port.",
            address=self._wire.address,
        )


def _password_line(password: str) -> bytes:
    """A password that WebREPL cannot have is refused before anything is sent."""
    try:
        return codec.password_line(password)
    except CodecError as error:
        raise NodeLockedError(
            f"This cannot be the password: {error.message}", hint="It is the node's appwd."
        ) from error
