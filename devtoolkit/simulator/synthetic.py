"""Synthetic nodes: the node's side of the shell protocol in one event loop, thousands per process, without any VM.

They are for measuring and testing clients: each has a latency, a share of lost replies, and may have a fault. What a
node really does is tested with virtual boards. Source of the texts: reference, shell protocol.
"""

import asyncio
import random
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

from devtoolkit.settings import LOOPBACK

Fault = Literal["none", "deaf", "hangs", "refuses", "junk", "junk_reply", "busy", "closes"]

_BACKLOG = 16
_MASK = "********"
_SECRETS = ("appwd", "stapwd", "telegram")
_JUNK = bytes(range(33, 127)) * 8
_HINT = "Shell: for hints type help.\nShell: for LM exec: [1](LM)module [2]function [3...]optional params\n"
_HELP = ("[CONF] Configure mode - built-in shell commands", "   system", "         info", "         memory_usage")
_ANSWERS = {
    "system memory_usage": " percent: 41.5\n mem_used: 46080\n",
    "system info": " Mem usage [%]: 41.5\n FS usage [%]: 12.0\n upython: v1.27.0\n uptime: 0 1:2:3\n",
}


@dataclass(slots=True)
class SyntheticNode:
    """One node. `port` 0 takes a free one, which stands here afterwards. Times are in seconds.

    `latency_s` passes before everything the node says; of its replies the share `loss` never comes. Faults: `deaf`
    accepts and never answers, `hangs` gives its prompt and no reply, `refuses` does not listen, `junk` sends bytes for
    ever at once and `junk_reply` after a command, `busy` has no place, `closes` ends each session in its first reply.
    With a `password` it asks for it (as with `auth` on); secrets are masked until `login`.
    """

    name: str
    uid: str
    ip: str = LOOPBACK
    port: int = 0
    latency_s: float = 0.0
    loss: float = 0.0
    fault: Fault = "none"
    version: str = "2.0.0-0"
    password: str = ""
    config: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)  # what was received, when `SyntheticFleet.keep` is set

    def settings(self) -> dict[str, str]:
        """What `dump` shows, with what a test has set."""
        known = {"version": self.version, "auth": str(bool(self.password)), "devfid": self.name, "hwuid": self.uid}
        return known | {"appwd": self.password or "ADmin123", "soctout": "30"} | self.config


class SyntheticFleet:
    """`async with SyntheticFleet(nodes):` all of them listen until the block ends. `seed` decides what is lost.

    Needs one file descriptor per node and one per open session. Raises OSError when an address is taken.
    """

    def __init__(self, nodes: Sequence[SyntheticNode], *, seed: int = 0, keep: bool = False) -> None:
        self.nodes = tuple(nodes)
        self.chance = random.Random(seed)  # noqa: S311 - which replies get lost
        self.keep = keep
        self.sessions: set[asyncio.Transport] = set()
        self._servers: list[asyncio.Server] = []

    async def __aenter__(self) -> Self:
        try:
            for node in self.nodes:
                await self._listen(node)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def _listen(self, node: SyntheticNode) -> None:
        door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((node.ip, node.port))
        except OSError:
            door.close()
            raise
        node.port = door.getsockname()[1]
        if node.fault == "refuses":
            door.close()
            return
        loop = asyncio.get_running_loop()
        self._servers.append(await loop.create_server(lambda: _Session(self, node), sock=door, backlog=_BACKLOG))

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for session in tuple(self.sessions):
            session.abort()
        await asyncio.sleep(0)  # the sessions hear of their end


class _Session(asyncio.Protocol):
    """One client of one node."""

    def __init__(self, fleet: SyntheticFleet, node: SyntheticNode) -> None:
        self._fleet = fleet
        self._node = node
        self._transport: asyncio.Transport | None = None
        self._authorised = not node.password
        self._trusted = False
        self._configuring = False
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what create_server gives
        self._transport = transport
        self._fleet.sessions.add(transport)
        if self._node.fault == "junk":
            self._junk()
        elif self._node.fault == "busy":
            self._say("Connection is busy. Bye!Bye!\n\n", last=True)
        elif self._node.fault != "deaf":
            self._say(self._prompt())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        if self._transport:
            self._fleet.sessions.discard(self._transport)
            self._transport = None

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._junk()

    def data_received(self, data: bytes) -> None:
        text = data.decode("utf-8", "replace").strip()
        if self._fleet.keep and text:
            self._node.commands.append(text)
        fault = self._node.fault
        if fault == "junk_reply" and text != "exit":
            self._junk()
        elif fault == "closes" and self._transport:
            self._transport.close()
        elif fault in ("none", "busy") and self._fleet.chance.random() >= self._node.loss:
            self._reply(text)

    def _reply(self, text: str) -> None:
        """The words of the shell, in the node's order."""
        word = text.partition(" ")[0]
        if text in ("", "exit"):
            self._say("Bye!\n\n", last=True)
        elif word == "reboot":
            self._say("Reboot micrOS system.\nBye!\n", last=True)
        elif word == "hello":
            self._answer(f"hello:{self._node.name}:{self._node.uid}\n")
        elif word == "version":
            self._answer(f"{self._node.version}\n")
        elif word == "login" or not self._authorised:
            self._login(text, word)
        elif word.startswith(("conf", "noconf")):
            self._configuring = word.startswith("conf")
            self._answer("")
        elif word == "help":
            self._answer("".join(f"{line}\n" for line in _HELP))
        else:
            self._answer(self._configure(text) if self._configuring else _ANSWERS.get(text, _HINT))

    def _login(self, text: str, word: str) -> None:
        given = text.removeprefix("login ") if word == "login" else word
        if given != self._node.settings()["appwd"]:
            self._say("AuthFailed\nBye!\n", last=True)
            return
        self._authorised, self._trusted = True, self._trusted or word == "login"
        self._answer("AuthOk\n")

    def _configure(self, text: str) -> str:
        settings = self._node.settings()
        key, _, value = text.partition(" ")
        if key == "dump":
            return "".join(f"  {name:<10}:        {self._shown(name, text)}\n" for name, text in settings.items())
        if not value:
            return f"{self._shown(key, settings[key])}\n" if key in settings else "None\n"
        if key not in settings:
            return f"node_config write error: '{key}'\nInvalid key\n"
        present, new = settings[key], value
        if present in ("True", "False"):
            new = {"true": "True", "false": "False"}.get(value.lower(), "")
        elif present.isdigit() and not value.lstrip("-").isdigit():
            new = ""
        if not new or new == _MASK:
            return "Failed to save\n"
        self._node.config[key] = new
        return "Saved\n"

    def _shown(self, key: str, value: str) -> str:
        return _MASK if key in _SECRETS and not self._trusted and value not in ("n/a", "") else value

    def _prompt(self) -> str:
        marks = "[password] " * (not self._authorised) + "[configure] " * self._configuring
        return f"{marks}{self._node.name} $ "

    def _answer(self, text: str) -> None:
        self._say(text + self._prompt())

    def _say(self, text: str, *, last: bool = False) -> None:
        if self._node.latency_s:
            asyncio.get_running_loop().call_later(self._node.latency_s, self._send, text.encode(), last)
        else:
            self._send(text.encode(), last)

    def _send(self, data: bytes, last: bool) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(data)
        if last:
            self._transport.close()

    def _junk(self) -> None:
        """As much as the client takes, until it leaves."""
        if self._transport and not self._transport.is_closing() and not self._paused:
            self._transport.write(_JUNK)
            asyncio.get_running_loop().call_soon(self._junk)
