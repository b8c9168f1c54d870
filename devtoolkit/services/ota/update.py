"""The update of one node, from the plan to the report."""

import asyncio
import json
import time
from dataclasses import dataclass, field, replace

from devtoolkit import paths
from devtoolkit.errors import NodeUnreachableError, UpdateError
from devtoolkit.model.ota import NodeState
from devtoolkit.model.version import Version
from devtoolkit.pipelines.base import Cancel, Listener, silent
from devtoolkit.services import configs
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.config_archive import ConfigArchive
from devtoolkit.services.ota import fileset, records
from devtoolkit.services.ota import link as words
from devtoolkit.services.ota.deliver import AWAY, Delivery
from devtoolkit.services.ota.fileset import FileSet
from devtoolkit.services.ota.link import NodeLink
from devtoolkit.services.ota.plan import NodeFiles, Part, Plan, make_plan
from devtoolkit.services.ota.progress import Reporter
from devtoolkit.services.ota.request import NodeUpdate, Outcome, UpdateRequest
from devtoolkit.services.ota.trial import Trial
from devtoolkit.services.shell import AskPassword
from devtoolkit.transports.tcp_shell import TcpShell


def update_node(request: UpdateRequest) -> NodeUpdate:
    """One node's update, with plain values in and out, for another process. Raises ToolkitError."""
    return asyncio.run(update_node_async(request))


async def update_node_async(
    request: UpdateRequest,
    *,
    cache: DeviceCache | None = None,
    listener: Listener = silent,
    cancel: Cancel | None = None,
    ask: AskPassword | None = None,
) -> NodeUpdate:
    """As `update_node`, inside a running event loop, with events as those of the pipelines.

    Raises ToolkitError for what did not work: the node has its old version then, complete, or goes back to it by
    itself. A rollback is no exception but an outcome. The next call goes on where this one was.
    """
    cache = cache or DeviceCache(paths.device_cache())
    reporter = Reporter(listener, cancel or Cancel())
    work = _Update(request, NodeLink(request, cache, ask), _file_set(request), reporter)
    with records.exclusive(request.device.uid or request.device.ip):
        return await work.run()


def _file_set(request: UpdateRequest) -> FileSet:
    whole = fileset.bundled(request.source)
    return fileset.of_user(request.files, whole.version) if request.mode == "files" else whole


