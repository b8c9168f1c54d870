"""`/webhooks`: what the user has declared to be startable from outside."""

import asyncio

from fastapi import APIRouter
from pydantic import BaseModel

from devtoolkit.errors import ToolkitError
from devtoolkit.gateway import webhook_files
from devtoolkit.gateway.commands import ask
from devtoolkit.gateway.problems import answers
from devtoolkit.gateway.registry import RouteGroup
from devtoolkit.gateway.state import Gateway, GatewayDep
from devtoolkit.model.device import Device
from devtoolkit.services.targets import targets

router = APIRouter(prefix="/webhooks", tags=["web hooks"])


class HookOut(BaseModel):
    """What may be started; `arguments` is how many it takes."""

    name: str
    title: str
    arguments: int


class NodePart(BaseModel):
    """One node's answers; `error` says why there are none."""

    fuid: str
    lines: list[str] = []
    error: str = ""


class HookResult(BaseModel):
    """`exit_code` and `output` are those of the hook's program, None when it has none."""

    name: str
    ok: bool
    nodes: list[NodePart]
    exit_code: int | None = None
    output: str | None = None


@router.get("", responses=answers())
async def declared(gateway: GatewayDep) -> list[HookOut]:
    """The declared hooks."""
    found = await asyncio.to_thread(webhook_files.hooks, gateway.settings.webhooks)
    return [HookOut(name=one.name, title=one.title, arguments=one.arguments) for one in found]


@router.get("/{name}", responses=answers(400, 404))
async def call(name: str, gateway: GatewayDep) -> HookResult:
    """Start a hook that takes no argument."""
    return await _run(gateway, name, ())


@router.get("/{name}/{arguments:path}", responses=answers(400, 404))
async def call_with(name: str, arguments: str, gateway: GatewayDep) -> HookResult:
    """Start a hook with arguments, divided by `/`."""
    return await _run(gateway, name, tuple(arguments.split("/")))


@router.post("/{name}", responses=answers(400, 404))
async def post(name: str, gateway: GatewayDep) -> HookResult:
    """As GET."""
    return await _run(gateway, name, ())


async def _run(gateway: Gateway, name: str, words: tuple[str, ...]) -> HookResult:
    hook = await asyncio.to_thread(webhook_files.load, gateway.settings.webhooks, name)
    commands = hook.filled(words)
    chosen = await asyncio.to_thread(targets, hook.nodes, gateway.cache) if hook.nodes else ()
    parts = await asyncio.gather(*(_one(gateway, device, commands) for device in chosen))
    code, output = None, None
    if hook.program:
        code, output = await webhook_files.run(hook.program, words)
    ok = not code and not any(part.error for part in parts)
    gateway.events.publish("webhook", {"name": name, "ok": ok})
    return HookResult(name=name, ok=ok, nodes=list(parts), exit_code=code, output=output)


async def _one(gateway: Gateway, device: Device, commands: tuple[str, ...]) -> NodePart:
    try:
        answer = await ask(gateway, device, *commands)
    except ToolkitError as error:
        return NodePart(fuid=device.fuid, error=error.message)
    return NodePart(fuid=device.fuid, lines=list(answer.lines))


GROUP = RouteGroup(router, order=45)
