"""`/api/v1/devices`: the nodes, commands to them, and what their modules offer."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from devtoolkit.gateway.commands import ask
from devtoolkit.gateway.problems import answers
from devtoolkit.gateway.registry import RouteGroup
from devtoolkit.gateway.state import Gateway, GatewayDep
from devtoolkit.model.device import Device, Status
from devtoolkit.services.cache import DeviceFacts
from devtoolkit.services.widgets import WidgetMemory

router = APIRouter(prefix="/api/v1/devices", tags=["devices"])
DeviceName = Annotated[str, Path(description="uid, name or address", min_length=1, max_length=255)]
_MAX_AGE_S = 30.0


class DeviceOut(BaseModel):
    """A known node; `status` as of the last time it was asked, `last_seen` is Unix time."""

    uid: str
    fuid: str
    ip: str
    port: int
    status: Status
    version: str | None = None
    latency_s: float | None = None
    last_seen: float | None = None
    tags: list[str] = []
    reason: str = ""
    alarms: int | None = None


class Commands(BaseModel):
    """Commands for one session, one after another."""

    commands: Annotated[list[str], Field(min_length=1, max_length=32, examples=[["system info"]])]


class Reply(BaseModel):
    """One command and the lines of its answer."""

    command: str
    lines: list[str]


class Answered(BaseModel):
    """`latency_s`: from the first packet to the last prompt."""

    device: DeviceOut
    replies: list[Reply]
    latency_s: float


class WidgetOut(BaseModel):
    """`call` is a command in which `:range:` or `:options:` stands for a value."""

    module: str
    function: str
    type: str
    call: str
    range: list[float]
    options: list[str]
    refresh_ms: int | None = None
    limit: int | None = None


@router.get("", responses=answers(400))
async def devices(gateway: GatewayDep, fresh: bool = False) -> list[DeviceOut]:
    """All known nodes, at once; they are asked meanwhile (see the events). `fresh`: wait for their answers."""
    if fresh:
        await gateway.survey.fresh(0)
    elif gateway.survey.age_s > _MAX_AGE_S:
        gateway.survey.begin()
    reports = {one.device.uid: one for one in gateway.survey.reports}
    found = []
    for device, facts in await gateway.directory.all():
        report = reports.get(device.uid)
        out = _out(report.device if report else device, facts)
        if report:
            out.reason, out.alarms, out.last_seen = report.reason, report.alarms, report.last_seen
        found.append(out)
    return found


@router.get("/{device}", responses=answers(400, 404))
async def device(device: DeviceName, gateway: GatewayDep) -> DeviceOut:
    """One known node, without asking it."""
    return await known(gateway, device)


@router.post("/{device}/commands", responses=answers(400, 404, 504))
async def commands(device: DeviceName, body: Commands, gateway: GatewayDep) -> Answered:
    """Send commands, one after another in one session; they are never sent twice."""
    node = await gateway.directory.find(device)
    answer = await ask(gateway, node, *body.commands)
    replies = [Reply(command=command, lines=list(lines)) for command, lines in answer.replies]
    return Answered(device=_out(answer.device), replies=replies, latency_s=round(answer.latency_s, 4))


@router.get("/{device}/widgets", responses=answers(400, 404, 504))
async def widgets(device: DeviceName, gateway: GatewayDep) -> list[WidgetOut]:
    """What the node's loaded modules offer to draw."""
    node = await gateway.directory.find(device)
    async with gateway.pool.session(node) as shell:
        found = await WidgetMemory().of(shell, node.uid)
    return [WidgetOut.model_validate(asdict(one)) for one in found]


async def known(gateway: Gateway, name: str) -> DeviceOut:
    """A node as it was seen last. Raises UnknownDeviceError."""
    node = await gateway.directory.find(name)
    facts = {one.uid: facts for one, facts in await gateway.directory.all()}
    return _out(node, facts.get(node.uid, DeviceFacts()))


def _out(device: Device, facts: DeviceFacts | None = None) -> DeviceOut:
    out = DeviceOut.model_validate(asdict(device))
    if facts:
        out.last_seen, out.tags = facts.last_seen, list(facts.tags)
        out.latency_s = out.latency_s if out.latency_s is not None else facts.latency_s
    return out


GROUP = RouteGroup(router, order=40)