@dataclass(slots=True)
class _Update:
    request: UpdateRequest
    link: NodeLink
    wanted: FileSet
    reporter: Reporter
    backup: str | None = None
    notes: list[str] = field(default_factory=list)
    _updating: bool = False  # the node was found in update mode

    async def run(self) -> NodeUpdate:
        with self.reporter.step("plan", "Compare files") as step:
            node = await self._look()
            if node.state.in_trial:
                node, verdict = await self._finish_earlier(node)
                if verdict:
                    return verdict
            if self.request.only_older and not _older(node.state.version, self.wanted.version):
                step.skip("not older")
                return self._result(node, "unchanged", Plan(self.wanted.version, (), 0))
            plan = await self._plan(node)
            if not plan.parts:
                step.skip("nothing to do")
        if self.request.dry_run:
            return self._result(node, "planned" if plan.parts else "unchanged", plan)
        if not plan.parts:
            return await self._nothing(node, plan)
        refused = self._failed_before(node, plan)
        return refused or await self._install(node, plan)

    # --- before anything is sent

    async def _look(self) -> NodeFiles:
        """What the node has: from its shell, or from its update mode, where an earlier run may have left it.

        A node that restarts just now is looked for, where the request allows it.
        """
        before = records.put_before(self.link.device.uid)
        try:
            return await self._from_shell(before, repair=False)
        except NodeUnreachableError:
            found = await self._from_update_mode(before)
            if found is None and not self.request.repair:
                raise
        if found is None:
            try:
                found = await self._from_shell(before, repair=True)
            except NodeUnreachableError:
                found = await self._from_update_mode(before)
                if found is None:
                    raise
        return found

    async def _from_shell(self, before: dict[str, str] | None, *, repair: bool) -> NodeFiles:
        found: list[NodeFiles] = []

        async def ask(shell: TcpShell) -> None:
            found.append(await words.shell_files(shell, before))

        await self.link.shell(ask, repair=repair)
        self._updating = False
        return found[0]

    async def _from_update_mode(self, before: dict[str, str] | None) -> NodeFiles | None:
        try:
            async with self.link.update_mode() as mode:
                state, files = await mode.files()
                staged = await mode.staged() if state.staged else frozenset()
        except AWAY:
            return None
        except UpdateError as error:
            if error.facts.get("code") != "failed":  # its files move just now: another toolkit has committed
                raise
            return None
        self._updating = True
        return NodeFiles(state, {entry.path: entry for entry in files}, staged, before)

    async def _plan(self, node: NodeFiles) -> Plan:
        request = self.request
        return make_plan(node, self.wanted, mode=request.mode, force=request.force, trial_s=request.trial_s)

    async def _finish_earlier(self, node: NodeFiles) -> tuple[NodeFiles, NodeUpdate | None]:
        """An update that another run has committed: its verdict comes first."""
        if node.state.to != self.wanted.version:
            raise UpdateError(
                f"{self.link.device.fuid} tries version {node.state.to} just now.",
                hint=f"Wait for its verdict, at most {node.state.left_s + 60} s.",
                state=node.state.state,
            )
        with self.reporter.step("trial", "Trial of an earlier update") as step:
            trial = Trial(self.link, self.reporter, node.state.update_id)
            state = await trial.judged(step, early=self.request.confirm == "toolkit")
        if state.state == "rolled_back":
            return node, self._result(node, "rolled_back", Plan(self.wanted.version, (), 0), state)
        self.notes.append("An earlier run had installed this update; it was confirmed now.")
        return await self._look(), None

    def _failed_before(self, node: NodeFiles, plan: Plan) -> NodeUpdate | None:
        """The same update was rolled back by this node: once is enough, unless it is forced."""
        state = node.state
        same = state.state == "rolled_back" and any(part.update_id == state.update_id for part in plan.parts)
        if not same or self.request.force or state.reason == "aborted":
            return None
        self.notes.append("The node has rolled this very update back before; -f tries it again.")
        return self._result(node, "rolled_back", plan, state)

    async def _nothing(self, node: NodeFiles, plan: Plan) -> NodeUpdate:
        self._remember(node.state.version)
        if self._updating:  # an earlier run left it there
            async with self.link.update_mode() as mode:
                words.checked(await mode.ask("leave"))
        return self._result(node, "unchanged", plan)

    # --- the update

    async def _install(self, node: NodeFiles, plan: Plan) -> NodeUpdate:
        with self.reporter.step("backup", "Keep the configuration"):
            self.backup = await self._keep_config()
        state = node.state
        outcome: Outcome = "updated"
        for number, part in enumerate(plan.parts, 1):
            last = number == len(plan.parts)
            state = await self._one_part(node, part, plan, wait=not last or self.request.confirm != "none")
            if state.state != "confirmed":
                outcome = "rolled_back" if state.state == "rolled_back" else "trial"
                break
        else:
            self._remember(plan.version)
        self.link.keep_password()
        return self._result(node, outcome, plan, state)

    async def _one_part(self, node: NodeFiles, part: Part, plan: Plan, *, wait: bool) -> NodeState:
        which = f" (part {part.manifest.part})" if len(plan.parts) > 1 else ""
        part = part.named_anew(node.state.update_id)
        delivery = Delivery(
            self.link, self.reporter, self.wanted, part, set(node.staged), self._updating, plan.replaced, self.notes
        )
        self._updating = False
        with self.reporter.step("stage", f"Send files{which}") as step:
            await delivery.run(step)
        trial = Trial(self.link, self.reporter, part.update_id, part)
        with self.reporter.step("apply", f"Install and restart{which}") as step:
            state = await trial.begun(step)
        if wait and state.state == "trial":
            with self.reporter.step("trial", f"Trial{which}") as step:
                state = await trial.judged(step, early=self.request.confirm == "toolkit")
        if trial.complaint:
            self.notes.append(trial.complaint)
        return state

    async def _keep_config(self) -> str | None:
        """Nothing is changed on a node whose configuration is not kept. Another toolkit may change the node's mode."""
        archive, started = ConfigArchive(), time.monotonic()
        while True:
            try:
                if not self._updating:
                    return (await configs.keep(self.link.visit(), archive)).file
                async with self.link.update_mode() as mode:
                    stored = json.loads(await mode.repl.get("/node_config.json"))
                path, _ = archive.put(self.link.device.uid, stored)
                return str(path)
            except AWAY:
                if time.monotonic() - started > self.link.limits.busy_s:
                    raise
                self._updating = not self._updating
            await self.reporter.pause(self.link.limits.again_s, "Keep the configuration")

    def _remember(self, version: str) -> None:
        if self.request.mode != "files":
            known = {entry.path: entry.sha256 for entry in self.wanted.entries}
            if self.request.mode == "modules":
                known = {path: sha for path, sha in known.items() if path not in self.wanted.core}
            records.remember(self.link.device.uid, version, known, whole=self.request.mode != "modules")

    def _result(self, node: NodeFiles, outcome: Outcome, plan: Plan, state: NodeState | None = None) -> NodeUpdate:
        now = state or node.state
        device = replace(self.link.device, status="ONLINE", version=now.version)
        self.link.cache.put(device)
        return NodeUpdate(
            device,
            outcome,
            confirmed=outcome == "updated",
            version_before=node.state.version,
            version=plan.version if outcome == "planned" else now.version,
            sent=tuple(entry.path for entry in plan.files),
            removed=plan.removed,
            bytes=sum(entry.size for entry in plan.files),
            unchanged=plan.unchanged,
            reason=now.reason if outcome == "rolled_back" else "",
            notes=tuple(self.notes),
            backup=self.backup,
            seconds=dict(self.reporter.seconds),
        )


def _older(version: str, than: str) -> bool:
    """A version that cannot be read counts as older."""
    try:
        return Version.parse(version) < Version.parse(than)
    except ValueError:
        return True
