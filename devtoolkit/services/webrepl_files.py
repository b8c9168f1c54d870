"""Files over WebREPL by hand: put, get, list, delete; and the node's console."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from devtoolkit.errors import UsageError
from devtoolkit.model.device import Device
from devtoolkit.model.manifest import FileEntry
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.ota import jobs, live
from devtoolkit.services.ota import link as words
from devtoolkit.services.ota.fileset import read_user_file
from devtoolkit.services.ota.link import NodeLink
from devtoolkit.services.shell import AskPassword
from devtoolkit.transports.tcp_shell import TcpShell
from devtoolkit.transports.webrepl import WebRepl

Action = Literal["put", "get", "ls", "rm", "repl"]


@dataclass(frozen=True, slots=True)
class WebReplResult:
    """What was done: `files` are the node's (ls), or those that were moved."""

    action: Action
    device: Device
    files: tuple[FileEntry, ...] = ()
    saved: str | None = None  # where a file was written to (get)


@dataclass(frozen=True, slots=True)
class WebReplJob:
    """One visit at a node, in its update mode or beside its running system. Raises what its connections raise."""

    selector: str
    cache: DeviceCache
    ask: AskPassword | None = None

    def put(self, file: Path, to: str | None = None) -> WebReplResult:
        """Send a file as `to` (its own name without), then read it back: WebREPL does not tell of a full disk."""
        content, name = read_user_file(file), to or file.name

        async def work(repl: WebRepl) -> None:
            await repl.put(name, content)
            if await repl.get(name) != content:
                raise UsageError(f"The node does not keep {name}: its disk is full.", hint="Remove something there.")

        device = self._run(work)
        return WebReplResult("put", device, (FileEntry(name, len(content), ""),))

    def get(self, name: str, to: Path | None = None) -> WebReplResult:
        """Fetch a file into `to` (a file or a folder; the working folder without)."""
        found: list[bytes] = []

        async def work(repl: WebRepl) -> None:
            found.append(await repl.get(name))

        device = self._run(work)
        target = to or Path(Path(name).name)
        target = target / Path(name).name if target.is_dir() else target
        try:
            target.write_bytes(found[0])
        except OSError as error:
            raise UsageError(f"{target}: {error.strerror}.", hint="Choose another place with --save-as.") from error
        return WebReplResult("get", device, (FileEntry(name, len(found[0]), ""),), str(target))

    def list(self) -> WebReplResult:
        """The node's program files, with size and hash."""
        found: list[FileEntry] = []
        link = self._link()

        async def work(shell: TcpShell) -> None:
            found.extend((await words.shell_files(shell, None)).files.values())

        async def run() -> None:
            await link.shell(work)

        asyncio.run(run())
        return WebReplResult("ls", link.device, tuple(sorted(found, key=lambda entry: entry.path)))

    def remove(self, name: str) -> WebReplResult:
        """Delete a load module of the running node; `--undo` brings it back."""
        (request,) = jobs.requests_for(self.selector, self.cache)
        report = asyncio.run(live.delete(request, name, cache=self.cache, ask=self.ask))
        return WebReplResult("rm", report.device, (FileEntry(name, 0, ""),))

    def console(self, talk: Callable[[WebRepl], Awaitable[None]]) -> WebReplResult:
        """The node's console for as long as `talk` lasts."""
        return WebReplResult("repl", self._run(talk))

    def _run(self, work: live.Work) -> Device:
        link = self._link()
        asyncio.run(live.with_webrepl(link, work))
        link.keep_password()
        return link.device

    def _link(self) -> NodeLink:
        if jobs.many(self.selector):
            raise UsageError("WebREPL is with one node at a time.", hint="Name it with --dev.")
        (request,) = jobs.requests_for(self.selector, self.cache)
        return NodeLink(request, self.cache, self.ask)
