"""A node's Wi-Fi, with the board on USB or over the network that the node opens by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devtoolkit import settings
from devtoolkit.gui.seam._base import Seam
from devtoolkit.pipelines.base import Event

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle
    from devtoolkit.services.wifi import WifiResult


class Wifi(Seam):
    """A node's Wi-Fi, with the board on USB or over the network that the node opens by itself."""

    def wifi_scan(self, port: str, handle: Handle) -> WifiResult:
        """The networks that the board on this port sees, the strongest first."""
        from devtoolkit.services import wifi

        handle.listener(Event("start", "scan", "The board looks for networks"))
        return wifi.scan(port)

    def wifi_join(self, port: str, name: str, password: str, handle: Handle, *, force: bool) -> WifiResult:
        """The board tries the network, keeps it and restarts; `force` keeps one that it cannot join from here."""
        from devtoolkit.services import wifi

        handle.listener(Event("start", "join", "The board tries the network, then restarts"))
        return wifi.join(port, lambda _seen: (name, password), force=force, interfaces=settings.chosen_interfaces())

    def wifi_join_over_network(self, name: str, password: str, handle: Handle) -> WifiResult:
        """The same with the node whose own network this computer has joined."""
        from devtoolkit.services import access_point, wifi

        handle.listener(Event("start", "join", "The node gets its network, then restarts"))
        interfaces = settings.chosen_interfaces()
        return wifi.join_over_network(access_point.NAME, name, password, ask=handle.ask, interfaces=interfaces)
