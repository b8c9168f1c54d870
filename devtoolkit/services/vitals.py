"""What a list of nodes shows beside their presence: the Wi-Fi signal, and who waits in update mode."""

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import replace

from devtoolkit import settings
from devtoolkit.errors import NodeError
from devtoolkit.model.device import Device
from devtoolkit.services import secrets
from devtoolkit.services.hello import HELLO_LIMITS
from devtoolkit.settings import WEBREPL_PORT
from devtoolkit.transports.interfaces import own_interfaces
from devtoolkit.transports.tcp_shell import Limits, TcpShell
from devtoolkit.transports.webrepl import WebRepl, WebReplLimits

_AT_ONCE = 8  # nobody waits for this: a fleet is asked little by little
_LIMITS = replace(HELLO_LIMITS, max_bytes=1 << 12, busy_tries=1)  # one short line; who is busy is asked later
_UPDATE_MODE = WebReplLimits(connect_s=1.5, login_s=5.0, stall_s=2.0)
_WEAKEST, _STRONGEST = -127, 0  # dBm that a radio can tell

OnSignal = Callable[[str, int], object]  # uid, dBm
OnMode = Callable[[str, bool], object]  # uid, whether it is in update mode


async def look(there: Iterable[Device], gone: Iterable[Device], on_signal: OnSignal, on_mode: OnMode) -> None:
    """Ask those who are `there` for their signal, and those who are `gone` whether they wait in update mode.

    A node that gives no answer, or is locked and its password not kept, is left out. Raises nothing of a node's.
    """
    slots = asyncio.Semaphore(_AT_ONCE)

    async def signal(device: Device) -> None:
        async with slots:
            strength = await signal_of(device)
        if strength is not None:
            on_signal(device.uid, strength)

    async def mode(device: Device) -> None:
        async with slots:
            found = await in_update_mode(device)
        on_mode(device.uid, found)

    async with asyncio.TaskGroup() as group:
        for device in _within(there):
            group.create_task(signal(device))
        for device in _within(gone):
            group.create_task(mode(device))


def _within(devices: Iterable[Device]) -> list[Device]:
    """Those in the networks that the toolkit is limited to, if it is."""
    found, chosen = list(devices), settings.chosen_interfaces()
    if not found or chosen is None:
        return found
    where = own_interfaces(chosen)
    return [device for device in found if any(interface.contains(device.ip) for interface in where)]


async def signal_of(device: Device, limits: Limits = _LIMITS) -> int | None:
    """The Wi-Fi signal in dBm, as the node itself measures it; None when it does not tell."""
    try:
        async with TcpShell.connect(device.ip, device.port, limits=limits) as shell:
            if shell.locked:
                password = secrets.password_of(device.uid)
                if password is None:
                    return None
                await shell.login(password)
            return parse_signal(await shell.command("system rssi >json"))
    except NodeError:
        return None


def parse_signal(lines: tuple[str, ...]) -> int | None:
    """dBm from the module's `{grade: dBm}`; None for anything else."""
    try:
        told = json.loads("\n".join(lines))
        strength = int(next(iter(told.values())))
    except (ValueError, TypeError, AttributeError, StopIteration):
        return None
    return strength if _WEAKEST <= strength < _STRONGEST else None


async def in_update_mode(device: Device, port: int = WEBREPL_PORT, limits: WebReplLimits = _UPDATE_MODE) -> bool:
    """Whether a node whose shell is gone lets us in by WebREPL with the password that we keep for it."""
    password = secrets.password_of(device.uid)
    if password is None:
        return False
    try:
        async with WebRepl.connect(device.ip, password, port, limits):
            return True
    except (NodeError, ValueError):
        return False
