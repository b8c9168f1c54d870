"""Pictures of nodes with a camera, fetched from their web server."""

import asyncio
import base64
import http.client
from collections.abc import Mapping

from devtoolkit.errors import NodeError, NodeUnreachableError
from devtoolkit.gateway.problems import NotFoundError
from devtoolkit.gateway.state import Gateway
from devtoolkit.model.device import Device
from devtoolkit.services import secrets

MODULE = "LM_OV2640"
_PATH = "/cam/snapshot"
_LIMIT_S = 10.0
_MOST = 4 << 20  # bytes; the camera's largest picture has 1600 x 1200 pixels


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
    """A JPEG. Raises NodeUnreachableError, NotFoundError when the node gives none."""
    password = await asyncio.to_thread(secrets.password_of, device.uid)
    async with gateway.pool.place(device):
        return await asyncio.to_thread(_fetch, device, gateway.settings.node_web_port, password)


def _fetch(device: Device, port: int, password: str | None) -> bytes:
    connection = http.client.HTTPConnection(device.ip, port, timeout=_LIMIT_S)
    try:
        status, kind, data = _get(connection, {})
        if status == 401 and password:
            connection.close()
            word = base64.b64encode(f"micrOS:{password}".encode()).decode()
            status, kind, data = _get(connection, {"Authorization": f"Basic {word}"})
    except (OSError, http.client.HTTPException) as error:
        raise NodeUnreachableError(
            f"The web server of {device.fuid} does not answer: {error}.", hint="Is webui on there?", node=device.fuid
        ) from error
    finally:
        connection.close()
    if status != 200 or not kind.startswith("image/") or len(data) > _MOST:
        raise NotFoundError(f"{device.fuid} gives no picture (status {status}).", hint="Has it a camera?")
    return data


def _get(connection: http.client.HTTPConnection, headers: Mapping[str, str]) -> tuple[int, str, bytes]:
    connection.request("GET", _PATH, headers=dict(headers))
    answer = connection.getresponse()
    return answer.status, answer.getheader("Content-Type", ""), answer.read(_MOST + 1)
