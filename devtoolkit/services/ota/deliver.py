"""Bringing one manifest to a node: into update mode, files over one WebREPL connection, commit. Survives lost links."""

import asyncio
import contextlib
import re
import time
from dataclasses import dataclass, field

from devtoolkit.codecs import ota as codec
from devtoolkit.errors import (
    BadReplyError,
    CancelledByUser,
    NodeBusyError,
    NodeUnreachableError,
    ToolkitError,
    UpdateError,
)
from devtoolkit.model.ota import NodeState
from devtoolkit.services.ota import link as words
from devtoolkit.services.ota import records
from devtoolkit.services.ota.fileset import FileSet
from devtoolkit.services.ota.link import NodeLink, UpdateMode
from devtoolkit.services.ota.plan import Part
from devtoolkit.services.ota.progress import Reporter, Step
from devtoolkit.transports.tcp_shell import TcpShell

AWAY = (NodeUnreachableError, NodeBusyError, BadReplyError)  # what a node that restarts or loses its Wi-Fi looks like
_ROUNDS = 3  # a file whose hash is wrong so often will never be right: the disk is full
_LEAVE_S = 5.0
_NO_SPACE = re.compile(r"\b28\b|ENOSPC")  # what MicroPython says


@dataclass(slots=True)
class Delivery:
    """One part under way. `staged`: path and hash of what lies on the node already."""

    link: NodeLink
    reporter: Reporter
    wanted: FileSet
    part: Part
    staged: set[tuple[str, str]]
    updating: bool  # the node is, as far as we know, in update mode
    replaced: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    _commit_sent: bool = False
    _rounds: int = 0
    _news_at: float = field(default_factory=time.monotonic)

    async def run(self, step: Step) -> None:
        """Until the node has committed. What is lost is tried again as long as there is progress now and then.

        Raises UpdateError, NodeLockedError, CancelledByUser; the node is back in its normal mode then, as far as it
        can be reached, with its old version.
        """
        try:
            while not await self._try(step):
                await self.reporter.pause(self.link.limits.again_s, step.title)
        except (UpdateError, CancelledByUser, asyncio.CancelledError):
            await self._leave()
            raise

    async def _try(self, step: Step) -> bool:
        limits = self.link.limits
        try:
            if self.updating:
                async with self.link.update_mode() as mode:
                    self._news()
                    await self._send(mode, step)
                return True
            return await self._enter()
        except AWAY as error:
            self.updating = not self.updating  # the other door may be the open one
            patience = limits.busy_s if isinstance(error, NodeBusyError) else limits.gone_s
            if time.monotonic() - self._news_at > patience:
                raise
        return False

    async def _enter(self) -> bool:
        """Through the shell: has the node committed meanwhile? If not, into update mode."""
        found: list[NodeState] = []

        async def work(shell: TcpShell) -> None:
            state = await words.shell_state(shell)
            found.append(state)
            if not self._is_done(state):
                await self.link.prove_password(shell)
                await shell.command("webrepl --update")

        await self.link.shell(work)
        self._news()
        self.updating = True
        return self._is_done(found[0])

    def _is_done(self, state: NodeState) -> bool:
        """Whether the node has taken this update, whatever became of it; its name differs from the last one's."""
        return state.update_id == self.part.update_id and state.state != "none"

    async def _send(self, mode: UpdateMode, step: Step) -> None:
        if self._commit_sent and await self._has_committed(mode):
            return  # its answer was lost with the connection
        await self._keep_replaced(mode)
        while True:
            await self.put_all(mode, step)
            self._commit_sent = True
            reply = await mode.ask(f"commit {self.part.update_id}")
            # Another toolkit may have brought the same update a moment ago.
            if reply["ok"] or (reply.get("error") in ("busy", "failed") and await self._has_committed(mode)):
                await mode.release()
                return
            self._commit_sent = False
            self._again(reply)
            if self._rounds >= _ROUNDS:
                with contextlib.suppress(ToolkitError):
                    await mode.ask("abort")
                raise _not_taken(reply)

    async def _has_committed(self, mode: UpdateMode) -> bool:
        return self._is_done(words.state_of(await mode.ask("state")))

    async def put_all(self, mode: UpdateMode, step: Step) -> None:
        """What does not lie staged yet, and the manifest last."""
        total = self.part.size
        files = self.part.manifest.files
        done = sum(entry.size for entry in files if (entry.path, entry.sha256) in self.staged)
        for entry in files:
            if (entry.path, entry.sha256) in self.staged:
                continue

            def moved(sent: int, name: str = entry.path, before: int = done) -> None:
                self._news()
                step.report(before + sent, total, name)

            content = self.wanted.files[entry.path]
            await mode.repl.put(codec.staged_path(entry.path), content, moved)
            self.staged.add((entry.path, entry.sha256))
            done += entry.size
        await mode.repl.put(codec.MANIFEST, self.part.data)
        self._news()
        step.report(done, total)

    def _again(self, reply: codec.Reply) -> None:
        """What the node found wrong is sent again. Raises UpdateError for what cannot be mended so."""
        code = reply.get("error")
        if code not in ("mismatch", "other_id", "no_manifest", "failed"):
            words.checked(reply)
        self._rounds += 1
        bad = reply.get("bad")
        wrong = {str(path) for path in bad} if isinstance(bad, list) else set()
        self.staged = {(path, sha) for path, sha in self.staged if path not in wrong}

    async def _keep_replaced(self, mode: UpdateMode) -> None:
        """Copies of the user's own files that this update takes away."""
        for path in self.replaced:
            file = records.keep_file(self.link.device.uid, path, await mode.repl.get(f"/{path}"))
            self.notes.append(f"{path} of the user is replaced; a copy is kept in {file}.")
        self.replaced = ()

    async def _leave(self) -> None:
        """Back into normal mode, so that the node works; what lies staged stays for the next time."""
        if not self.updating or self._commit_sent:
            return
        end = time.monotonic() + _LEAVE_S
        while time.monotonic() < end:
            try:
                async with self.link.update_mode() as mode:
                    await mode.ask("leave")
                return
            except AWAY:
                await asyncio.sleep(self.link.limits.again_s)
            except ToolkitError:
                return

    def _news(self) -> None:
        self._news_at = time.monotonic()


def _not_taken(reply: codec.Reply) -> UpdateError:
    """What a node that refuses to commit again and again has said."""
    text = str(reply.get("text", ""))
    if reply.get("error") != "failed":
        text = "What the node keeps is not what was sent: its disk is full or failing."
    elif _NO_SPACE.search(text):
        text = "The node's disk is full."
    return UpdateError(
        f"{text.rstrip('.')}, after {_ROUNDS} tries. Nothing was installed.",
        hint="Remove files from the node and try again.",
        files=reply.get("bad", []),
    )
