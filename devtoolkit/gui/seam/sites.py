"""Other sites of the fleet, and their nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devtoolkit.gui.seam._base import Seam

if TYPE_CHECKING:
    from devtoolkit.model.device import Device
    from devtoolkit.services.sites.model import Site


class Sites(Seam):
    """Other sites of the fleet, and their nodes; none, and no Celery, where no broker is set up."""

    def sites(self) -> tuple[Site, ...]:
        """Raises BrokerError when the broker is away."""
        from devtoolkit.services.sites import devices

        return devices.sites()

    def sites_devices(self) -> tuple[Device, ...]:
        """Each with the name of its site; as the site saw it last. Raises BrokerError when the broker is away."""
        from devtoolkit.services.sites import devices

        return devices.sites_devices()
