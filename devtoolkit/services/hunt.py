"""The engine of discovery: asks every address that turns up who is there, and knows when to stop."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from types import TracebackType
from typing import Self

from devtoolkit import settings
from devtoolkit.errors import NodeError
from devtoolkit.model.device import Device, Status
from devtoolkit.services.cache_entries import AP_ADDRESS, AP_UID, RESERVED, SIMULATOR_UID
from devtoolkit.services.hello import HELLO_LIMITS, Ask, ask_hello, status_of
from devtoolkit.services.scan import SCAN_LIMITS, at_once, hosts
from devtoolkit.transports.interfaces import own_interfaces
from devtoolkit.transports.mdns import Announcement, MdnsBrowser
from devtoolkit.transports.tcp_greeting import Limits

_PROBES_S = (0.0, 0.3, 1.0)  # datagrams get lost; nodes answer at most two probes a second
_AFTER_BURST_S = 0.05
_PROBE_EVERY_S = 1.0  # while one node is waited for
_STEP_S = 0.25  # a node that boots is announced a moment before its shell takes connections
_RESOLVE_S = 4.5
_SCAN_AFTER_S = 0.25  # who announces itself is asked before, and need not be asked twice


class Hunt:
    """`async with Hunt(...) as hunt: hunt.offer_cached(...); await hunt.run(seconds, quiet_s)`.

    Each address is asked once; when one node is `wanted` (uid or name), an address that did not answer is asked again
    and announcements of others are left out. `on_found` is called in the event loop.
    """

    def __init__(
        self,
        chosen: tuple[str, ...] | None,
        on_found: Callable[[Device], None],
        *,
        wanted: str = "",
        ask: Ask | None = None,
    ) -> None:
        chosen = chosen if chosen is not None else settings.chosen_interfaces()
        self.found: dict[str, Device] = {}  # by uid
        self._where = own_interfaces(chosen)
        self._limited = chosen is not None
        self._browser = MdnsBrowser(self._where, self._announced, everywhere=not self._limited)
        self._on_found = on_found
        self._hello = ask
        self._wanted = wanted
        self._asked: set[tuple[str, int]] = set()
        self._failed: dict[tuple[str, int], Status] = {}
        self._versions: dict[str, str] = {}  # by uid, from announcements
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(at_once())
        self._wake = asyncio.Event()
        self._news_at = 0.0
        self._scan: asyncio.Task[None] | None = None
        self._stopped = False
        self._failure: BaseException | None = None

    async def __aenter__(self) -> Self:
        await self._browser.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = [*self._tasks, *([self._scan] if self._scan else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
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

    def scan(self, addresses: tuple[str, ...] | None = None) -> None:
        """Ask also where nobody announced itself: all hosts of the networks looked at, or these addresses.

        A scan that finds nobody is no news: it does not lengthen `run` beyond its own time.
        """
        self._scan = asyncio.ensure_future(self._scan_all(hosts(self._where) if addresses is None else addresses))
        self._scan.add_done_callback(self._scanned)

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
        self._wake.set()

    async def run(self, seconds: float, quiet_s: float | None) -> None:
        """Until `seconds` are over, or nothing new has come for `quiet_s` (None: never) and nothing is pending.

        Raises what a callback raised.
        """
        started = self._news_at = time.monotonic()
        probes = _Probes(started, for_ever=bool(self._wanted))
        while (now := time.monotonic()) < started + seconds and not self._stopped:
            news, scanning = self._news_at, self._scan is not None
            if now >= probes.next_at(news, pending=self._pending):
                self._browser.probe()
                probes.sent(now)
            if self._wanted:
                self._ask_again()
            busy = quiet_s is None or self._pending or scanning
            quiet_end = now + _STEP_S if busy else news + (quiet_s or 0.0)
            if now >= quiet_end:
                break
            until = min(started + seconds, quiet_end, now + _STEP_S, probes.next_at(news, pending=self._pending))
            await self._woken(until - now)
        if self._failure:
            raise self._failure

    @property
    def _pending(self) -> bool:
        return bool(self._tasks) or self._browser.pending

    async def _woken(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._wake.wait()
        self._wake.clear()

    def _is_news(self) -> None:
        self._news_at = time.monotonic()
        self._wake.set()

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
        self._is_news()
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._is_news()
        self._check(task)

    def _scanned(self, task: asyncio.Task[None]) -> None:
        self._scan = None
        self._wake.set()
        self._check(task)

    def _check(self, task: asyncio.Task[None]) -> None:
        failure = None if task.cancelled() else task.exception()
        if isinstance(failure, BaseExceptionGroup):
            failure = failure.exceptions[0]
        if failure:
            self._failure = self._failure or failure
            self.stop()

    async def _scan_all(self, addresses: tuple[str, ...]) -> None:
        await asyncio.sleep(_SCAN_AFTER_S)
        async with asyncio.TaskGroup() as group:
            for ip in addresses:
                if (ip, settings.SHELL_PORT) not in self._asked and self._within(ip):
                    group.create_task(self._try(ip, settings.SHELL_PORT))

    async def _try(self, ip: str, port: int) -> None:
        """One address of the scan. It does not count as asked: its node may announce itself later and be slow now."""
        with contextlib.suppress(NodeError):
            async with self._slots:
                if (ip, port) not in self._asked:
                    self._add(await self._identify(ip, port, SCAN_LIMITS))

    async def _identify(self, ip: str, port: int, limits: Limits) -> Device:
        return await (self._hello(ip, port, limits) if self._hello else ask_hello(ip, port, limits))

    async def _resolve(self, device: Device) -> None:
        self.offer(await self._browser.resolve(device.fuid, _RESOLVE_S), device.port)

    async def _ask(self, addresses: tuple[str, ...], port: int) -> None:
        for ip in addresses:
            try:
                async with self._slots:
                    device = await self._identify(ip, port, HELLO_LIMITS)
            except NodeError as error:
                self._failed[ip, port] = status_of(error)
                continue
            self._add(device)
            return

    def _add(self, device: Device) -> None:
        if device.uid not in self.found:
            device = replace(device, version=self._versions.get(device.uid) or None)
            self.found[device.uid] = device
            self._is_news()
            self._on_found(device)

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
