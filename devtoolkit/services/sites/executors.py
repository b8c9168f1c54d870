"""Where a job is done: in this process or by the worker of a site; the answers are the same."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar, cast

from devtoolkit.errors import ToolkitError
from devtoolkit.model.device import Device
from devtoolkit.model.node_status import NodeStatus
from devtoolkit.services.bulk import Failure, NodeAnswer, failure_of
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.config_jobs import ConfigAnswer
from devtoolkit.services.sites.centre import Collector
from devtoolkit.services.sites.jobs import Answer, Job
from devtoolkit.services.sites.perform import of_site, perform

BATCH = 250  # nodes of one job: a lost one costs little, and its message stays small

A = TypeVar("A", NodeStatus, NodeAnswer, ConfigAnswer)


class Executor(Protocol):
    """Does a job somewhere; an answer for each of its nodes. Raises ToolkitError."""

    async def __call__(self, job: Job) -> tuple[Answer, ...]: ...


@dataclass(frozen=True, slots=True)
class Here:
    """In this process, on the nodes of this machine's cache."""

    cache: DeviceCache

    async def __call__(self, job: Job) -> tuple[Answer, ...]:
        return await perform(job, self.cache)


@dataclass(frozen=True, slots=True)
class AtSite:
    """By the worker of a site."""

    site: str
    collector: Collector

    async def __call__(self, job: Job) -> tuple[Answer, ...]:
        done = await self.collector.run(self.site, job)
        if done.failure:
            raise AtSiteError(done.failure)
        return tuple(of_site(answer, self.site) for answer in done.answers)


class AtSiteError(ToolkitError):
    """A site's error, under the name it had there."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message, hint=failure.hint)
        self.failure = failure


async def spread(
    devices: Sequence[Device],
    executors: Mapping[str, Executor],
    job: Callable[[tuple[str, ...]], Job],
    failed: Callable[[Device, Failure], A],
    on_answer: Callable[[A], object],
) -> dict[str, A]:
    """The job for all devices, in batches by site, all at the same time; by uid.

    A batch that fails as a whole has the reason for each of its devices.
    """
    found: dict[str, A] = {}

    async def one(executor: Executor, batch: Sequence[Device]) -> None:
        try:
            answers = {_uid(answer): answer for answer in await executor(job(tuple(device.uid for device in batch)))}
            failure = Failure("BrokerError", "The site's answer leaves the node out.", "See its log.")
        except ToolkitError as error:
            answers, failure = {}, error.failure if isinstance(error, AtSiteError) else failure_of(error)
        for device in batch:
            answer = cast("A | None", answers.get(device.uid))  # the job's kind decides the answer's
            found[device.uid] = answer or failed(device, failure)
            on_answer(found[device.uid])

    async with asyncio.TaskGroup() as group:
        for site, batch in _batches(devices):
            group.create_task(one(executors[site], batch))
    return found


def _batches(devices: Sequence[Device]) -> Iterator[tuple[str, Sequence[Device]]]:
    """Own nodes in one piece: nothing is sent."""
    by_site: dict[str, list[Device]] = {}
    for device in devices:
        by_site.setdefault(device.site, []).append(device)
    for site, theirs in by_site.items():
        size = BATCH if site else len(theirs)
        for start in range(0, len(theirs), size):
            yield site, theirs[start : start + size]


def _uid(answer: Answer) -> str:
    return answer.uid if isinstance(answer, NodeStatus) else answer.device.uid
