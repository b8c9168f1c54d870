"""An update as a job: in a thread with an event loop of its own, in the nodes' lines like everybody else."""

import asyncio
import concurrent.futures
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from devtoolkit.gateway.jobs import Work
from devtoolkit.gateway.state import Gateway
from devtoolkit.model.device import Device
from devtoolkit.pipelines.base import Cancel, Listener
from devtoolkit.services.ota import fileset
from devtoolkit.services.ota.fleet import Rollout, update_fleet_async
from devtoolkit.services.ota.request import NodeUpdate, UpdateReport, UpdateRequest
from devtoolkit.services.ota.update import update_node_async


def update(gateway: Gateway, requests: Sequence[UpdateRequest], rollout: Rollout) -> Work:
    """The work of a job that updates these nodes; its result is an UpdateReport."""

    async def work(listener: Listener, cancel: Cancel) -> UpdateReport:
        loop = asyncio.get_running_loop()

        async def execute(request: UpdateRequest, listener: Listener, cancel: Cancel) -> NodeUpdate:
            async with _place(gateway, loop, request.device):
                return await update_node_async(request, cache=gateway.cache, listener=listener, cancel=cancel)

        version = await asyncio.to_thread(lambda: fileset.bundled(requests[0].source).version)
        return await asyncio.to_thread(
            lambda: asyncio.run(
                update_fleet_async(requests, version, rollout, listener=listener, cancel=cancel, execute=execute)
            )
        )

    return work


@asynccontextmanager
async def _place(gateway: Gateway, loop: asyncio.AbstractEventLoop, device: Device) -> AsyncIterator[None]:
    """One of the node's places, which belong to `loop`, held from another loop."""
    entered: concurrent.futures.Future[None] = concurrent.futures.Future()
    left = asyncio.Event()

    async def hold() -> None:
        try:
            async with gateway.pool.place(device):
                entered.set_result(None)
                await left.wait()
        except BaseException as error:
            if not entered.done():
                entered.set_exception(error)

    asyncio.run_coroutine_threadsafe(hold(), loop)
    try:
        await asyncio.wrap_future(entered)
        yield
    finally:
        loop.call_soon_threadsafe(left.set)
