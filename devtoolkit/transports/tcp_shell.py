"""A shell session with one node over TCP.

`async with TcpShell.connect(host, expected_name="lamp") as shell: lines = await shell.command("system info")`

What an original node of any version needs is kept: one command per packet, the next one only after the prompt, never an
empty packet, `exit` at the end (places are few and freed lazily).
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NoReturn, Self

from devtoolkit.codecs.shell import (
    End,
    Greeting,
    Reply,
    ReplyParser,
)
from devtoolkit.errors import (
    BadReplyError,
    CodecError,
    NodeLockedError,
    NodeUnreachableError,
    UsageError,
)
from devtoolkit.settings import SHELL_PORT
from devtoolkit.transports.tcp_greeting import DEFAULT_LIMITS, Limits, greeted
from devtoolkit.transports.tcp_packet import packet_of, shown
from devtoolkit.transports.tcp_wire import Wire

_FREE_COMMANDS = frozenset({"hello", "version"})  # answered before the password; `exit` is ours to send


@dataclass(slots=True)
class TcpShell:
    """An open session. Make one with `connect`; not for use by two tasks at once."""

    wire: Wire
    greeting: Greeting
    limits: Limits = DEFAULT_LIMITS
    locked: bool = False  # the node still wants its password
    latency_s: float | None = None  # from the last command's packet to the end of its reply
    _pre_prompt: str = ""
    _ended: str = field(default="")  # why no more commands can be sent

    @classmethod
    @asynccontextmanager
    async def connect(
        cls,
        host: str,
        port: int = SHELL_PORT,
        expected_name: str | None = None,
        password: str | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> AsyncIterator[Self]:
        """Open a session and close it with `exit`.

        A node that wants a password gets it when one is given; without one only `hello` and `version` can be asked.
        Raises NodeUnreachableError (nothing answers), NodeBusyError (all places taken, also after a few tries),
        BadReplyError (not a micrOS node, or not `expected_name`), NodeLockedError (wrong password).
        """
        wire, greeting = await greeted(host, port, limits)
        shell = cls(wire, greeting, limits, greeting.locked, None, greeting.pre_prompt)
        graceful = False
        try:
            shell._check_name(expected_name)
            if greeting.locked and password is not None:
                await shell._authenticate(password)
            yield shell
            graceful = True
        finally:
            await shell._close(graceful)

    @property
    def name(self) -> str:
        """The node's name, from its prompt."""
        return self.greeting.name

    @property
    def configure_mode(self) -> bool:
        """The node is in configure mode: words are read as keys, not as module calls."""
        return "[configure]" in self._pre_prompt

    @property
    def ended(self) -> bool:
        """The node has closed the session, or will not answer in it any more."""
        return bool(self._ended)

    async def command(self, text: str) -> tuple[str, ...]:
        """Send one command, return its reply's lines (empty lines kept, streamed lines left out).

        After `reboot` missing data is success and the session is over. Raises UsageError (empty, several lines or too
        long), NodeLockedError, NodeUnreachableError (silence, or the connection broke), BadReplyError (no end).
        """
        return (await self.ask(text)).lines

    async def ask(self, text: str) -> Reply:
        """As `command`, with the streamed lines as well."""
        packet = packet_of(text)
        word = text.split()[0]
        self._check_ready(word)
        if self.locked and word not in _FREE_COMMANDS:
            raise self._needs_password()
        started = time.monotonic()
        if word == "reboot":
            reply = await self._reboot(packet)
        else:
            reply = await self._exchange(packet, shown(text), empty_expected=word.startswith(("conf", "noconf")))
        self.latency_s = time.monotonic() - started
        if self.locked and reply.auth_failed:
            self._ended = "the node wants a password"
            raise self._needs_password()
        return reply

    async def login(self, password: str) -> bool:
        """Prove to a node of ours that secrets may be shown on this connection.

        False when the node does not know `login` (the original). Raises NodeLockedError for a wrong password.
        """
        if self.locked:
            await self._authenticate(password)
            return True
        self._check_ready("login")
        reply = await self._exchange(packet_of(f"login {password}"), "login")
        if reply.auth_failed:
            raise self._wrong_password()
        return reply.auth_ok

    async def _authenticate(self, password: str) -> None:
        if not password.strip() or len(password.split()) > 1:
            raise UsageError("A node password is one word and not empty.", hint="Type it again.", node=self.name)
        reply = await self._exchange(packet_of(password), "the password")
        if not reply.auth_ok:
            raise self._wrong_password()
        self.locked = False

    async def _exchange(self, packet: bytes, what: str, *, empty_expected: bool = False) -> Reply:
        """Send one packet and read up to the prompt."""
        self.wire.take()  # what came since the last prompt (streamed lines, late lines) belongs to nobody
        if self.wire.closed:
            self._broken(what, 0)
        parser = ReplyParser(self.greeting.prompt, empty_expected=empty_expected, limit=self.limits.max_bytes)
        self.wire.write(packet)
        try:
            async with asyncio.timeout(self.limits.reply_s):
                await self._read_reply(parser, what)
        except TimeoutError:
            self._silent(what, f"took longer than {self.limits.reply_s:g} s", parser.size)
        except CodecError as error:
            self._ended = "its reply had no end"
            raise BadReplyError(
                f"{self._who} does not end its reply to {what}: {parser.size} bytes and no prompt.",
                hint="Is it a micrOS node?",
                **self._facts(what),
            ) from error
        reply = parser.reply()
        self._pre_prompt = reply.pre_prompt
        if reply.farewell:
            self._ended = "the node said goodbye"
        return reply

    async def _read_reply(self, parser: ReplyParser, what: str) -> None:
        while parser.end is not End.SURE:
            patience = self._patience(parser)
            data = await self.wire.read(patience)
            if data:
                parser.feed(data)
            elif parser.end in (End.LIKELY, End.MAYBE):
                return
            elif self.wire.closed:
                self._broken(what, parser.size)
            elif parser.size == 0:
                self._silent(what, f"gave no answer within {patience:g} s", 0)
            else:
                self._silent(what, f"fell silent for {patience:g} s", parser.size)

    def _patience(self, parser: ReplyParser) -> float:
        if parser.end is End.LIKELY:
            return self.limits.likely_s
        if parser.end is End.MAYBE:
            return self.limits.maybe_s
        return self.limits.stall_s if parser.size else self.limits.first_byte_s

    async def _reboot(self, packet: bytes) -> Reply:
        """A restarting node may say all, part or nothing; nothing of it is a failure."""
        self.wire.take()
        self.wire.write(packet)
        self._ended = "the node restarts"
        parser = ReplyParser(self.greeting.prompt)
        try:
            async with asyncio.timeout(self.limits.reboot_s):
                while parser.end is not End.LIKELY and (data := await self.wire.read(self.limits.reboot_s)):
                    parser.feed(data)
        except (TimeoutError, CodecError):
            pass
        reply = parser.reply()
        if self.locked and reply.auth_failed:
            raise self._needs_password()
        return reply

    async def _close(self, graceful: bool) -> None:
        try:
            if not self._ended and not self.wire.closed:
                self.wire.write(b"exit")
                if graceful:
                    await self.wire.wait_closed_by_peer(self.limits.close_s)
        finally:  # whoever does not want to wait may cancel this
            await self.wire.close(self.limits.close_s)

    def _check_name(self, expected: str | None) -> None:
        if expected is not None and self.greeting.name != expected:
            raise BadReplyError(
                f"At {self.wire.address} the node {self.greeting.name} answers, not {expected}. No command was sent.",
                hint="Search for devices: the address may have changed.",
                address=self.wire.address,
                expected=expected,
                found=self.greeting.name,
            )

    def _check_ready(self, what: str) -> None:
        if self._ended:
            raise NodeUnreachableError(
                f"{self._who} takes no more commands in this session: {self._ended}.",
                hint="Connect again.",
                **self._facts(what),
            )

    def _broken(self, what: str, size: int) -> NoReturn:
        self._ended = "the connection is closed"
        after = f"after {size} bytes of the reply to {what}" if size else f"before it answered {what}"
        raise NodeUnreachableError(
            f"{self._who} closed the connection {after}.", hint="Try again.", **self._facts(what), bytes=size
        )

    def _silent(self, what: str, happened: str, size: int) -> NoReturn:
        self._ended = "it stopped answering"
        got = f" after {size} bytes of its reply" if size else ""
        raise NodeUnreachableError(
            f"{self._who} {happened}{got} (command: {what}).",
            hint="The node may be busy with a long task, or its Wi-Fi is weak. Try again.",
            **self._facts(what),
            bytes=size,
        )

    def _needs_password(self) -> NodeLockedError:
        return NodeLockedError(
            f"{self._who} wants its password.", hint="Give it, or set `auth` off on the node.", node=self.name
        )

    def _wrong_password(self) -> NodeLockedError:
        self._ended = "the password was wrong"
        return NodeLockedError(f"{self._who} refuses the password.", hint="It is the node's `appwd`.", node=self.name)

    @property
    def _who(self) -> str:
        return f"{self.greeting.name} ({self.wire.address})"

    def _facts(self, what: str) -> dict[str, object]:
        return {"node": self.greeting.name, "address": self.wire.address, "command": what}


__all__ = ["DEFAULT_LIMITS", "Limits", "TcpShell"]
