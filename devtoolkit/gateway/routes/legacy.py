"""The original's endpoints, with its paths and its JSON."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from devtoolkit.gateway.commands import ask
from devtoolkit.gateway.problems import answers
from devtoolkit.gateway.registry import RouteGroup
from devtoolkit.gateway.searching import EVERY_S
from devtoolkit.gateway.state import GatewayDep
from devtoolkit.model.device import Device
from devtoolkit.services.survey import NodeReport
from devtoolkit.transports.tcp_packet import shown

router = APIRouter(tags=["compatible"])
STATUS_S = 60
_FIRST_S = 8.0  # the first caller waits so long for something to show

Place = Annotated[list[str | int], Field(min_length=3, max_length=3, description="address, port, name")]


class DeviceList(BaseModel):
    """Who is there and who is not, by uid."""

    online: dict[str, Place]
    offline: dict[str, Place]
    gateway_metrics: dict[str, Any]


class Found(BaseModel):
    """All known nodes by uid."""

    devices: dict[str, Place]
    gateway_metrics: dict[str, Any]


class StatusList(BaseModel):
    """How each node is, by uid."""

    devices: dict[str, dict[str, Any]]
    gateway_metrics: dict[str, Any]


class CommandAnswer(BaseModel):
    """`response` is a list where there is more than one line; `latency` in seconds."""

    cmd: list[str]
    device: Annotated[list[str | int], Field(min_length=4, max_length=4, description="uid, address, port, name")]
    response: str | list[str]
    latency: float


@router.get("/list/", responses=answers(400))
async def device_list(gateway: GatewayDep) -> DeviceList:
    """Who is there and who is not. The first call waits; later ones answer at once and look again meanwhile."""
    first = gateway.survey.ended_at is None
    state = "running" if gateway.survey.running else "done"
    if first:
        await gateway.survey.fresh(STATUS_S)
    elif state == "done":
        gateway.survey.begin()
        state = "start"
    reports = gateway.survey.reports
    return DeviceList(
        online={one.device.uid: _place(one.device) for one in reports if one.up},
        offline={one.device.uid: _place(one.device) for one in reports if not one.up},
        gateway_metrics={"status": "Done" if first else state, "last[sec]": round(gateway.survey.took_s, 3)},
    )


@router.get("/search/", responses=answers(400))
async def search(gateway: GatewayDep) -> Found:
    """Look for nodes in the background; those known by now."""
    state = gateway.searcher.begin()
    known = {device.uid: _place(device) for device, _ in await gateway.directory.all()}
    return Found(
        devices=known,
        gateway_metrics={"status": state, "last[sec]": round(gateway.searcher.took_s, 3), "qlimit[sec]": EVERY_S},
    )


@router.get("/status", responses=answers(400))
async def status(gateway: GatewayDep) -> StatusList:
    """How all nodes are. Their error logs are read, never cleared."""
    survey = gateway.survey
    state = "Running" if survey.running else "Done"
    if survey.age_s > STATUS_S and not survey.running:
        survey.begin()
        state = "Start"
    if survey.ended_at is None:
        await asyncio.wait({survey.begin()}, timeout=_FIRST_S)
    reports = survey.reports
    healthy = sum(one.healthy for one in reports)
    share = round(100 * healthy / len(reports), 1) if reports else 0.0
    return StatusList(
        devices={one.device.uid: _status(one) for one in reports},
        gateway_metrics={
            "status": state,
            "last[sec]": round(survey.took_s, 3),
            "device_count": len(reports),
            "availablity[%]": share,
            "qlimit[sec]": STATUS_S,
        },
    )


@router.get("/sendcmd/{device}/{cmd:path}", responses=answers(400, 404, 504))
async def sendcmd(device: str, cmd: str, gateway: GatewayDep) -> CommandAnswer:
    """One command to one node (uid, name or address); `+` in the command is a blank."""
    node = await gateway.directory.find(device)
    command = cmd.replace("+", " ").strip()
    answer = await ask(gateway, node, command)
    lines = list(answer.lines)
    return CommandAnswer(
        cmd=shown(command).split(" "),
        device=[node.uid, node.ip, node.port, node.fuid],
        response=lines if len(lines) > 1 else "".join(lines),
        latency=round(answer.latency_s, 4),
    )


def _place(device: Device) -> Place:
    return [device.ip, device.port, device.fuid]


def _status(one: NodeReport) -> dict[str, Any]:
    alarms: dict[str, Any] | str = "Unknown"
    if one.alarms is not None:
        alarms = {"verdict": f"{'NOK' if one.alarms else 'OK'} alarm: {one.alarms}", "log": list(one.alarm_log)}
    return {
        "verdict": "HEALTHY" if one.healthy else "UNHEALTHY",
        "fuid": one.device.fuid,
        "devip": one.device.ip,
        "version": one.device.version or "Unknown",
        "alarms": alarms,
        "latency": one.device.latency_s,
        "upython": one.micropython or "Unknown",
        "cpu_temp": one.cpu_celsius,
        "free_fs": _free(one.fs_used),
        "free_ram": _free(one.memory_used),
    }


def _free(used: float | None) -> float | None:
    return None if used is None else round(100 * (1 - used), 1)


GROUP = RouteGroup(router, order=30)
