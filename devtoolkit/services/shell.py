"""Commands to a node, by its name: finds the address, gives the password the toolkit knows, corrects what has moved.

Blocking, for command line and GUI; call it from a worker thread there.
"""

import asyncio
import ipaddress
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import NamedTuple

from devtoolkit.codecs.shell import split_commands
from devtoolkit.errors import BadReplyError, NodeError, NodeUnknownError, NodeUnreachableError, ToolkitError, UsageError
from devtoolkit.model.device import Device
from devtoolkit.services import secrets
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.cache_entries import AP_UID, RESERVED
from devtoolkit.services.hello import ask_hello, identify
from devtoolkit.settings import SHELL_PORT
from devtoolkit.transports.tcp_shell import DEFAULT_LIMITS, Limits, TcpShell

_REPAIR_S = 5.0  # a node with a new address announces itself within this, or is not there
_PARAMETERS = re.compile(r"\s*-{0,2}dev(?:\s+|=)(?P<name>\S+)(?:\s+(?P<commands>.*))?", re.DOTALL)

AskPassword = Callable[[str], str | None]
Replies = tuple[tuple[str, tuple[str, ...]], ...]
REFUSALS = ("Core error:", "Shell: for hints type help", "[ERROR] shell.", "Invalid task cmd!")  # beginnings of answers


@dataclass(frozen=True, slots=True)
class ShellResult:
    """What a node answered: each command with its lines. `device` has the address and name it answered with."""

    device: Device
    replies: Replies

    @property
    def error(self) -> ToolkitError | None:
        """Set when the node refused a command, or a module raised: then the command has not worked."""
        wrong = refused(self.replies)
        if not wrong:
            return None
        return NodeError(
            f"{self.device.fuid} refuses {len(wrong)} of {len(self.replies)} commands: {', '.join(map(repr, wrong))}.",
            hint="Its command `help lm` tells what it can do.",
            commands=list(wrong),
        )


class Parameters(NamedTuple):
    """Whom to say what."""

    name: str
    commands: tuple[str, ...]


def refused(replies: Replies) -> tuple[str, ...]:
    """The commands that the node did not carry out, as its answers say."""
    return tuple(command for command, lines in replies if lines and lines[0].startswith(REFUSALS))


def parse_parameters(text: str) -> Parameters:
    """Read `--dev NAME command <a> command`. Quotes in a command stay as they are. Raises UsageError."""
    match = _PARAMETERS.fullmatch(text)
    if not match:
        raise UsageError(
            "The parameters do not name a node.", hint='Write -p "--dev NAME command <a> command".', parameters=text
        )
    commands = split_commands(match["commands"] or "")
    if not commands:
        raise UsageError(f"There is no command for {match['name']}.", hint='Write -p "--dev NAME command".')
    return Parameters(match["name"], commands)


def run(
    commands: Sequence[str],
    name: str,
    cache: DeviceCache,
    password: str | None = None,
    *,
    limits: Limits = DEFAULT_LIMITS,
    interfaces: tuple[str, ...] | None = None,
    ask: AskPassword | None = None,
) -> ShellResult:
    """Send commands, one after another in one session, to a node known by uid, name or address.

    Where nothing (or another node) answers at the cached address, the node is looked for by mDNS, the cache corrected,
    and the commands are sent then; they are never sent twice. A locked node gets `password`, or the one this toolkit
    gave it, or else what `ask` answers, which is kept when it is right. Raises NodeUnknownError and what `TcpShell`
    raises.
    """
    visit = Visit(name, cache, password=password, limits=limits, interfaces=interfaces, ask=ask)
    return asyncio.run(run_async(commands, visit))


async def run_async(commands: Sequence[str], visit: "Visit") -> ShellResult:
    """As `run`, inside a running event loop."""
    replies: list[tuple[str, tuple[str, ...]]] = []

    async def work(shell: TcpShell) -> None:
        for command in commands:
            replies.append((command, await shell.command(command)))

    device = await visit.run(work)
    return ShellResult(device, tuple(replies))


