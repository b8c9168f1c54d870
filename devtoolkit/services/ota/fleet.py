"""Many nodes: side by side up to a limit, in waves with a canary, stopped when too many fail, resumed where it was.

Everything here takes and gives plain values, so that the work of one node can be done in another process: that is what
`execute` is for.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from devtoolkit import paths
from devtoolkit.errors import CancelledByUser, NodeError, ToolkitError
from devtoolkit.model.device import Device
from devtoolkit.pipelines.base import Cancel, Event, Listener, silent
from devtoolkit.services.bulk import failure_of
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.hello import status_of
from devtoolkit.services.ota import records
from devtoolkit.services.ota.request import NodeUpdate, UpdateReport, UpdateRequest
from devtoolkit.services.ota.update import update_node_async

PARALLEL = 8  # one access point's airtime is the limit, not this machine
ABORT_SHARE = 0.2  # one in five: then it is the update, and not the node
_SECOND_WAVE = 10  # per cent

Execute = Callable[[UpdateRequest, Listener, Cancel], Awaitable[NodeUpdate]]


@dataclass(frozen=True, slots=True)
class Rollout:
    """How a fleet is updated. `abort_share`: when more of the finished nodes failed, no further one is begun.

    `canary`: one node first, then 10 %, then all; the next wave begins when the one before is confirmed. `resume`:
    leave out what an earlier, stopped rollout of the same version has updated.
    """

    parallel: int = PARALLEL
    canary: bool = False
    abort_share: float = ABORT_SHARE
    resume: bool = False


def update_fleet(
    requests: Sequence[UpdateRequest],
    version: str,
    rollout: Rollout | None = None,
    *,
    listener: Listener = silent,
    cancel: Cancel | None = None,
    on_node: Callable[[NodeUpdate], object] = lambda _node: None,
) -> UpdateReport:
    """Update all these nodes to `version`; the report has each of them, also those that were not begun.

    Events name the node as their step, their note the step of its update. Nothing is raised for a node that failed.
    """
    return asyncio.run(
        update_fleet_async(requests, version, rollout, listener=listener, cancel=cancel, on_node=on_node)
    )


async def update_fleet_async(
    requests: Sequence[UpdateRequest],
    version: str,
    rollout: Rollout | None = None,
    *,
    listener: Listener = silent,
    cancel: Cancel | None = None,
    on_node: Callable[[NodeUpdate], object] = lambda _node: None,
    execute: Execute | None = None,
) -> UpdateReport:
    """As `update_fleet`, inside a running event loop; `execute` does one node's work, by default `here`.

    The limit of nodes at the same time is for each site: nodes of different access points do not share the airtime.
    """
    started = time.monotonic()
    work = _Fleet(rollout or Rollout(), version, listener, cancel or Cancel(), on_node, execute or here)
    for wave in waves(work.left(requests), canary=work.rollout.canary):
        if work.stopped:
            break
        await work.wave(wave)
    nodes = tuple(work.outcome(request) for request in requests)
    return UpdateReport(version, nodes, work.stopped, round(time.monotonic() - started, 3))


def waves(requests: Sequence[UpdateRequest], *, canary: bool) -> tuple[tuple[UpdateRequest, ...], ...]:
    """One node, then 10 % (at least one), then the rest; without a canary all at once."""
    if not canary:
        return (tuple(requests),)
    second = 1 + max(1, len(requests) * _SECOND_WAVE // 100)
    cut = (requests[:1], requests[1:second], requests[second:])
    return tuple(tuple(wave) for wave in cut if wave)


@dataclass(slots=True)
class _Fleet:
    rollout: Rollout
    name: str
    listener: Listener
    cancel: Cancel
    on_node: Callable[[NodeUpdate], object]
    execute: Execute
    stopped: str = ""
    done: dict[str, NodeUpdate] = field(default_factory=dict)  # by key of the device
    _known: dict[str, str] = field(default_factory=dict)

    def left(self, requests: Sequence[UpdateRequest]) -> list[UpdateRequest]:
        """Without those that an earlier rollout of this version has updated, when it is resumed."""
        name, known = records.rollout()
        if not self.rollout.resume or name != self.name:
            return list(requests)
        self._known = dict(known)
        good = {uid for uid, outcome in known.items() if outcome in ("updated", "unchanged")}
        for request in requests:
            if request.device.uid in good:
                self.done[_key(request.device)] = NodeUpdate(
                    request.device, "unchanged", notes=("Updated by the rollout that is resumed.",)
                )
        return [request for request in requests if _key(request.device) not in self.done]

    async def wave(self, requests: Sequence[UpdateRequest]) -> None:
        slots: dict[str, asyncio.Semaphore] = {}
        first = self.rollout.canary and len(requests) == 1 and not self._finished

        async def one(request: UpdateRequest) -> None:
            async with slots.setdefault(request.device.site, asyncio.Semaphore(max(1, self.rollout.parallel))):
                if not self.stopped:
                    self._take(await self._one(request), canary=first, keep=not request.dry_run)

        async with asyncio.TaskGroup() as group:
            for request in requests:
                group.create_task(one(request))

    async def _one(self, request: UpdateRequest) -> NodeUpdate:
        device, started = request.device, time.monotonic()
        self.listener(Event("start", device.uid, device.fuid))
        try:
            update = await self.execute(request, _of_node(device, self.listener), self.cancel)
        except CancelledByUser as error:
            self.stopped = self.stopped or "Stopped by the user."
            update = NodeUpdate(device, "failed", failure=failure_of(error))
        except ToolkitError as error:
            status = status_of(error) if isinstance(error, NodeError) else device.status
            update = NodeUpdate(replace(device, status=status), "failed", failure=failure_of(error))
        took = time.monotonic() - started
        note = update.failure.message if update.failure else update.outcome
        self.listener(
            Event("done" if update.good else "failed", device.uid, device.fuid, update.bytes, update.bytes, note, took)
        )
        return update

    def _take(self, update: NodeUpdate, *, canary: bool, keep: bool) -> None:
        """`keep`: a dry run is no rollout that could be resumed, and must not hide one that can. It does no
        harm either, so no failure ends it.
        """
        self.done[_key(update.device)] = update
        self.on_node(update)
        if not keep:
            return
        self._known[update.device.uid] = update.outcome
        records.remember_rollout(self.name, self._known)
        bad = sum(not node.good for node in self._finished)
        if canary and bad:
            self.stopped = self.stopped or "The canary was not updated, so no other node was begun."
        elif bad and bad > self.rollout.abort_share * max(len(self._finished), self._few):
            self.stopped = self.stopped or f"{bad} of {len(self._finished)} failed, so no further node was begun."

    @property
    def _few(self) -> int:
        """One failure among the first few says nothing about the share."""
        return max(1, self.rollout.parallel)

    @property
    def _finished(self) -> list[NodeUpdate]:
        return [node for node in self.done.values() if node.seconds or node.failure]

    def outcome(self, request: UpdateRequest) -> NodeUpdate:
        return self.done.get(_key(request.device)) or NodeUpdate(request.device, "not_started")


def _of_node(device: Device, listener: Listener) -> Listener:
    """The events of one node's update as progress of its one row."""

    def tell(event: Event) -> None:
        if event.kind in ("start", "progress"):
            listener(Event("progress", device.uid, device.fuid, event.done, event.total, event.title))

    return tell


def _key(device: Device) -> str:
    return device.uid or f"{device.ip}:{device.port}"


async def here(request: UpdateRequest, listener: Listener, cancel: Cancel) -> NodeUpdate:
    """The update of one node by this machine."""
    return await update_node_async(request, cache=DeviceCache(paths.device_cache()), listener=listener, cancel=cancel)
