"""One TCP connection as bytes: read with a time limit, write, close. Foreign errors end here."""

import asyncio
import socket

from devtoolkit.errors import NodeUnreachableError

_PAUSE_ABOVE = 1 << 18  # bytes that wait to be read before the peer is slowed down


def address(host: str, port: int) -> str:
    """How an address is written in messages."""
    return f"{host}:{port}"


class Wire(asyncio.Protocol):
    """A connection's two ends of bytes. `closed` is True once the peer has closed or the connection broke."""

    def __init__(self, host: str, port: int) -> None:
        self.address = address(host, port)
        self.closed = False
        self._received = bytearray()
        self._news = asyncio.Event()
        self._lost = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what create_connection gives
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._news.set()
        if len(self._received) > _PAUSE_ABOVE and self._transport:
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        self.closed = True
        self._news.set()
        return True  # our end stays open until `close`

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, _error: Exception | None) -> None:  # the next read says what happened
        self.closed = True
        self._news.set()
        self._writable.set()
        self._lost.set()

    def take(self) -> bytes:
        """What has arrived and was not read yet."""
        data = bytes(self._received)
        self._received.clear()
        if not self.closed:
            self._news.clear()
            if self._transport and not self._transport.is_closing():
                self._transport.resume_reading()
        return data

    async def read(self, seconds: float) -> bytes:
        """What has arrived, else the next bytes; empty after `seconds` of silence or at the end of the connection."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return b""
        return self.take()

    def write(self, data: bytes) -> None:
        """Send one packet; on a broken connection nothing happens, the next `read` says so."""
        if self._transport and not self._transport.is_closing():
            self._transport.write(data)

    def hold_at_most(self, size: int) -> None:
        """Keep no more than about so many written bytes here before `drained` waits for the peer to take some."""
        if self._transport:
            self._transport.set_write_buffer_limits(size)
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)

    async def drained(self, seconds: float) -> bool:
        """Wait until more may be written; False when the peer takes nothing for `seconds`, or the connection broke."""
        try:
            async with asyncio.timeout(seconds):
                await self._writable.wait()
        except TimeoutError:
            return False
        return not self.closed

    async def wait_closed_by_peer(self, seconds: float) -> None:
        """Until the peer has closed, at most `seconds`; what it still sends is thrown away."""
        try:
            async with asyncio.timeout(seconds):
                while not self.closed:
                    await self._news.wait()
                    self.take()
        except TimeoutError:
            pass

    async def close(self, seconds: float) -> None:
        """Close; when the last bytes do not get out within `seconds`, or this is cancelled, drop them."""
        if self._transport is None:
            return
        self._transport.close()
        try:
            async with asyncio.timeout(seconds):
                await self._lost.wait()
        except TimeoutError:
            self._transport.abort()
            await self._lost.wait()
        except asyncio.CancelledError:
            self._transport.abort()
            raise


async def open_wire(host: str, port: int, seconds: float) -> Wire:
    """Connect. Raises NodeUnreachableError that says why not."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            _, wire = await loop.create_connection(lambda: Wire(host, port), host, port, family=socket.AF_INET)
    except TimeoutError as error:
        raise _unreachable(host, port, f"no answer within {seconds:g} s") from error
    except socket.gaierror as error:
        raise _unreachable(host, port, "the name cannot be resolved") from error
    except ConnectionRefusedError as error:
        raise _unreachable(host, port, "the connection is refused") from error
    except OSError as error:
        raise _unreachable(host, port, error.strerror or str(error)) from error
    return wire


def _unreachable(host: str, port: int, reason: str) -> NodeUnreachableError:
    return NodeUnreachableError(
        f"{address(host, port)} is not reachable: {reason}.",
        hint="Is the node powered and in the same network? Search for devices to correct its address.",
        address=address(host, port),
        reason=reason,
    )
