"""Shell sessions of a program that runs on: at most two per node, further callers wait in line, different nodes do not.

A session is used again while it is fresh: after a command it is kept for `IDLE_S`, shorter than the idle time after
which a node may give its place to somebody else (soctout, 5 s at least), and then ended with `exit`.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from devtoolkit.errors import NodeUnreachableError, ToolkitError, UsageError
from devtoolkit.model.device import Device
from devtoolkit.services import secrets
from devtoolkit.services.cache_entries import RESERVED
from devtoolkit.services.node_line import Line, OpenSession
from devtoolkit.transports.tcp_shell import DEFAULT_LIMITS, Limits, TcpShell

IDLE_S = 2.0
_LEAVES_TRACES = ("login", "conf", "noconf", "webrepl", "reboot")  # words after which a session is nobody else's
_OUTCOMES = {
    "NodeUnreachableError": "unreachable",
    "NodeBusyError": "busy",
    "NodeLockedError": "locked",
    "BadReplyError": "bad_reply",
    "QueueFullError": "queue_full",
}

OnDone = Callable[[str, float], object]


@dataclass(frozen=True, slots=True)
class Answer:
    """Each command with its lines (streamed lines first), the time from the first packet to the last prompt."""

    device: Device
    replies: tuple[tuple[str, tuple[str, ...]], ...]
    latency_s: float

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of all replies."""
        return tuple(line for _command, lines in self.replies for line in lines)


class Sessions:
    """The sessions of one event loop. `on_done` hears of each `ask`: its outcome and its seconds, waiting included."""

    def __init__(
        self, *, limits: Limits = DEFAULT_LIMITS, idle_s: float = IDLE_S, on_done: OnDone = lambda _outcome, _s: None
    ) -> None:
        self._limits = limits
        self._idle_s = idle_s
        self._on_done = on_done
        self._lines: dict[tuple[str, int], Line] = {}

    async def ask(self, device: Device, commands: Sequence[str]) -> Answer:
        """The commands one after another in one session; they are never sent twice.

        A locked node gets the password that the toolkit keeps. Raises UsageError, QueueFullError, and what `TcpShell`
        raises.
        """
        began = time.monotonic()
        outcome = "ok"
        try:
            return await self._ask(device, commands)
        except ToolkitError as error:
            outcome = outcome_of(error)
            raise
        except BaseException:
            outcome = "cancelled"
            raise
        finally:
            self._on_done(outcome, time.monotonic() - began)

    async def _ask(self, device: Device, commands: Sequence[str]) -> Answer:
        if not commands:
            raise UsageError("There is no command.", hint="Give one, for example: system info")
        replies = []
        latency = 0.0
        async with self.session(device, own=any(leaves_traces(command) for command in commands)) as shell:
            for command in commands:
                reply = await shell.ask(command)
                latency += shell.latency_s or 0.0
                replies.append((command, (*reply.streamed, *reply.lines)))
        return Answer(replace(device, status="ONLINE", latency_s=latency), tuple(replies), latency)

    @asynccontextmanager
    async def session(self, device: Device, *, own: bool = False) -> AsyncIterator[TcpShell]:
        """A session for the block, a kept one where possible. `own`: one that no other caller had or gets.

        Raises as `ask`. When the block raises, the session is not used again.
        """
        async with self._line(device) as line:
            found = await self._open(device, line, own=own)
            good = False
            try:
                yield found.shell
                good = True
            finally:
                if good and not own and self._idle_s > 0 and found.usable():
                    line.leave(found)
                else:
                    line.end(found)

    @asynccontextmanager
    async def place(self, device: Device) -> AsyncIterator[None]:
        """One of the node's places for work that opens a session of its own (configuration, update)."""
        async with self._line(device) as line:
            found = await line.enter(device)
            try:
                if found:
                    await found.stack.aclose()
                yield
            finally:
                line.leave()

    @asynccontextmanager
    async def _line(self, device: Device) -> AsyncIterator[Line]:
        key = (device.ip, device.port)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = Line(self._idle_s, lambda: self._forget_unused(key))
        line.users += 1
        try:
            yield line
        finally:
            line.users -= 1
            self._forget_unused(key)

    def _forget_unused(self, key: tuple[str, int]) -> None:
        if key in self._lines and self._lines[key].unused:
            del self._lines[key]

    async def _open(self, device: Device, line: Line, *, own: bool) -> OpenSession:
        """A place and a session. On failure the place is left, and nobody goes on waiting for the node."""
        found = await line.enter(device)
        try:
            if found and not own and found.usable() and device.fuid in ("", found.shell.name):
                return found
            if found:
                await found.stack.aclose()
            return await self._connect(device)
        except BaseException as error:
            if isinstance(error, NodeUnreachableError):
                line.give_up(error)
            line.leave()
            raise

    async def _connect(self, device: Device) -> OpenSession:
        expected = None if device.uid in RESERVED or not device.fuid else device.fuid
        async with AsyncExitStack() as stack:
            shell = await stack.enter_async_context(
                TcpShell.connect(device.ip, device.port, expected, None, self._limits)
            )
            if shell.locked:
                password = await asyncio.to_thread(secrets.password_of, device.uid)
                if password is not None:
                    await shell.login(password)
            return OpenSession(shell, stack.pop_all())

    def counted(self) -> tuple[int, int, int]:
        """Places taken, kept sessions, callers who wait."""
        lines = self._lines.values()
        return (
            sum(one.busy for one in lines),
            sum(len(one.kept) for one in lines),
            sum(len(one.waiting) for one in lines),
        )

    async def close(self) -> None:
        """End all kept sessions; nobody may ask any more."""
        lines = tuple(self._lines.values())
        for line in lines:
            for found in tuple(line.kept):
                line.end_kept(found)
        closing = [task for line in lines for task in line.closing]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * self._limits.close_s + 1):
                await asyncio.gather(*closing, return_exceptions=True)


def leaves_traces(command: str) -> bool:
    """Whether a session is another one after this command: more is shown in it, or words mean something else."""
    return command.lstrip().startswith(_LEAVES_TRACES)


def outcome_of(error: ToolkitError) -> str:
    """A short, stable name for what went wrong, for counters."""
    return _OUTCOMES.get(error.type, "usage")
