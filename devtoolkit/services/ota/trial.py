"""After the commit: wait until the node is back, check what it has, follow its trial to the verdict."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from devtoolkit.errors import NodeUnreachableError, UpdateError
from devtoolkit.model.ota import NodeState
from devtoolkit.services.ota import link as words
from devtoolkit.services.ota.deliver import AWAY
from devtoolkit.services.ota.link import NodeLink
from devtoolkit.services.ota.plan import Part
from devtoolkit.services.ota.progress import Reporter, Step
from devtoolkit.transports.tcp_shell import TcpShell

_ENDS = ("confirmed", "rolled_back")
Enough = Callable[[NodeState], bool]  # whether a state ends the wait


@dataclass(slots=True)
class Trial:
    """The update `update_id` on a node. `part` is None when an earlier run committed it: then nothing is compared."""

    link: NodeLink
    reporter: Reporter
    update_id: str
    part: Part | None = None
    complaint: str = ""  # what the toolkit found wrong, when it asked for the rollback
    _checked: bool = False
    _news_at: float = field(default_factory=time.monotonic)
    _last: NodeState | None = None

    async def begun(self, step: Step) -> NodeState:
        """Until the node answers with the update applied (or already judged). Raises UpdateError when it does not."""
        return await self._until(step, lambda state: state.state in ("trial", *_ENDS), soak=False)

    async def judged(self, step: Step, *, early: bool) -> NodeState:
        """Until it is confirmed or rolled back; with `early` the toolkit confirms after its own checks."""
        return await self._until(step, lambda state: state.state in _ENDS, soak=early)

    async def _until(self, step: Step, enough: Enough, *, soak: bool) -> NodeState:
        while True:
            try:
                await self.link.shell(lambda shell: self._watch(shell, step, enough, soak=soak))
            except AWAY:
                if time.monotonic() - self._news_at > self.link.limits.follow_s:
                    raise NodeUnreachableError(
                        f"{self.link.device.fuid} does not come back after the update.",
                        hint="It goes back to its old version by itself; look again later with --OTA --dry-run.",
                    ) from None
            if self._last is not None and enough(self._last):
                return self._last
            await self.reporter.pause(self.link.limits.again_s, step.title)

    async def _watch(self, shell: TcpShell, step: Step, enough: Enough, *, soak: bool) -> None:
        """One session, as long as it lasts."""
        opened = time.monotonic()
        while True:
            state = await self._state(shell)
            if state.state == "trial" and not self._checked:
                await self._check(shell)
            if enough(state):
                return
            limits = self.link.limits
            if soak and state.state == "trial" and time.monotonic() - opened >= limits.soak_s:
                await words.shell_word(shell, f"confirm {self.update_id}")
                continue
            self._tell(step, state)
            await self.reporter.pause(limits.ask_every_s, step.title)

    async def _state(self, shell: TcpShell) -> NodeState:
        state = await words.shell_state(shell)
        if state.update_id != self.update_id:
            raise UpdateError(
                f"The node reports another update ({state.update_id or 'none'}, {state.state}).",
                hint="Another toolkit may be at work with it.",
            )
        if self._last is None or (state.state, state.boots) != (self._last.state, self._last.boots):
            self._news_at = time.monotonic()
        self._last = state
        return state

    async def _check(self, shell: TcpShell) -> None:
        """The node's files are those of the manifest; otherwise it goes back at once."""
        self._checked = True
        if self.part is None:
            return
        node = await words.shell_files(shell, None)
        wrong = [entry.path for entry in self.part.manifest.files if not node.has(entry)]
        wrong += [gone.path for gone in self.part.manifest.removed if gone.path in node.files]
        if wrong:
            self.complaint = f"after the update these files are not as they should be: {', '.join(wrong)}"
            await words.shell_word(shell, "abort")

    def _tell(self, step: Step, state: NodeState) -> None:
        whole = self.part.manifest.trial_s if self.part else max(state.left_s, 1)
        step.report(max(0, whole - state.left_s), whole, f"{state.state}, {state.left_s} s left")
