"""`/api/v1/ota`: updates over the air, as jobs; `/api/v1/search`: a search, as a job."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from devtoolkit.gateway import ota_work
from devtoolkit.gateway.problems import answers
from devtoolkit.gateway.registry import RouteGroup
from devtoolkit.gateway.routes.jobs import JobOut, job_out
from devtoolkit.gateway.state import GatewayDep
from devtoolkit.pipelines.base import Cancel, Event, Listener
from devtoolkit.services.ota import jobs as ota_jobs
from devtoolkit.services.ota.fleet import ABORT_SHARE, PARALLEL, Rollout

router = APIRouter(prefix="/api/v1", tags=["jobs and events"])


class Update(BaseModel):
    """Who is updated, and how carefully. `nodes`: NAME, NAME,NAME, tag:NAME, all, outdated."""

    nodes: Annotated[str, Field(min_length=1, max_length=2000)]
    mode: Literal["changed", "full", "modules"] = "changed"
    dry_run: bool = False
    force: bool = False
    confirm: Literal["node", "toolkit", "none"] = "node"
    parallel: Annotated[int, Field(ge=1, le=200)] = PARALLEL
    canary: bool = False
    abort_share: Annotated[float, Field(ge=0, le=1)] = ABORT_SHARE
    resume: bool = False


@router.post("/ota", status_code=202, responses=answers(400, 404))
async def ota(body: Update, gateway: GatewayDep) -> JobOut:
    """Begin an update; the job tells how it goes on. With `dry_run` it only says what would be sent."""
    requests = await asyncio.to_thread(
        lambda: ota_jobs.requests_for(
            body.nodes,
            gateway.cache,
            mode=body.mode,
            dry_run=body.dry_run,
            force=body.force,
            confirm=body.confirm,
        )
    )
    rollout = Rollout(body.parallel, body.canary, body.abort_share, body.resume)
    what = "Plan an update of" if body.dry_run else "Update"
    job = gateway.jobs.start("ota", f"{what} {len(requests)} nodes", ota_work.update(gateway, requests, rollout))
    return job_out(job)


@router.post("/search", status_code=202, responses=answers(400))
async def search(gateway: GatewayDep) -> JobOut:
    """Look for nodes by mDNS and in the own networks; each is an event of the job."""

    async def work(listener: Listener, _cancel: Cancel) -> object:
        listener(Event("start", "search", "Search for nodes"))
        return await gateway.searcher.search(
            lambda device: listener(Event("progress", device.uid, device.fuid, note=device.ip))
        )

    return job_out(gateway.jobs.start("search", "Search for nodes", work))


GROUP = RouteGroup(router, order=43)
