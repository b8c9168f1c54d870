"""A shell session for code that is not asynchronous: one connection, opened again when the node has ended it."""

import asyncio
from dataclasses import replace
from types import TracebackType
from typing import Self

from devtoolkit.codecs.shell import Reply
from devtoolkit.errors import ToolkitError
from devtoolkit.model.device import Device
from devtoolkit.services.hello import identify
from devtoolkit.services.shell import Visit
from devtoolkit.transports.tcp_shell import TcpShell

_Order = tuple[str, asyncio.Future[Reply]]


class NodeSession:
    """`with NodeSession(visit) as session: session.ask("hello")`. For one thread; it has an event loop of its own.

    `device` is the node as it answered. A command is never sent twice: what was lost with a connection raises, and the
    next command opens a new one, at the same address. Raises what `Visit.run` and `TcpShell` raise.
    """

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._runner = asyncio.Runner()
        self._orders: asyncio.Queue[_Order | None] = asyncio.Queue()
        self._shell: TcpShell | None = None
        self._life: asyncio.Task[Device] | None = None
        self.device = Device("", visit.name, "", 0)

    def __enter__(self) -> Self:
        try:
            self._runner.run(self._open())
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._runner.run(self._end())
        finally:
            self._runner.close()

    def ask(self, command: str) -> Reply:
        """Send one command; its reply."""
        return self._runner.run(self._ask(command))

    def leave(self) -> None:
        """End the connection; the next command opens another. For a node that restarts, or needs the place."""
        self._runner.run(self._end())

    async def _ask(self, command: str) -> Reply:
        for _ in range(2):  # the loop stood still since the last command: a good-bye of the node may wait in the socket
            await asyncio.sleep(0)
        if self._shell is None or self._shell.ended or self._shell.wire.closed:
            await self._end()
            await self._open()
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._orders.put_nowait((command, answer))
        return await answer

    async def _open(self) -> None:
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._orders = asyncio.Queue()

        async def work(shell: TcpShell) -> None:
            await self._identify(shell)
            self._shell = shell
            self._visit = replace(self._visit, repair=False, device=self.device)
            ready.set_result(None)
            await self._serve(shell)

        life = asyncio.ensure_future(self._visit.run(work))
        self._life = life
        await asyncio.wait((life, ready), return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            self._life = None
            life.result()

    async def _identify(self, shell: TcpShell) -> None:
        ip, _, port = shell.wire.address.rpartition(":")
        self.device = replace(await identify(shell, ip, int(port)), latency_s=None)

    async def _serve(self, shell: TcpShell) -> None:
        while not shell.ended and (order := await self._orders.get()) is not None:
            command, answer = order
            try:
                reply = await shell.ask(command)
            except ToolkitError as error:
                if not answer.done():
                    answer.set_exception(error)
            else:
                if not answer.done():  # nobody waits any more after Ctrl-C
                    answer.set_result(reply)

    async def _end(self) -> None:
        self._shell = None
        life, self._life = self._life, None
        if life is not None:
            self._orders.put_nowait(None)
            await asyncio.wait((life,))
            if not life.cancelled():
                life.exception()  # seen: what went wrong has been raised where it was asked for
