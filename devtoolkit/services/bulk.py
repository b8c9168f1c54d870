"""The same commands to many nodes at once; one that fails stops nobody else."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from devtoolkit.errors import NodeError, ToolkitError
from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.hello import status_of
from devtoolkit.services.scan import at_once
from devtoolkit.services.shell import Replies, ShellResult, Visit, refused, run_async
from devtoolkit.services.targets import targets
from devtoolkit.transports.tcp_shell import DEFAULT_LIMITS, Limits

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a node did not do it: the error's stable name, what happened, what to try."""

    type: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """One node's part; `failure` is None when all commands were answered."""

    device: Device
    replies: Replies
    failure: Failure | None = None

    @property
    def refused(self) -> tuple[str, ...]:
        """The commands that the node did not carry out, as its answers say."""
        return refused(self.replies)


@dataclass(frozen=True, slots=True)
class BulkResult:
    """The answers in the cache's order, failures last."""

    nodes: tuple[NodeAnswer, ...]

    @property
    def error(self) -> ToolkitError | None:
        """Set when a node failed or refused a command: then it has not worked."""
        failed = tuple(node.device for node in self.nodes if node.failure or node.refused)
        return error_of(failed, len(self.nodes))


ConnectResult = ShellResult | BulkResult


def run(
    commands: Sequence[str],
    selector: str,
    cache: DeviceCache,
    *,
    limits: Limits = DEFAULT_LIMITS,
    on_answer: Callable[[NodeAnswer], None] | None = None,
) -> BulkResult:
    """Send the commands to every node of `all`, `tag:NAME` or `NAME,NAME`, one session each, all at the same time.

    Nodes are asked at their cached addresses only. `on_answer` is called for each as it is done, from this thread.
    Raises NodeUnknownError when nobody is meant; what goes wrong with a node stands in its answer.
    """
    return asyncio.run(run_on_all(commands, selector, cache, limits=limits, on_answer=on_answer))


async def run_on_all(
    commands: Sequence[str],
    selector: str,
    cache: DeviceCache,
    *,
    limits: Limits = DEFAULT_LIMITS,
    on_answer: Callable[[NodeAnswer], None] | None = None,
) -> BulkResult:
    """As `run`, inside a running event loop."""

    async def one(device: Device) -> NodeAnswer:
        answer = await ask_one(commands, device, cache, limits)
        if on_answer:
            on_answer(answer)
        return answer

    answers = await side_by_side(targets(selector, cache), one)
    cache.put(*(answer.device for answer in answers))
    return BulkResult(tuple(sorted(answers, key=lambda answer: answer.failure is not None)))


async def ask_one(
    commands: Sequence[str], device: Device, cache: DeviceCache, limits: Limits = DEFAULT_LIMITS
) -> NodeAnswer:
    """One node of many; what goes wrong stands in its answer. The cache learns nothing from it."""
    try:
        result = await run_async(commands, visit_of(device, cache, limits))
    except ToolkitError as error:
        status = status_of(error) if isinstance(error, NodeError) else "OFFLINE"
        return NodeAnswer(replace(device, status=status), (), failure_of(error))
    return NodeAnswer(result.device, result.replies)


def visit_of(device: Device, cache: DeviceCache, limits: Limits = DEFAULT_LIMITS) -> Visit:
    """A visit of one of many: no search for the node, no write to the cache."""
    return Visit(device.uid, cache, limits=limits, repair=False, write=False, device=device)


async def side_by_side(devices: Sequence[Device], work: Callable[[Device], Awaitable[T]]) -> list[T]:
    """The work for all devices, as many at once as files may be open; results in the order of `devices`."""
    slots = asyncio.Semaphore(at_once())

    async def one(device: Device) -> T:
        async with slots:
            return await work(device)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(device)) for device in devices]
    return [task.result() for task in tasks]


def error_of(failed: Sequence[Device], total: int) -> ToolkitError | None:
    """The error of work with `total` nodes of which these failed; None when none did."""
    if not failed:
        return None
    names = [device.fuid for device in failed]
    return NodeError(
        f"{len(names)} of {total} nodes failed: {', '.join(names)}.", hint="Each of them says why.", nodes=names
    )


def failure_of(error: ToolkitError) -> Failure:
    """The error as plain values, for the answer of one node among several."""
    return Failure(error.type, error.message, error.hint)
