"""Whether a node can be found by its name: what mDNS says about it now."""

import asyncio
import contextlib

from devtoolkit import settings
from devtoolkit.model.device import Device
from devtoolkit.transports.interfaces import own_interfaces
from devtoolkit.transports.mdns import Announcement, MdnsBrowser

_PROBE_EVERY_S = 0.7  # a node answers at most twice a second


def addresses(device: Device, seconds: float = 4.0) -> tuple[str, ...]:
    """IPv4 addresses that the node announces, or that `<name>.local` has; empty when nobody says any in time."""
    return asyncio.run(_addresses(device, seconds))


async def _addresses(device: Device, seconds: float) -> tuple[str, ...]:
    heard: asyncio.Future[tuple[str, ...]] = asyncio.get_running_loop().create_future()

    def announced(announcement: Announcement) -> None:
        if announcement.uid.lower() == device.uid.lower() and not heard.done():
            heard.set_result(announcement.addresses)

    chosen = settings.chosen_interfaces()
    async with MdnsBrowser(own_interfaces(chosen), announced, everywhere=chosen is None) as browser:
        named = asyncio.ensure_future(browser.resolve(device.fuid, seconds))
        probes = asyncio.ensure_future(_probe(browser))
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while not heard.done() and not (named.done() and named.result()):
                        await asyncio.wait((heard, named), return_when=asyncio.FIRST_COMPLETED)
                        if named.done() and not named.result():
                            await asyncio.wait((heard,))
            return heard.result() if heard.done() else named.result() if named.done() else ()
        finally:
            for task in (named, probes):
                task.cancel()
            await asyncio.gather(named, probes, return_exceptions=True)


async def _probe(browser: MdnsBrowser) -> None:
    while True:
        browser.probe()
        await asyncio.sleep(_PROBE_EVERY_S)
