"""One running gateway: what its routes share."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from devtoolkit.gateway.directory import Directory
from devtoolkit.gateway.events import Events
from devtoolkit.gateway.jobs import Jobs
from devtoolkit.gateway.metrics import Metrics, Parts
from devtoolkit.gateway.searching import Searcher
from devtoolkit.gateway.settings import GatewaySettings
from devtoolkit.gateway.throttle import Throttle
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.sessions import Sessions
from devtoolkit.services.survey import NodeReport, Survey

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Gateway:
    """The parts of one gateway; made by `build`, in the event loop that serves."""

    settings: GatewaySettings
    cache: DeviceCache
    directory: Directory
    pool: Sessions
    survey: Survey
    searcher: Searcher
    events: Events
    jobs: Jobs
    metrics: Metrics
    throttle: Throttle

    async def close(self) -> None:
        """End streams, jobs and sessions."""
        self.events.close()
        await self.jobs.close()
        await self.searcher.close()
        await self.survey.close()
        await self.pool.close()


def build(settings: GatewaySettings) -> Gateway:
    """A gateway with its parts wired, not listening yet. Call it in the event loop that will serve it."""
    cache = DeviceCache(settings.cache)
    events, metrics = Events(), Metrics()
    pool = Sessions(limits=settings.limits, idle_s=settings.idle_s, on_done=metrics.commanded)
    before: dict[str, NodeReport] = {}

    def tell(reports: tuple[NodeReport, ...]) -> None:
        for report in reports:
            device, known = report.device, before.get(report.device.uid)
            if known is None or known.device.status != device.status or known.device.fuid != device.fuid:
                events.publish(
                    "node", {"uid": device.uid, "fuid": device.fuid, "ip": device.ip, "status": device.status}
                )
        before.clear()
        before.update({report.device.uid: report for report in reports})

    survey = Survey(pool, cache, tell)
    jobs = Jobs(events)
    metrics.read(Parts(survey, pool, jobs, settings.site))
    directory = Directory(cache)
    searcher = Searcher(directory, pool, events)
    return Gateway(settings, cache, directory, pool, survey, searcher, events, jobs, metrics, Throttle())


def gateway_of(request: Request) -> Gateway:
    """The gateway that this request came to."""
    found: Gateway = request.app.state.gateway
    return found


GatewayDep = Annotated[Gateway, Depends(gateway_of)]
Background = Callable[[Gateway], Awaitable[None]]


async def guarded(name: str, work: Background, gateway: Gateway) -> None:
    """Run background work; its failure ends only itself."""
    try:
        await work(gateway)
    except asyncio.CancelledError:
        raise
    except Exception:
        _LOG.exception("%s has ended", name)
