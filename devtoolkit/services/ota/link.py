"""Talking with a node about its update: words of its shell, and the same through files in its update mode."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from devtoolkit.codecs import ota as codec
from devtoolkit.codecs.ota import Reply
from devtoolkit.errors import (
    BadReplyError,
    CodecError,
    NodeLockedError,
    NodeUnreachableError,
    ToolkitError,
    UpdateError,
)
from devtoolkit.model.device import Device
from devtoolkit.model.manifest import FileEntry
from devtoolkit.model.ota import NodeState
from devtoolkit.services import secrets
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.ota.plan import NodeFiles
from devtoolkit.services.ota.request import OtaLimits, UpdateRequest
from devtoolkit.services.shell import AskPassword, Visit
from devtoolkit.transports.tcp_shell import TcpShell
from devtoolkit.transports.webrepl import WebRepl

_SHORT_WORDS = ("state", "abort", "leave")
_SHORT_S = 5.0  # words that hash nothing
_TRIES = 5
_AGAIN_S = 0.3
_OLDER = "Is the node's system older than this toolkit?"


@dataclass(slots=True)
class NodeLink:
    """One node during one update: where it is, its password, how to reach it."""

    request: UpdateRequest
    cache: DeviceCache
    ask: AskPassword | None = None
    device: Device = field(init=False)
    _password: str | None = field(init=False)
    _proved: bool = False  # the node has said that the password is right

    def __post_init__(self) -> None:
        self.device = self.request.device
        self._password = self.request.password

    @property
    def limits(self) -> OtaLimits:
        """Those of the request."""
        return self.request.limits

    # --- shell

    async def shell(self, work: Callable[[TcpShell], Awaitable[None]], *, repair: bool = False) -> None:
        """One shell session; `repair`: look for the node when it is not where it was. Raises what `Visit` raises."""
        visit = self.visit(repair=repair)
        self.device = await visit.run(work)

    def visit(self, *, repair: bool = False) -> Visit:
        """A session with the node, with what is known of it by now."""
        return Visit(
            self.device.uid or self.device.ip,
            self.cache,
            password=self._password,
            limits=self.limits.shell,
            interfaces=self.request.interfaces,
            ask=self.ask,
            repair=repair,
            write=repair,
            device=self.device,
        )

    async def prove_password(self, shell: TcpShell) -> str:
        """The node's password, checked by the node before anything depends on it. Raises NodeLockedError."""
        password = self.password()
        if not self._proved:
            await shell.login(password)
            self._proved = True
            self._password = password
        return password

    def password(self) -> str:
        """The password that is known, or asked for. Raises NodeLockedError without one."""
        known = self._password if self._password is not None else secrets.password_of(self.device.uid)
        if known is None and self.ask:
            known = self.ask(self.device.fuid)
        if not known:
            raise NodeLockedError(
                f"The password of {self.device.fuid} is not known.",
                hint="Files go over WebREPL, which wants the node's `appwd`: run it on a terminal, which asks for it.",
                node=self.device.fuid,
            )
        self._password = known
        return known

    def learn_password(self, text: str) -> None:
        """What the node itself tells as its password; a mask or nothing is none."""
        if self._password is None and text and set(text) != {"*"} and " " not in text:
            self._password = text

    # --- update mode

    @asynccontextmanager
    async def update_mode(self) -> AsyncIterator["UpdateMode"]:
        """A WebREPL session with the node in update mode; a wrong password is refused at once."""
        address, port = self.device.ip, self.request.webrepl_port
        async with WebRepl.connect(address, self.password(), port, self.limits.webrepl) as repl:
            yield UpdateMode(repl, self.limits)

    def keep_password(self) -> None:
        """A password that worked is kept for the next time."""
        if self._password:
            secrets.remember(self.device.uid, self._password)


