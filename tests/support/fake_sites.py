"""Other sites for the window's tests: what they would tell is set by the test."""

from devtoolkit.model.device import Device
from devtoolkit.services.sites.model import Site


class FakeSites:
    """`other_sites` and `site_devices` are what a broker would give; `no_broker` is raised instead."""

    other_sites: tuple[Site, ...] = ()
    site_devices: tuple[Device, ...] = ()
    no_broker: Exception | None = None

    def sites(self) -> tuple[Site, ...]:
        if self.no_broker:
            raise self.no_broker
        return self.other_sites

    def sites_devices(self) -> tuple[Device, ...]:
        if self.no_broker:
            raise self.no_broker
        return self.site_devices