async def converse(
    visit: "Visit",
    read: Callable[[TcpShell], Awaitable[str | None]],
    on_reply: Callable[[tuple[str, ...]], object],
) -> Device:
    """One session in which each line that `read` gives is sent and its reply handed to `on_reply`.

    A line may hold several commands with `<a>`. Ends when `read` gives None or the node ends the session.
    """

    async def work(shell: TcpShell) -> None:
        while not shell.ended and (line := await read(shell)) is not None:
            for command in split_commands(line):
                if not shell.ended:
                    on_reply(await shell.command(command))

    return await visit.run(work)


def hello(ip: str, port: int = SHELL_PORT) -> Device | None:
    """The node that answers at this address now, None when none does."""
    try:
        return asyncio.run(ask_hello(ip, port))
    except NodeError:
        return None


@dataclass(frozen=True, slots=True)
class Visit:
    """One session with a named node, at its cached address or where it is found instead.

    `repair`: look for a node that is not at its cached address (otherwise that is an error at once). `ask` is called
    with a locked node's name when no password is known; None gives up. `write`: the cache learns from it.
    """

    name: str
    cache: DeviceCache
    password: str | None = None
    limits: Limits = DEFAULT_LIMITS
    interfaces: tuple[str, ...] | None = None
    ask: AskPassword | None = None
    repair: bool = True
    write: bool = True
    device: Device | None = None  # who is meant, when the caller has it from the cache already

    async def run(self, work: Callable[[TcpShell], Awaitable[None]]) -> Device:
        """Do the work; the device as it answered."""
        known = self.device or self.known()
        async with AsyncExitStack() as stack:
            shell, device = await self._open(known, stack)
            if not device.uid or device.uid in RESERVED:
                device = await identify(shell, device.ip, device.port)
            await self._unlock(shell, device)
            await work(shell)
            device = replace(device, status="ONLINE", fuid=shell.name, latency_s=shell.latency_s)
        if self.write:
            self.cache.put(device)
        return device

    def known(self) -> Device:
        """Who is meant, from the cache; an address that is not there is taken as it is."""
        try:
            found = self.cache.find(self.name)
            if found.uid == AP_UID:
                from devtoolkit.services.access_point import node_on_access_point  # late: seldom needed

                return node_on_access_point()
            return found
        except NodeUnknownError:
            ip, _, port = self.name.partition(":")
            if not _is_ip(ip) or not (port or str(SHELL_PORT)).isdigit():
                raise
            return Device("", "", ip, int(port or SHELL_PORT))

    async def _open(self, known: Device, stack: AsyncExitStack) -> tuple[TcpShell, Device]:
        try:
            return await self._connect(known, stack), known
        except (NodeUnreachableError, BadReplyError):
            if not self.repair or not known.uid or known.uid in RESERVED:
                raise
            from devtoolkit.services.discovery import wait_for_async  # late: zeroconf takes a while to import

            moved = await wait_for_async(known.uid, self.cache, seconds=_REPAIR_S, interfaces=self.interfaces)
            if moved is None:
                raise
        return await self._connect(moved, stack), moved

    async def _connect(self, device: Device, stack: AsyncExitStack) -> TcpShell:
        """A session; with a node named by its address, whatever name it has is right."""
        by_address = self.name in (device.ip, f"{device.ip}:{device.port}") or device.uid in RESERVED
        expected = None if by_address else device.fuid
        return await stack.enter_async_context(TcpShell.connect(device.ip, device.port, expected, None, self.limits))

    async def _unlock(self, shell: TcpShell, device: Device) -> None:
        if not shell.locked:
            return
        password = self.password if self.password is not None else secrets.password_of(device.uid)
        if password is not None:
            await shell.login(password)
        elif self.ask and (answer := await asyncio.to_thread(self.ask, device.fuid)):
            await shell.login(answer)
            secrets.remember(device.uid, answer)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
