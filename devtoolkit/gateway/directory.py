"""The known nodes, without reading the cache's files for every request."""

import asyncio
import time
from collections.abc import Sequence

from devtoolkit.errors import NodeUnknownError
from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache, DeviceFacts
from devtoolkit.services.cache_entries import RESERVED

_MOST = 4096  # names that are remembered
_PLACES_S = 1.0
_NAMED = 50  # known names in an error

Stamp = tuple[int, int, int]


class UnknownDeviceError(NodeUnknownError):
    """As NodeUnknownError, with the names that are known."""

    def __init__(self, message: str, *, known: Sequence[str], hint: str = "") -> None:
        super().__init__(message, hint=hint, known=list(known))
        self.known = tuple(known)


class Directory:
    """Reads the cache again when another program has written it. Raises what the cache raises."""

    def __init__(self, cache: DeviceCache) -> None:
        self.cache = cache
        self._found: dict[str, Device] = {}
        self._stamp: Stamp | None = None
        self._places: frozenset[tuple[str, int]] = frozenset()
        self._places_at = float("-inf")

    async def find(self, name: str) -> Device:
        """By uid, name or address. Raises UnknownDeviceError."""
        stamp = self._now()
        if stamp != self._stamp or len(self._found) > _MOST:
            self._found.clear()
            self._stamp = stamp
        device = self._found.get(name)
        if device is None:
            device = self._found[name] = await self._look(name)
        return device

    async def knows(self, ip: str, port: int) -> bool:
        """Whether a node is known at this address; what was written within the last second may be missed."""
        now = time.monotonic()
        if now - self._places_at > _PLACES_S:
            self._places_at = now
            self._places = frozenset((device.ip, device.port) for device, _ in await self.all())
        return (ip, port) in self._places

    async def _look(self, name: str) -> Device:
        try:
            return await asyncio.to_thread(self.cache.find, name)
        except NodeUnknownError as error:
            known = [device.fuid for device, _ in await self.all()]
            shown = ", ".join(known[:_NAMED]) or "none"
            raise UnknownDeviceError(error.message, known=known, hint=f"{error.hint} Known: {shown}.") from error

    async def all(self) -> tuple[tuple[Device, DeviceFacts], ...]:
        """All known nodes but the reserved entries, with what was seen of them."""
        devices, facts = await asyncio.to_thread(self.cache.snapshot)
        return tuple((one, facts.get(one.uid, DeviceFacts())) for one in devices if one.uid not in RESERVED)

    def _now(self) -> Stamp | None:
        try:
            found = self.cache.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
