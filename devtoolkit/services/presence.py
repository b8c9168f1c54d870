"""Who is there, continuously: one browser stays open, and nodes appear, change and vanish by themselves.

An announcement or its end is only a reason to ask; what `hello` says decides. Between announcements every node is asked
again from time to time, so that one that lost its power vanishes too.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Literal

from devtoolkit import settings
from devtoolkit.errors import NodeError
from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.cache_entries import RESERVED
from devtoolkit.services.hello import HELLO_LIMITS, Ask, ask_hello, status_of
from devtoolkit.services.scan import SCAN_LIMITS, at_once, hosts
from devtoolkit.transports.interfaces import own_interfaces
from devtoolkit.transports.mdns import Announcement, MdnsBrowser

EVERY_S = 10.0  # how long a node may be gone unnoticed; each asking costs the node a few milliseconds
_RETRY_S = 0.5  # one lost packet is no reason to vanish


@dataclass(frozen=True, slots=True)
class PresenceEvent:
    """`appear`: it answers now. `change`: it has another name, address, version or state. `vanish`: no answer."""

    kind: Literal["appear", "change", "vanish"]
    device: Device


async def watch(
    cache: DeviceCache,
    *,
    interfaces: tuple[str, ...] | None = None,
    every_s: float = EVERY_S,
    scan: bool = True,
    ask: Ask = ask_hello,
) -> AsyncIterator[PresenceEvent]:
    """Events until the caller stops (`aclose`, or cancels its task); at first those of the nodes that are there.

    Asks cached addresses, who announces itself, and with `scan` all hosts of the networks once at the beginning. The
    cache learns each appearance and change. `ask` is for programs with sessions of their own. Raises what the cache
    raises.
    """
    presence = _Presence(cache, interfaces, ask)
    async with presence.open():
        worker = asyncio.ensure_future(presence.keep_asking(every_s, scan=scan))
        worker.add_done_callback(presence.ended)
        try:
            while True:
                events = await presence.together()
                there = [one.device for one in events if one.kind != "vanish"]
                await asyncio.to_thread(cache.put, *there)  # a slow disk must not look like silent nodes
                for event in events:
                    yield event
        finally:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)


class _Presence:
    """What is known now, and the asking."""

    def __init__(self, cache: DeviceCache, interfaces: tuple[str, ...] | None, ask: Ask) -> None:
        chosen = interfaces if interfaces is not None else settings.chosen_interfaces()
        self.events: asyncio.Queue[PresenceEvent | BaseException] = asyncio.Queue()
        self._cache = cache
        self._hello = ask
        self._where = own_interfaces(chosen)
        self._limited = chosen is not None
        self._there: dict[str, Device] = {}  # by uid
        self._versions: dict[str, str] = {}
        self._slots = asyncio.Semaphore(at_once())
        self._asking: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._browser = MdnsBrowser(
            self._where, self._announced, everywhere=not self._limited, on_goodbye=self._said_goodbye
        )

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        async with self._browser:
            try:
                yield
            finally:
                tasks = tuple(self._asking.values())
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def together(self) -> list[PresenceEvent]:
        """What happened since the last call, at least one event. Raises what the asking raised."""
        found = [await self.events.get()]
        while not self.events.empty():
            found.append(self.events.get_nowait())
        for one in found:
            if isinstance(one, BaseException):
                raise one
        return [one for one in found if isinstance(one, PresenceEvent)]

    def ended(self, worker: "asyncio.Task[None]") -> None:
        """The asking has stopped; an error ends the watch too."""
        if not worker.cancelled() and (error := worker.exception()):
            self.events.put_nowait(error)

    async def keep_asking(self, every_s: float, *, scan: bool) -> None:
        """All known nodes in turn, for ever; and the probe, which new nodes answer."""
        first = hosts(self._where) if scan else ()
        for host in first:
            self._ask(host, settings.SHELL_PORT, scanned=True)
        while True:
            self._browser.probe()
            cached = await asyncio.to_thread(self._cached)
            known = {(one.ip, one.port): one for one in (*cached, *self._there.values())}
            for ip, port in known:
                self._ask(ip, port)
            await asyncio.sleep(every_s)

    def _cached(self) -> tuple[Device, ...]:
        return tuple(one for one in self._cache.all() if one.uid not in RESERVED and self._within(one.ip))

    def _within(self, ip: str) -> bool:
        return not self._limited or any(interface.contains(ip) for interface in self._where)

    def _announced(self, announcement: Announcement) -> None:
        self._versions[announcement.uid] = announcement.version
        present = self._there.get(announcement.uid)
        known = present is not None and present.port == announcement.port and present.ip in announcement.addresses
        if known and present and present.fuid == announcement.name and present.version == announcement.version:
            return
        for ip in announcement.addresses:
            if self._within(ip):
                self._ask(ip, announcement.port)
                return

    def _said_goodbye(self, name: str) -> None:
        for device in self._there.values():
            if device.fuid == name:
                self._ask(device.ip, device.port)

    def _ask(self, ip: str, port: int, *, scanned: bool = False) -> None:
        """Once at a time per address."""
        if (ip, port) not in self._asking:
            task = asyncio.ensure_future(self._answer(ip, port, scanned=scanned))
            self._asking[ip, port] = task
            task.add_done_callback(lambda _: self._asking.pop((ip, port), None))

    async def _answer(self, ip: str, port: int, *, scanned: bool) -> None:
        limits = SCAN_LIMITS if scanned else HELLO_LIMITS
        for last in (scanned, True):
            try:
                async with self._slots:
                    self._answered(await self._hello(ip, port, limits))
                return
            except NodeError as error:
                if last:
                    self._failed(ip, port, error)
                    return
            if not any((one.ip, one.port) == (ip, port) for one in self._there.values()):
                return  # nobody was there before: no second try
            await asyncio.sleep(_RETRY_S)

    def _answered(self, device: Device) -> None:
        device = replace(device, version=self._versions.get(device.uid) or None)
        before = self._there.get(device.uid)
        for gone in [one for one in self._there.values() if one.uid != device.uid and _same_place(one, device)]:
            self._say("vanish", replace(self._there.pop(gone.uid), status="OFFLINE"))
        self._there[device.uid] = device
        if before is None:
            self._say("appear", device)
        elif replace(before, latency_s=None) != replace(device, latency_s=None):
            self._say("change", device)

    def _failed(self, ip: str, port: int, error: NodeError) -> None:
        status = status_of(error)
        for device in [one for one in self._there.values() if (one.ip, one.port) == (ip, port)]:
            now = replace(device, status=status)
            if status == "OFFLINE":
                del self._there[device.uid]
                self._say("vanish", now)
            elif device.status != status:
                self._there[device.uid] = now
                self._say("change", now)

    def _say(self, kind: Literal["appear", "change", "vanish"], device: Device) -> None:
        self.events.put_nowait(PresenceEvent(kind, device))


def _same_place(one: Device, other: Device) -> bool:
    return (one.ip, one.port) == (other.ip, other.port)
