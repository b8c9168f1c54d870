"""Nodes that announce themselves: DNS-SD browsing with one zeroconf instance, and the probe that makes them speak.

A one-byte UDP datagram to port 9008 makes nodes of ours announce at once, by multicast and by unicast to the sender.
Every announcement, however it came, ends in one callback.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from zeroconf import (  # type: ignore[attr-defined]  # its documented record classes are missing in __all__
    AddressResolverIPv4,
    DNSAddress,
    DNSIncoming,
    DNSPointer,
    DNSQuestionType,
    DNSService,
    DNSText,
    IPVersion,
    ServiceStateChange,
    Zeroconf,
)
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from devtoolkit.settings import PROBE_PORT, SERVICE_TYPE
from devtoolkit.transports.interfaces import Interface

_log = logging.getLogger(__name__)
_PROBE = b"?"
_RECEIVE_BUFFER = 1 << 20  # hundreds of nodes answer at the same moment; the system may allow less
_EVERYWHERE = "255.255.255.255"
# Multicast answers: a unicast one to port 5353 reaches only one of the programs on this machine that share the port.
_QUESTION = DNSQuestionType.QM
_DETAILS_MS = 1500  # records that did not come with the first packet are asked for this long


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a node says about itself. Only `addresses` (best first) and `port` are always there."""

    addresses: tuple[str, ...]
    port: int
    name: str = ""
    uid: str = ""
    version: str = ""


class MdnsBrowser:
    """Listens for announcements while open (`async with`); `on_announcement` is called in the event loop.

    Where port 5353 cannot be used, the answers to probes are all there is; that is no error.
    """

    def __init__(
        self,
        where: tuple[Interface, ...],
        on_announcement: Callable[[Announcement], None],
        *,
        everywhere: bool,
        on_goodbye: Callable[[str], None] | None = None,
    ) -> None:
        self._where = where
        self._on_announcement = on_announcement
        self._on_goodbye = on_goodbye  # takes the name of a node whose announcement was taken back or ran out
        self._everywhere = everywhere  # the probe may also go to 255.255.255.255
        self._zeroconf: AsyncZeroconf | None = None
        self._browser: AsyncServiceBrowser | None = None
        self._probers: list[tuple[Interface, asyncio.DatagramTransport]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def pending(self) -> bool:
        """Details of an announcement are still being asked for."""
        return bool(self._tasks)

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    def probe(self) -> None:
        """Ask all nodes of ours to announce themselves now."""
        for interface, prober in self._probers:
            targets = [str(interface.network.broadcast_address)]
            if self._everywhere and not interface.loopback:
                targets.append(_EVERYWHERE)
            for target in targets:
                prober.sendto(_PROBE, (target, PROBE_PORT))

    async def resolve(self, name: str, seconds: float) -> tuple[str, ...]:
        """The IPv4 addresses of `<name>.local`, as the node's own system answers; empty when nobody does."""
        if self._zeroconf is None:
            return ()
        resolver = AddressResolverIPv4(f"{name}.local.")
        if not await resolver.async_request(self._zeroconf.zeroconf, seconds * 1000, _QUESTION):
            return ()
        return tuple(resolver.parsed_addresses(IPVersion.V4Only))

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        for interface in self._where:
            if interface.network.num_addresses < 4:
                continue  # a point-to-point link has no broadcast
            try:
                prober, _ = await loop.create_datagram_endpoint(
                    lambda: _Answers(self._on_announcement), local_addr=(interface.ip, 0), allow_broadcast=True
                )
            except OSError as error:
                _log.info("no probe from %s: %s", interface.ip, error)
                continue
            prober.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            self._probers.append((interface, prober))
        addresses = [interface.ip for interface in self._where]
        if not addresses:
            return
        try:
            self._zeroconf = AsyncZeroconf(interfaces=addresses, ip_version=IPVersion.V4Only)
        except OSError as error:
            _log.info("no mDNS browsing: %s", error)
            return
        self._browser = AsyncServiceBrowser(
            self._zeroconf.zeroconf, SERVICE_TYPE, handlers=[self._changed], question_type=_QUESTION
        )

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._browser:
            await self._browser.async_cancel()
        if self._zeroconf:
            await self._zeroconf.async_close()
        for _, prober in self._probers:
            prober.close()

    def _changed(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is ServiceStateChange.Removed:
            if self._on_goodbye:
                self._on_goodbye(name.removesuffix(f".{service_type}"))
            return
        task = asyncio.ensure_future(self._details(zeroconf, service_type, name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _details(self, zeroconf: Zeroconf, service_type: str, name: str) -> None:
        info = AsyncServiceInfo(service_type, name)
        if not info.load_from_cache(zeroconf) and not await info.async_request(zeroconf, _DETAILS_MS, _QUESTION):
            return
        addresses = tuple(info.parsed_addresses(IPVersion.V4Only))
        if addresses and info.port:
            texts = {key.decode("utf-8", "replace"): value for key, value in info.properties.items()}
            self._on_announcement(_announcement(addresses, info.port, texts))


class _Answers(asyncio.DatagramProtocol):
    """Takes the unicast answers to a probe, which are mDNS responses."""

    def __init__(self, on_announcement: Callable[[Announcement], None]) -> None:
        self._on_announcement = on_announcement

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        found = read_answer(data, addr[0])
        if found:
            self._on_announcement(found)

    def error_received(self, exc: Exception) -> None:
        """An interface without a broadcast, a closed port: the other ways still work."""
        _log.info("probe: %s", exc)


def read_answer(data: bytes, sender: str) -> Announcement | None:
    """A node's answer to a probe, None for anything else. A goodbye (TTL 0) is not an announcement."""
    message = DNSIncoming(data)
    if not message.valid or not message.is_response():
        return None
    records = [record for record in message.answers() if record.ttl > 0]
    service = next((record for record in records if isinstance(record, DNSService)), None)
    pointed = any(isinstance(record, DNSPointer) and record.name == SERVICE_TYPE for record in records)
    if service is None or not pointed or not service.port:
        return None
    named = [socket.inet_ntoa(one.address) for one in records if isinstance(one, DNSAddress) and len(one.address) == 4]
    text = next((record for record in records if isinstance(record, DNSText)), None)
    # The sender's address is known to be reachable from here; the named one may be of another interface.
    addresses = tuple(dict.fromkeys((sender, *named)))
    return _announcement(addresses, service.port, _texts(text.text) if text else {})


def _texts(data: bytes) -> dict[str, bytes | None]:
    """The key=value pairs of a TXT record: each with a length byte before it."""
    pairs: dict[str, bytes | None] = {}
    while data:
        item, data = data[1 : 1 + data[0]], data[1 + data[0] :]
        key, _, value = item.partition(b"=")
        pairs[key.decode("utf-8", "replace")] = value
    return pairs


def _announcement(addresses: tuple[str, ...], port: int, texts: dict[str, bytes | None]) -> Announcement:
    name, uid, version = ((texts.get(key) or b"").decode("utf-8", "replace") for key in ("name", "id", "version"))
    return Announcement(addresses, port, name, uid, version)
