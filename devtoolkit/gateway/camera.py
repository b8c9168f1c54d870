"""Pictures of nodes with a camera, fetched from their web server."""

import asyncio
from http import HTTPStatus

from devtoolkit.errors import NodeError
from devtoolkit.gateway.problems import NotFoundError
from devtoolkit.gateway.state import Gateway
from devtoolkit.model.device import Device
from devtoolkit.services import node_web

MODULE = "LM_OV2640"
_PATH = "/cam/snapshot"


async def cameras(gateway: Gateway) -> list[str]:
    """Names of the nodes that are there now and have a camera module in memory."""
    reports = await gateway.survey.fresh(max_age_s=30)

    async def has(device: Device) -> str:
        try:
            answer = await gateway.pool.ask(device, ["lmpacman module"])
        except NodeError:
            return ""
        return device.fuid if any(MODULE in line for line in answer.lines) else ""

    found = await asyncio.gather(*(has(report.device) for report in reports if report.up))
    return sorted(name for name in found if name)


async def snapshot(gateway: Gateway, device: Device) -> bytes:
    """A JPEG. Raises NodeUnreachableError, BadReplyError, NotFoundError when the node gives none."""
    async with gateway.pool.place(device):
        answer = await asyncio.to_thread(node_web.get, device, _PATH, port=gateway.settings.node_web_port)
    if answer.status != HTTPStatus.OK or not answer.kind.startswith("image/"):
        raise NotFoundError(f"{device.fuid} gives no picture (status {answer.status}).", hint="Has it a camera?")
    return answer.body
