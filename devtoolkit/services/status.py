"""How all known nodes are: one short session each, all at the same time, nobody waits for a slow one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace

from devtoolkit import settings
from devtoolkit.codecs.shell import parse_fields
from devtoolkit.errors import NodeError, NodeLockedError
from devtoolkit.model.device import Device
from devtoolkit.model.node_status import NodeStatus
from devtoolkit.services import secrets
from devtoolkit.services.bulk import side_by_side
from devtoolkit.services.cache import DeviceCache, DeviceFacts
from devtoolkit.services.cache_entries import AP_UID, RESERVED
from devtoolkit.services.hello import HELLO_LIMITS, identify, status_of
from devtoolkit.services.widgets import number
from devtoolkit.transports.interfaces import own_interfaces
from devtoolkit.transports.tcp_shell import Limits, TcpShell

# A node's status fits a few packets: what sends more is not a node, and must not fill the memory.
STATUS_LIMITS = replace(HELLO_LIMITS, max_bytes=1 << 16)


def status(
    cache: DeviceCache,
    *,
    details: bool = False,
    interfaces: tuple[str, ...] | None = None,
    on_answer: Callable[[NodeStatus], None] | None = None,
) -> tuple[NodeStatus, ...]:
    """All cached devices in the cache's order; `on_answer` is called for each as it is known, from this thread.

    Locked nodes get the password that the toolkit keeps; without one they are LOCKED. The cache learns what is new.
    `interfaces`: own IPv4 addresses, None for `settings.chosen_interfaces()`; what lies outside is not asked.
    """
    return asyncio.run(status_async(cache, details=details, interfaces=interfaces, on_answer=on_answer))


async def status_async(
    cache: DeviceCache,
    *,
    details: bool = False,
    interfaces: tuple[str, ...] | None = None,
    on_answer: Callable[[NodeStatus], None] | None = None,
) -> tuple[NodeStatus, ...]:
    """As `status`, inside a running event loop."""
    devices, facts = cache.snapshot()
    return await ask_known(_reachable(devices, interfaces), facts, cache, details=details, on_answer=on_answer)


async def ask_known(
    devices: Sequence[Device],
    facts: Mapping[str, DeviceFacts],
    cache: DeviceCache,
    *,
    details: bool = False,
    on_answer: Callable[[NodeStatus], None] | None = None,
) -> tuple[NodeStatus, ...]:
    """These devices of the cache, which learns what is new; with what `facts` know where a node says nothing."""
    found = await ask_all(devices, details=details, on_answer=on_answer)
    cache.put(*(one.device for one in found))
    return tuple(_seen(one, facts.get(one.uid)) for one in found)


async def rounds(
    cache: DeviceCache,
    *,
    every_s: float = 5.0,
    details: bool = False,
    interfaces: tuple[str, ...] | None = None,
) -> AsyncIterator[tuple[NodeStatus, ...]]:
    """One status after another, for a live table: each begins `every_s` after the one before began, or at its end."""
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        yield await status_async(cache, details=details, interfaces=interfaces)
        await asyncio.sleep(max(0.0, began + every_s - loop.time()))


async def ask_all(
    devices: Sequence[Device], *, details: bool = False, on_answer: Callable[[NodeStatus], None] | None = None
) -> tuple[NodeStatus, ...]:
    """Ask these nodes, as many at once as files may be open; the answers in the order of `devices`."""

    async def one(device: Device) -> NodeStatus:
        answer = await _ask(device, details, STATUS_LIMITS)
        if on_answer:
            on_answer(answer)
        return answer

    return tuple(await side_by_side(devices, one))


async def _ask(device: Device, details: bool, limits: Limits) -> NodeStatus:
    answer = NodeStatus(device.uid, device.fuid, device.ip, device.port, "OFFLINE")
    try:
        async with TcpShell.connect(device.ip, device.port, limits=limits) as shell:
            who = await identify(shell, device.ip, device.port)
            if device.uid in RESERVED:
                who = replace(who, fuid=device.fuid)
            elif who.uid.lower() != device.uid.lower():
                return replace(answer, reason=f"another node answers there: {who.fuid} ({who.uid})")
            answer = replace(answer, fuid=who.fuid, status="ONLINE", latency_s=who.latency_s)
            return await _more(shell, answer, who.uid, details)
    except NodeError as error:
        return replace(answer, status=status_of(error), reason=error.message)


async def _more(shell: TcpShell, answer: NodeStatus, uid: str, details: bool) -> NodeStatus:
    """Version and details. A node that answered `hello` is there, also when it gives nothing more."""
    if shell.locked:
        password = secrets.password_of(uid)
        if password is not None:
            with contextlib.suppress(NodeLockedError):
                await shell.login(password)
    if shell.ended:
        return replace(answer, status="LOCKED", reason="It refuses the kept password.")
    locked = "It wants a password that this toolkit does not know." if shell.locked else ""
    try:
        version = next(iter(await shell.command("version")), "") or None
        answer = replace(answer, version=version)
        if details and not locked:
            answer = await _with_details(shell, answer)
    except NodeLockedError as error:  # the original tells its version only after the password
        locked = error.message
    return replace(answer, status="LOCKED", reason=locked) if locked else answer


async def _with_details(shell: TcpShell, answer: NodeStatus) -> NodeStatus:
    memory = parse_fields(await shell.command("system memory_usage"))
    info = parse_fields(await shell.command("system info"))
    used = number(memory.get("mem_used"))
    return replace(
        answer,
        memory_used=None if used is None else int(used),
        memory_percent=number(memory.get("percent")),
        uptime=info.get("uptime"),
    )


def _reachable(devices: Sequence[Device], interfaces: tuple[str, ...] | None) -> list[Device]:
    """What can be meant from here: the access point's address only inside such a network."""
    chosen = interfaces if interfaces is not None else settings.chosen_interfaces()
    where = own_interfaces(chosen)

    def within(device: Device) -> bool:
        inside = any(interface.contains(device.ip) for interface in where)
        return inside or (chosen is None and device.uid != AP_UID)

    return [device for device in devices if within(device)]


def _seen(answer: NodeStatus, facts: DeviceFacts | None) -> NodeStatus:
    """With what was known before, where the node itself said nothing."""
    if facts is None:
        return answer
    return replace(answer, last_seen=facts.last_seen, version=answer.version or facts.version)
