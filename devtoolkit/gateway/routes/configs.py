"""`/api/v1/devices/{device}/config`: settings of a node, secrets masked."""

import asyncio
from pathlib import Path as File
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from devtoolkit.gateway.problems import answers
from devtoolkit.gateway.registry import RouteGroup
from devtoolkit.gateway.routes.devices import DeviceName
from devtoolkit.gateway.state import Gateway, GatewayDep
from devtoolkit.model.node_config import Value
from devtoolkit.services import config_jobs
from devtoolkit.services.config_jobs import Action

router = APIRouter(prefix="/api/v1/devices/{device}/config", tags=["configuration"])


class NewValues(BaseModel):
    """Keys with their new values."""

    values: Annotated[dict[str, bool | int | str], Field(min_length=1, max_length=64, examples=[{"cron": True}])]


class ChangeOut(BaseModel):
    """One key with two values; null where one side does not have it."""

    key: str
    old: Value | None
    new: Value | None


class ConfigOut(BaseModel):
    """What was read, changed or compared. `reboot`: some of it works after the node's next restart."""

    uid: str
    fuid: str
    values: dict[str, Value]
    changes: list[ChangeOut]
    reboot: bool
    skipped: list[str]
    file: str | None


@router.get("", responses=answers(400, 404, 504))
async def get(
    device: DeviceName, gateway: GatewayDep, key: Annotated[list[str] | None, Query(max_length=64)] = None
) -> ConfigOut:
    """All settings, or these keys."""
    return await _run(gateway, device, "get", keys=key or [])


@router.patch("", responses=answers(400, 404, 504))
async def change(device: DeviceName, body: NewValues, gateway: GatewayDep) -> ConfigOut:
    """Set what differs; checked before, and taken back when the node refuses one."""
    return await _run(gateway, device, "set", values={key: str(value) for key, value in body.values.items()})


@router.get("/diff", responses=answers(400, 404, 504))
async def diff(device: DeviceName, gateway: GatewayDep) -> ConfigOut:
    """How the node differs from its archived configuration."""
    return await _run(gateway, device, "diff")


@router.post("/archive", responses=answers(400, 404, 504))
async def archive(device: DeviceName, gateway: GatewayDep) -> ConfigOut:
    """Keep the configuration in the toolkit's archive."""
    return await _run(gateway, device, "archive")


@router.post("/restore", responses=answers(400, 404, 504))
async def restore(device: DeviceName, gateway: GatewayDep) -> ConfigOut:
    """Set what differs from the archived configuration."""
    return await _run(gateway, device, "restore")


async def _run(
    gateway: Gateway, name: str, action: Action, *, keys: list[str] | None = None, values: dict[str, str] | None = None
) -> ConfigOut:
    node = await gateway.directory.find(name)
    async with gateway.pool.place(node):
        result = await asyncio.to_thread(
            config_jobs.run, action, node.uid, gateway.cache, keys=keys or (), values=values
        )
    config = result.nodes[0].config
    assert config is not None  # noqa: S101 - what is wrong with one node is raised
    return ConfigOut(
        uid=config.device.uid,
        fuid=config.device.fuid,
        values=config.values,
        changes=[ChangeOut(key=one.key, old=one.old, new=one.new) for one in config.changes],
        reboot=config.reboot,
        skipped=list(config.skipped),
        file=File(config.file).name if config.file else None,
    )


GROUP = RouteGroup(router, order=41)