@dataclass(slots=True)
class UpdateMode:
    """The node's words in update mode, one request file after another."""

    repl: WebRepl
    limits: OtaLimits
    _number: int = field(default_factory=lambda: random.randrange(1, 1 << 30))  # noqa: S311 - tells replies apart

    async def ask(self, text: str) -> Reply:
        """The reply to one word. Raises NodeUnreachableError when none comes, BadReplyError."""
        self._number += 1
        await self.repl.put(codec.REQUEST, codec.encode_request(self._number, text))
        seconds = _SHORT_S if text.split()[0] in _SHORT_WORDS else self.limits.word_s
        try:
            async with asyncio.timeout(seconds + self.limits.poll_s):
                while True:
                    reply = _reply((await self.repl.get(codec.RESULT)).decode("utf-8", "replace"))
                    if reply.get("n") == self._number:
                        return reply
                    await asyncio.sleep(self.limits.poll_s)
        except TimeoutError:
            raise NodeUnreachableError(
                f"The node in update mode does not answer {text.split()[0]!r} within {seconds:g} s.",
                hint="Is it a node of ours? Update mode ends by itself after 10 minutes, or press reset.",
            ) from None

    async def release(self) -> None:
        """Tells a node that is about to restart that its last reply was read; without this it waits a second."""
        with suppress(ToolkitError):
            await self.repl.put(codec.REQUEST, codec.encode_request(self._number + 1, "state"))

    async def files(self) -> tuple[NodeState, tuple[FileEntry, ...]]:
        """The node's state and all its program files."""
        reply = await self.ask("manifest")
        return state_of(checked(reply)), codec.decode_hashes(await self.repl.get(codec.HASHES))

    async def staged(self) -> frozenset[tuple[str, str]]:
        """Path and hash of what lies staged."""
        checked(await self.ask("staged"))
        found = codec.decode_hashes(await self.repl.get(codec.STAGED))
        return frozenset((entry.path, entry.sha256) for entry in found)


async def shell_files(shell: TcpShell, before: dict[str, str] | None) -> NodeFiles:
    """All about the node in one round trip (two when something lies staged)."""
    replies, files = await _lines(shell, "manifest")
    state = state_of(replies[0])
    staged: frozenset[tuple[str, str]] = frozenset()
    if state.staged:
        _, waiting = await _lines(shell, "staged")
        staged = frozenset((entry.path, entry.sha256) for entry in waiting)
    return NodeFiles(state, {entry.path: entry for entry in files}, staged, before)


async def shell_state(shell: TcpShell) -> NodeState:
    """The node's answer to `ota state`. Raises UpdateError, BadReplyError."""
    return state_of(await shell_word(shell, "state"))


async def shell_word(shell: TcpShell, text: str) -> Reply:
    """One word whose reply is one object. Raises UpdateError when the node refuses, BadReplyError."""
    lines = tuple(filter(str.strip, await shell.command(f"ota {text}")))
    if not codec.is_reply(lines):
        raise _no_ota(shell.name)
    return checked(_reply(lines[-1]))


def checked(reply: Reply) -> Reply:
    """The reply, when the node could do it. Raises UpdateError otherwise."""
    if not reply["ok"]:
        raise UpdateError(
            f"The node refuses: {reply.get('text') or reply.get('error')}.".replace("..", "."),
            hint="Its error log may say more: system alarms.",
            code=str(reply.get("error")),
        )
    return reply


async def _lines(shell: TcpShell, word: str) -> tuple[tuple[Reply, ...], tuple[FileEntry, ...]]:
    """The reply of several lines; asked again when another session's question came in between."""
    for left in reversed(range(_TRIES)):
        lines = tuple(filter(str.strip, await shell.command(f"ota {word}")))
        if not codec.is_reply(lines):
            raise _no_ota(shell.name)
        try:
            replies, files = codec.decode_lines(lines)
        except CodecError as error:
            raise BadReplyError(f"{shell.name}: {error.message}", hint=_OLDER, received=lines[-1][:80]) from error
        failed = next((reply for reply in replies if not reply["ok"]), None)
        if failed is None:
            break
        if not left or failed.get("error") != "failed":
            checked(failed)
        await asyncio.sleep(_AGAIN_S)
    if not replies or replies[-1].get("files") != len(files):
        raise BadReplyError(f"{shell.name} does not end its list of files.", hint="Try again.")
    return replies, files


def state_of(reply: Reply) -> NodeState:
    """The state in a reply. Raises BadReplyError."""
    try:
        return codec.state_of(reply)
    except CodecError as error:
        raise BadReplyError(error.message, hint=_OLDER) from error


def _reply(text: str) -> Reply:
    try:
        return codec.decode_reply(text)
    except CodecError as error:
        raise BadReplyError(error.message, hint=_OLDER, received=json.dumps(text[:80])) from error


def _no_ota(name: str) -> UpdateError:
    return UpdateError(
        f"{name} does not know updates of this kind: it has the original micrOS, or an older one.",
        hint="Move it over USB (devToolKit.py -r keeps its configuration), or try --migrate, which is experimental.",
        node=name,
        code="legacy",
    )
