"""The engine of discovery: asks every address that turns up who is there, and knows when to stop."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from types import TracebackType
from typing import Self

from devtoolkit import settings
from devtoolkit.errors import BadReplyError, NodeBusyError, NodeError
from devtoolkit.model.device import Device, Status
from devtoolkit.services.cache import AP_ADDRESS, AP_UID, RESERVED, SIMULATOR_UID
from devtoolkit.services.hello import ask_hello
from devtoolkit.transports.mdns import Announcement, MdnsBrowser, own_interfaces

_AT_ONCE = 256  # open connections; more would only fill the system's table of open files
_PROBES_S = (0.0, 0.3, 1.0)  # datagrams get lost; nodes answer at most two probes a second
_AFTER_BURST_S = 0.05
_PROBE_EVERY_S = 1.0  # while one node is waited for
_STEP_S = 0.25  # a node that boots is announced a moment before its shell takes connections
_RESOLVE_S = 3.0


class Hunt:
    """`async with Hunt(...) as hunt: hunt.offer_cached(...); await hunt.run(seconds, quiet_s)`.

    Each address is asked once; when one node is `wanted` (uid or name), an address that did not answer is asked again
    and announcements of others are left out. `on_found` is called in the event loop.
    """

    def __init__(self, chosen: tuple[str, ...] | None, on_found: Callable[[Device], None], *, wanted: str = "") -> None:
        chosen = chosen if chosen is not None else settings.chosen_interfaces()
        self.found: dict[str, Device] = {}  # by uid
        self._where = own_interfaces(chosen)
        self._limited = chosen is not None
        self._browser = MdnsBrowser(self._where, self._announced, everywhere=not self._limited)
        self._on_found = on_found
        self._wanted = wanted
        self._asked: set[tuple[str, int]] = set()
        self._failed: dict[tuple[str, int], Status] = {}
        self._versions: dict[str, str] = {}  # by uid, from announcements
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._news = asyncio.Event()
        self._stopped = False
        self._failure: BaseException | None = None

    async def __aenter__(self) -> Self:
        await self._browser.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._browser.__aexit__(kind, error, trace)

    @property
    def loopback_only(self) -> bool:
        """No radio is involved."""
        return all(interface.loopback for interface in self._where)

    def offer(self, addresses: tuple[str, ...], port: int) -> None:
        """Ask one node at the first of its addresses that answers.

        What was asked already or lies outside the chosen interfaces is left out.
        """
        fresh = tuple(ip for ip in addresses if (ip, port) not in self._asked and self._within(ip))
        if fresh:
            self._asked.update((ip, port) for ip in fresh)
            self._spawn(self._ask(fresh, port))

    def offer_cached(self, devices: tuple[Device, ...]) -> None:
        """Ask all cached addresses; the reserved ones only where they can be meant."""
        for device in devices:
            if self._is_meant(device):
                self.offer((device.ip,), device.port)

    def offer_known(self, device: Device) -> None:
        """Ask at a device's cached address, and at what `<name>.local` resolves to."""
        self.offer((device.ip,), device.port)
        if device.uid not in RESERVED:
            self._spawn(self._resolve(device))

    def missing(self, devices: tuple[Device, ...]) -> tuple[Device, ...]:
        """Cached devices that were looked for and did not answer, each with the reason as status."""
        return tuple(
            replace(device, status=self._failed.get((device.ip, device.port), "OFFLINE"))
            for device in devices
            if device.uid not in RESERVED and device.uid not in self.found and self._within(device.ip)
        )

    def stop(self) -> None:
        """End `run` now."""
        self._stopped = True
        self._news.set()

    async def run(self, seconds: float, quiet_s: float | None) -> None:
        """Until `seconds` are over, or nothing new has come for `quiet_s` (None: never) and nothing is pending.

        Raises what a callback raised.
        """
        started = news = time.monotonic()
        probes = _Probes(started, for_ever=bool(self._wanted))
        while (now := time.monotonic()) < started + seconds and not self._stopped:
            if now >= probes.next_at(news, pending=self._pending):
                self._browser.probe()
                probes.sent(now)
            if self._wanted:
                self._ask_again()
            quiet_end = news + quiet_s if quiet_s is not None and not self._pending else now + _STEP_S
            if now >= quiet_end:
                break
            until = min(started + seconds, quiet_end, now + _STEP_S, probes.next_at(news, pending=self._pending))
            if await self._has_news(until - now):
                news = time.monotonic()
        if self._failure:
            raise self._failure

    @property
    def _pending(self) -> bool:
        return bool(self._tasks) or self._browser.pending

    async def _has_news(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True

    def _announced(self, announcement: Announcement) -> None:
        if announcement.uid:
            self._versions[announcement.uid] = announcement.version
            if self._wanted and self._wanted.lower() not in (announcement.name.lower(), announcement.uid.lower()):
                return
        self.offer(announcement.addresses, announcement.port)

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run beside; what it raises ends the hunt."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        self._news.set()
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._news.set()
        if not task.cancelled() and task.exception():
            self._failure = self._failure or task.exception()
            self.stop()

    async def _resolve(self, device: Device) -> None:
        self.offer(await self._browser.resolve(device.fuid, _RESOLVE_S), device.port)

    async def _ask(self, addresses: tuple[str, ...], port: int) -> None:
        for ip in addresses:
            try:
                async with self._slots:
                    device = await ask_hello(ip, port)
            except NodeError as error:
                self._failed[ip, port] = _status(error)
                continue
            if device.uid not in self.found:
                device = replace(device, version=self._versions.get(device.uid) or None)
                self.found[device.uid] = device
                self._on_found(device)
            return

    def _ask_again(self) -> None:
        for ip, port in tuple(self._failed):
            del self._failed[ip, port]
            self._asked.discard((ip, port))
            self.offer((ip,), port)

    def _within(self, ip: str) -> bool:
        return not self._limited or self._on_network(ip)

    def _on_network(self, ip: str) -> bool:
        return any(interface.contains(ip) for interface in self._where)

    def _is_meant(self, device: Device) -> bool:
        """The access point's address only inside such a network: elsewhere every search would wait for it."""
        if device.uid == AP_UID:
            return self._on_network(AP_ADDRESS)
        return device.uid != SIMULATOR_UID or self._on_network(settings.LOOPBACK)


class _Probes:
    """When to probe: at fixed times, and once more after each burst of new nodes.

    Many answers at once overflow a socket's buffer; who was lost answers the next probe. It ends by itself:
    a probe that brings nothing new is followed by no further one.
    """

    def __init__(self, started: float, *, for_ever: bool) -> None:
        self._planned = [started + after for after in _PROBES_S]
        self._for_ever = for_ever
        self._last = started

    def next_at(self, news: float, *, pending: bool) -> float:
        """The time of the next probe; `news` is when something new was last seen."""
        planned = self._planned[0] if self._planned else float("inf")
        return min(planned, news + _AFTER_BURST_S) if news > self._last and not pending else planned

    def sent(self, now: float) -> None:
        """A probe has just been sent."""
        self._last = now
        if self._planned and now >= self._planned[0]:
            del self._planned[0]
        if not self._planned and self._for_ever:
            self._planned.append(now + _PROBE_EVERY_S)


def _status(error: NodeError) -> Status:
    if isinstance(error, NodeBusyError):
        return "BUSY"
    return "BAD_REPLY" if isinstance(error, BadReplyError) else "OFFLINE"
