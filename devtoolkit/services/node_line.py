"""The line in front of one node: its few places, who waits for one, and sessions that are kept for the next caller.

Sessions in use, kept and closing together are never more than `SESSIONS`: `busy` counts the places of the first and the
last, and busy + kept <= SESSIONS always holds. A kept session goes straight to the next in line.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from devtoolkit.errors import NodeBusyError, NodeError
from devtoolkit.model.device import Device
from devtoolkit.transports.tcp_shell import TcpShell

SESSIONS = 2  # a node has three places at least; one is left to people
WAITING = 64  # callers of one node; more of them would wait longer than any client does
WAIT_S = 30.0  # in line


class QueueFullError(NodeBusyError):
    """Too many callers wait for one node already."""


@dataclass(slots=True)
class OpenSession:
    """A session with what closes it; `timer` runs while nobody uses it."""

    shell: TcpShell
    stack: AsyncExitStack
    timer: asyncio.TimerHandle | None = None

    def usable(self) -> bool:
        """Whether another caller finds it as a new one would be."""
        shell = self.shell
        return not (shell.ended or shell.locked or shell.configure_mode or shell.wire.closed)


@dataclass(slots=True)
class Line:
    """One node's. For one event loop."""

    idle_s: float
    on_free: Callable[[], object]  # called when a place became free
    users: int = 0  # who holds this object
    busy: int = 0
    kept: list[OpenSession] = field(default_factory=list)
    waiting: deque[asyncio.Future[OpenSession | None]] = field(default_factory=deque)
    closing: set[asyncio.Task[None]] = field(default_factory=set)

    async def enter(self, device: Device) -> OpenSession | None:
        """Take a place, with a kept session where there is one.

        Raises QueueFullError, NodeBusyError after WAIT_S, and what `give_up` was called with.
        """
        if self.busy < SESSIONS and not self.waiting:
            self.busy += 1
            return self._take_kept()
        if len(self.waiting) >= WAITING:
            raise QueueFullError(
                f"{WAITING} commands wait for {device.fuid} already.", hint="Try again in a moment.", node=device.fuid
            )
        place: asyncio.Future[OpenSession | None] = asyncio.get_running_loop().create_future()
        self.waiting.append(place)
        try:
            async with asyncio.timeout(WAIT_S):
                return await place
        except BaseException as error:
            self._not_waiting_any_more(place)
            if isinstance(error, TimeoutError):
                raise NodeBusyError(
                    f"{device.fuid} was not free within {WAIT_S:g} s.", hint="Try again.", node=device.fuid
                ) from None
            raise

    def _not_waiting_any_more(self, place: "asyncio.Future[OpenSession | None]") -> None:
        if place in self.waiting:
            self.waiting.remove(place)
        elif place.done() and not place.cancelled() and place.exception() is None:
            self.leave(place.result())  # it was given in the moment of giving up

    def leave(self, found: OpenSession | None = None) -> None:
        """Give the place, with the session when it may be used again, to the next in line."""
        while self.waiting:
            place = self.waiting.popleft()
            if not place.done():
                place.set_result(found)
                return
        self.busy -= 1
        if found:
            self.kept.append(found)
            found.timer = asyncio.get_running_loop().call_later(self.idle_s, self.end_kept, found)
        self.on_free()

    def end(self, found: OpenSession) -> None:
        """Close a session in the background; it holds its place until then."""

        async def close() -> None:
            try:
                await found.stack.aclose()
            finally:
                self.leave()

        task = asyncio.ensure_future(close())
        self.closing.add(task)
        task.add_done_callback(self.closing.discard)

    def end_kept(self, found: OpenSession) -> None:
        """Nobody wants it any more."""
        if found in self.kept:
            self.kept.remove(found)
            if found.timer:
                found.timer.cancel()
            self.busy += 1
            self.end(found)

    def _take_kept(self) -> OpenSession | None:
        if not self.kept:
            return None
        found = self.kept.pop()
        if found.timer:
            found.timer.cancel()
        return found

    def give_up(self, error: NodeError) -> None:
        """The node cannot be reached: who waits for it hears so now, not each after a time-out of its own."""
        while self.waiting:
            place = self.waiting.popleft()
            if not place.done():
                place.set_exception(type(error)(error.message, hint=error.hint, **error.facts))

    @property
    def unused(self) -> bool:
        """Whether nobody would miss this object."""
        return not (self.users or self.busy or self.waiting or self.kept)
