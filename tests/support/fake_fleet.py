"""Updates and bulk commands that only pretend: a node's outcome is what `outcomes` says of its name, else `updated`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from devtoolkit.errors import CancelledByUser
from devtoolkit.gui.job import Handle
from devtoolkit.model.device import Device
from devtoolkit.pipelines.base import Event
from devtoolkit.services.bulk import BulkResult, Failure, NodeAnswer
from devtoolkit.services.ota.request import NodeUpdate, Outcome, UpdateReport

NEW = "2.0.0-0"
FAILURE = Failure("NodeUnreachableError", "It does not answer.", "Is it on?")


def _answer(command: str) -> str:
    """A module that no node has is refused in the node's own words."""
    return "Shell: for hints type help." if command.startswith("nothing ") else f"answer to {command}"


class FakeFleet:
    """Mixed into FakeServices, whose `devices` and `_asked` it uses."""

    devices: tuple[Device, ...]
    site_devices: tuple[Device, ...]
    _asked: Callable[..., None]
    outcomes: Mapping[str, Outcome] = {}
    signals: Mapping[str, int] = {}  # dBm by uid
    updating: Sequence[str] = ()  # uids in update mode

    async def vitals(
        self,
        there: Iterable[Device],
        gone: Iterable[Device],
        on_signal: Callable[[str, int], object],
        on_mode: Callable[[str, bool], object],
    ) -> None:
        for one in there:
            if one.uid in self.signals:
                on_signal(one.uid, self.signals[one.uid])
        for one in gone:
            on_mode(one.uid, one.uid in self.updating)

    def command(
        self,
        uids: Sequence[str],
        commands: Sequence[str],
        handle: Handle,
        on_answer: Callable[[NodeAnswer], None],
        *,
        across: bool = False,
    ) -> BulkResult:
        self._asked("command", tuple(uids), tuple(commands), *(("across",) if across else ()))
        answers = []
        for one in self._meant(uids):
            if handle.cancel.wanted:
                raise CancelledByUser("Stopped by the user.")
            bad = one.status == "OFFLINE"
            replies = () if bad else tuple((command, (_answer(command),)) for command in commands)
            answers.append(NodeAnswer(one, replies, FAILURE if bad else None))
            on_answer(answers[-1])
        return BulkResult(tuple(answers))

    def tag_each(self, tags: Mapping[str, Sequence[str]]) -> None:
        self._asked("tag_each", {uid: tuple(words) for uid, words in tags.items()})

    def ota(
        self,
        uids: Sequence[str],
        handle: Handle,
        *,
        rollout: Mapping[str, Any],
        on_node: Callable[[NodeUpdate], object],
        on_step: Callable[[Event], object],
        **options: Any,
    ) -> UpdateReport:
        self._asked("ota", tuple(uids), {**options, "rollout": dict(rollout)})
        nodes = []
        for one in self._meant(uids):
            outcome = "not_started" if handle.cancel.wanted else self.outcomes.get(one.fuid, "updated")
            if outcome != "not_started":
                on_step(Event("progress", one.uid, one.fuid, 6_000, 12_000, "Send files"))
            nodes.append(_update(one, "planned" if options.get("dry_run") else outcome))
            on_node(nodes[-1])
        report = UpdateReport(NEW, tuple(nodes))
        if handle.cancel.wanted:
            raise CancelledByUser("Stopped by the user.")
        if report.error:
            raise report.error
        return report

    def _meant(self, uids: Sequence[str]) -> tuple[Device, ...]:
        if tuple(uids) in (("all",), ("outdated",)):
            return self.devices
        known = (*self.devices, *self.site_devices)
        return tuple(one for uid in uids for one in known if one.uid == uid)


def _update(one: Device, outcome: Outcome) -> NodeUpdate:
    if outcome == "failed":
        return NodeUpdate(one, outcome, failure=FAILURE)
    if outcome == "not_started":
        return NodeUpdate(one, outcome)
    reason = "it restarted three times" if outcome == "rolled_back" else ""
    before = "1.9.0-1"
    return NodeUpdate(
        one, outcome, version_before=before, version=before if outcome == "rolled_back" else NEW,
        sent=("core/Shell.mpy", "LM_rgb.mpy"), bytes=12_000, reason=reason, seconds={"stage": 3.2, "trial": 61.0},
    )  # fmt: skip
