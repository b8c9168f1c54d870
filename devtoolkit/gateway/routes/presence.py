"""Who appears and vanishes, as events; no routes."""

from devtoolkit.gateway.registry import RouteGroup
from devtoolkit.gateway.searching import asker
from devtoolkit.gateway.state import Gateway
from devtoolkit.services import presence


async def watch(gateway: Gateway) -> None:
    """Until cancelled; the connection cache learns what is new."""
    if not gateway.settings.watch:
        return
    ask = asker(gateway.directory, gateway.pool)
    async for event in presence.watch(gateway.cache, scan=False, ask=ask):
        device = event.device
        facts = {"uid": device.uid, "fuid": device.fuid, "ip": device.ip, "status": device.status}
        gateway.events.publish("node", {**facts, "change": event.kind})


GROUP = RouteGroup(background=watch)
