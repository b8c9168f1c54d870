"""Finding nodes: they announce themselves, a probe makes them do it at once, a scan finds the others, `hello` decides.

Results come as they are found; one address that swallows packets delays nobody else.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace

from devtoolkit.errors import NodeUnknownError
from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.hello import Ask
from devtoolkit.services.hunt import Hunt

_QUIET_RADIO_S = 1.5  # a sleeping Wi-Fi station gets broadcasts with every third beacon, about 0.3 s, and some get lost
_QUIET_LOOPBACK_S = 0.4  # no radio, and only nodes of ours, which answer a probe within milliseconds


def search(
    cache: DeviceCache,
    *,
    seconds: float = 5.0,
    interfaces: tuple[str, ...] | None = None,
    on_found: Callable[[Device], None] | None = None,
    quiet_s: float | None = None,
    scan: bool = True,
) -> tuple[Device, ...]:
    """All nodes that answer now, then the cached ones that do not (with the reason as status).

    Ends after `seconds`, or when nothing new has come for `quiet_s` and nothing is pending. `interfaces`: own IPv4
    addresses to look from, None for `settings.chosen_interfaces()`. `scan`: ask all hosts of the networks, for nodes
    that do not announce themselves. `on_found` is called for each node as it answers, from this thread. Found nodes are
    in the cache afterwards, also when the search is interrupted.
    """
    return asyncio.run(
        search_async(cache, seconds=seconds, interfaces=interfaces, on_found=on_found, quiet_s=quiet_s, scan=scan)
    )


def wait_for(
    name: str, cache: DeviceCache, *, seconds: float, interfaces: tuple[str, ...] | None = None
) -> Device | None:
    """The node with this uid or name as soon as it answers `hello`; None when it does not within `seconds`.

    Looks for its announcement, its cached address and, for a cached node, `<name>.local`. Corrects the cache.
    """
    return asyncio.run(wait_for_async(name, cache, seconds=seconds, interfaces=interfaces))


async def search_async(
    cache: DeviceCache,
    *,
    seconds: float = 5.0,
    interfaces: tuple[str, ...] | None = None,
    on_found: Callable[[Device], None] | None = None,
    quiet_s: float | None = None,
    scan: bool = True,
    ask: Ask | None = None,
) -> tuple[Device, ...]:
    """As `search`, inside a running event loop. `ask` is for programs with sessions of their own."""
    known = cache.all()
    async with Hunt(interfaces, on_found or _nobody, ask=ask) as hunt:
        if quiet_s is None:
            quiet_s = _QUIET_LOOPBACK_S if hunt.loopback_only else _QUIET_RADIO_S
        hunt.offer_cached(known)
        if scan:
            hunt.scan()
        try:
            await hunt.run(seconds, quiet_s)
        finally:
            cache.put(*hunt.found.values())
        versions = {device.uid: device.version for device in cache.all()}  # not every announcement tells it
        found = (replace(one, version=one.version or versions.get(one.uid)) for one in hunt.found.values())
        return (*found, *hunt.missing(known))


async def wait_for_async(
    name: str, cache: DeviceCache, *, seconds: float, interfaces: tuple[str, ...] | None = None
) -> Device | None:
    """As `wait_for`, inside a running event loop."""
    met: list[Device] = []

    def check(device: Device) -> None:
        if not met and (device.uid.lower() == name.lower() or device.fuid == name):
            met.append(device)
            hunt.stop()

    async with Hunt(interfaces, check, wanted=name) as hunt:
        with contextlib.suppress(NodeUnknownError):  # then only its announcement can find it
            hunt.offer_known(cache.find(name))
        await hunt.run(seconds, None)
    cache.put(*met)
    return met[0] if met else None


def _nobody(device: Device) -> None:
    """Nobody wants to hear of results as they come."""
