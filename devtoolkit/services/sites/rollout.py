"""One node's update by its site, as the fleet's executor wants it; the site is sent the files once."""

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

from devtoolkit.errors import CancelledByUser, NodeError, ToolkitError
from devtoolkit.pipelines.base import Cancel, Listener
from devtoolkit.services.bulk import Failure, failure_of
from devtoolkit.services.ota.fleet import here
from devtoolkit.services.ota.request import NodeUpdate, UpdateRequest
from devtoolkit.services.sites import filesets
from devtoolkit.services.sites.centre import Collector
from devtoolkit.services.sites.jobs import Job, Outcome, UpdateJob
from devtoolkit.services.sites.perform import of_site
from devtoolkit.services.sites.registry import Registry

_LOOK_S = 0.2  # how often a wait looks at the cancel flag


@dataclass(slots=True)
class RemoteUpdates:
    """The `execute` of `update_fleet_async` for this machine's nodes and those of sites."""

    collector: Collector
    registry: Registry
    source: Path | None
    _sent: "dict[str, asyncio.Task[Failure | None]]" = field(default_factory=dict)

    async def __call__(self, request: UpdateRequest, listener: Listener, cancel: Cancel) -> NodeUpdate:
        device = request.device
        if not device.site:
            return await here(request, listener, cancel)
        failure = await self._files(device.site)
        if failure:
            return NodeUpdate(replace(device, status="OFFLINE"), "failed", failure=failure)
        done = await self._unless(cancel, self._job(request), device.site)
        if done.failure:
            return NodeUpdate(replace(device, status="OFFLINE"), "failed", failure=done.failure)
        update = of_site(done.answers[0], device.site) if len(done.answers) == 1 else None
        if not isinstance(update, NodeUpdate) or update.device.uid != device.uid:
            raise NodeError(f"The site {device.site} has answered for another node.", hint="See its log.")
        return update

    def _job(self, request: UpdateRequest) -> UpdateJob:
        mode = request.mode if request.mode != "files" else "changed"
        return UpdateJob(
            request.device.uid,
            filesets.digest_of(self.source),
            mode,
            request.force,
            request.dry_run,
            request.only_older,
            request.trial_s,
            request.confirm,
        )

    async def _files(self, site: str) -> Failure | None:
        """Once for each site: why it has not got them, None when it has."""
        if site not in self._sent:
            self._sent[site] = asyncio.create_task(self._send(site))
        return await asyncio.shield(self._sent[site])

    async def _send(self, site: str) -> Failure | None:
        try:
            digest = await asyncio.to_thread(filesets.digest_of, self.source)
            card = (await asyncio.to_thread(self.registry.cards)).get(site)
            if card and digest in card.sets:
                return None
            return (await self.collector.run(site, await asyncio.to_thread(filesets.packed, self.source))).failure
        except ToolkitError as error:
            return failure_of(error)

    async def _unless(self, cancel: Cancel, job: Job, site: str) -> Outcome:
        """A stop calls off what the site has not begun; what it has begun it brings to its end."""
        work = asyncio.create_task(self.collector.run(site, job))
        try:
            while not work.done():
                if cancel.wanted:
                    raise CancelledByUser(f"Stopped by the user; the site {site} ends what it has begun.")
                await asyncio.wait((work,), timeout=_LOOK_S)
            return work.result()
        finally:
            work.cancel()
