"""Home Assistant through an MQTT broker, where one is named; no routes."""

from devtoolkit.gateway.registry import RouteGroup
from devtoolkit.gateway.state import Gateway


async def bridge(gateway: Gateway) -> None:
    """Until cancelled. Raises UsageError for an address that is none."""
    if not gateway.settings.mqtt:
        return
    from devtoolkit.gateway.mqtt_bridge import Bridge  # late: few have a broker
    from devtoolkit.gateway.mqtt_settings import broker

    await Bridge(broker(gateway.settings.mqtt), gateway.survey, gateway.pool).run()


GROUP = RouteGroup(background=bridge)
