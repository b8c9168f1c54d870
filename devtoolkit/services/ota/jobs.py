"""An update as it is asked for: one node, several, all or the outdated ones."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from devtoolkit.errors import UsageError
from devtoolkit.model.device import Device
from devtoolkit.pipelines.base import Cancel, Listener, silent
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.ota import fileset, live, migrate
from devtoolkit.services.ota.fleet import Rollout, update_fleet
from devtoolkit.services.ota.live import LiveFile, LiveReport
from devtoolkit.services.ota.request import NodeUpdate, UpdateReport, UpdateRequest
from devtoolkit.services.ota.update import update_node_async
from devtoolkit.services.shell import AskPassword, Visit
from devtoolkit.services.targets import ALL, is_many, targets

OUTDATED = "outdated"
OtaResult = UpdateReport | LiveReport


def many(selector: str) -> bool:
    """Whether the selector means a group."""
    return selector == OUTDATED or is_many(selector)


def requests_for(selector: str, cache: DeviceCache, **options: Any) -> tuple[UpdateRequest, ...]:
    """One request per node of `NAME`, `NAME,NAME`, `tag:NAME`, `all` or `outdated` (all that have an older version).

    `options` are fields of UpdateRequest. Raises NodeUnknownError.
    """
    if selector == OUTDATED:
        options = {**options, "only_older": True}
    if not many(selector):
        return (UpdateRequest(_one(selector, cache), **options),)
    chosen = targets(ALL if selector == OUTDATED else selector, cache)
    return tuple(UpdateRequest(device, **{**options, "repair": False}) for device in chosen)


def run(
    selector: str,
    cache: DeviceCache,
    *,
    rollout: Rollout | None = None,
    listener: Listener = silent,
    cancel: Cancel | None = None,
    ask: AskPassword | None = None,
    on_node: Callable[[NodeUpdate], object] = lambda _node: None,
    **options: Any,
) -> UpdateReport:
    """Update the nodes that are meant. What goes wrong with one single node is raised; of many it is reported."""
    requests = requests_for(selector, cache, **options)
    version = fileset.bundled(requests[0].source).version
    if many(selector):
        return update_fleet(requests, version, rollout, listener=listener, cancel=cancel, on_node=on_node)
    started = time.monotonic()
    node = asyncio.run(update_node_async(requests[0], cache=cache, listener=listener, cancel=cancel, ask=ask))
    on_node(node)
    return UpdateReport(version, (node,), seconds=round(time.monotonic() - started, 3))


def upload(
    selector: str, files: tuple[LiveFile, ...], cache: DeviceCache, *, ask: AskPassword | None = None, **options: Any
) -> LiveReport:
    """Dropped modules into one running node, without a restart."""
    if many(selector):
        raise UsageError("Modules are dropped on one node at a time.", hint="Name one with --dev, or use --lm-only.")
    (request,) = requests_for(selector, cache, **options)
    return asyncio.run(live.upload(request, files, cache=cache, ask=ask))


def move(
    selector: str,
    cache: DeviceCache,
    *,
    listener: Listener = silent,
    cancel: Cancel | None = None,
    ask: AskPassword | None = None,
    **options: Any,
) -> UpdateReport:
    """A node of the original to our system (`--migrate`, experimental)."""
    if many(selector):
        raise UsageError("One node is moved at a time.", hint="Name it with --dev.")
    (request,) = requests_for(selector, cache, **options)
    started = time.monotonic()
    node = asyncio.run(migrate.move(request, cache=cache, listener=listener, cancel=cancel, ask=ask))
    return UpdateReport(node.version, (node,), seconds=round(time.monotonic() - started, 3))


def _one(selector: str, cache: DeviceCache) -> Device:
    """A node by name, uid or address; one that is only given by its address need not be known."""
    device = Visit(selector, cache).known()
    return replace(device, status="OFFLINE")
