"""`/metrics` of the gateway and all nodes, and the original's `/metrics/{device}/{cmd}`."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from devtoolkit.gateway.commands import ask
from devtoolkit.gateway.exposition import exposition
from devtoolkit.gateway.problems import CommandRefusedError, answers
from devtoolkit.gateway.registry import RouteGroup
from devtoolkit.gateway.state import GatewayDep

router = APIRouter(tags=["prometheus"])
_MAX_AGE_S = 5.0  # several scrapers share one round


class Exposition(PlainTextResponse):
    """Text in Prometheus's format."""

    media_type = CONTENT_TYPE_PLAIN_0_0_4


@router.get("/metrics", response_class=Exposition, responses=answers(400))
async def metrics(gateway: GatewayDep) -> Exposition:
    """The gateway's own numbers and those of all known nodes, which are asked now."""
    await gateway.survey.fresh(_MAX_AGE_S)
    return Exposition(gateway.metrics.text())


@router.get("/metrics/{device}/{cmd:path}", response_class=Exposition, responses=answers(400, 404, 504))
async def command_metrics(device: str, cmd: str, gateway: GatewayDep) -> Exposition:
    """One command's answer as gauges (`+` in the command is a blank; `>json` is added)."""
    node = await gateway.directory.find(device)
    command = cmd.replace("+", " ").removesuffix(">json").strip()
    answer = await ask(gateway, node, f"{command} >json" if command else "")
    text = exposition(node.fuid, command, answer.lines)
    if not text:
        raise CommandRefusedError(f"The answer of {node.fuid} holds no number.", hint="Choose a command that measures.")
    return Exposition(text)


GROUP = RouteGroup(router, order=20)
