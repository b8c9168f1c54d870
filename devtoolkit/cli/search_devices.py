"""`--search_devices`: look for nodes on the network and fill the connection cache; with `--watch`, go on."""

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import SECONDS, WATCH, Command, Option
from devtoolkit.errors import UsageError
from devtoolkit.model.device import Device

if TYPE_CHECKING:
    from rich.table import Table

    from devtoolkit.services.cache import DeviceCache

_NO_SCAN = Option("--no-scan", "with -s: do not ask every address of the networks, only who announces itself")
_DEFAULT_S = 5.0
_LONGEST_S = 600.0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The nodes that answered just now, and cached ones that did not."""

    devices: tuple[Device, ...]
    seconds: float


def run(session: Session) -> object:
    from devtoolkit import paths
    from devtoolkit.services import discovery
    from devtoolkit.services.cache import DeviceCache
    from devtoolkit.settings import chosen_interfaces

    started = time.monotonic()
    cache = DeviceCache(paths.device_cache())
    if session.args.watch:
        return SearchResult(_watch(session, cache), round(time.monotonic() - started, 3))
    devices = discovery.search(
        cache,
        seconds=_seconds(session.args.seconds),
        interfaces=chosen_interfaces(),
        on_found=lambda device: session.console.note(f"found {device.fuid} at {device.ip}:{device.port}"),
        scan=not session.args.no_scan,
    )
    return SearchResult(devices, round(time.monotonic() - started, 3))


def _watch(session: Session, cache: "DeviceCache") -> tuple[Device, ...]:
    """A line for each node that appears, changes or vanishes, until Ctrl-C or `--seconds`; who was there at the end."""
    import asyncio

    from devtoolkit.services.presence import watch

    there: dict[str, Device] = {}

    async def follow() -> None:
        async for event in watch(cache, scan=not session.args.no_scan):
            device = event.device
            there[device.uid] = device
            session.console.note(f"{event.kind} {device.fuid} at {device.ip}:{device.port}, {device.status}")

    async def limited() -> None:
        async with asyncio.timeout(_seconds(session.args.seconds) if session.args.seconds else None):
            await follow()

    with contextlib.suppress(KeyboardInterrupt, TimeoutError):
        asyncio.run(limited())
    return tuple(there.values())


def _seconds(text: str | None) -> float:
    try:
        value = float(text) if text is not None else _DEFAULT_S
    except ValueError:
        value = 0.0
    if not 0 < value <= _LONGEST_S:
        raise UsageError(f"--seconds {text}: not a time.", hint=f"Give 0.1 to {_LONGEST_S:.0f}.")
    return value


def show(console: Console, result: SearchResult) -> None:
    console.rich().print(device_table(result.devices))
    online = sum(device.status == "ONLINE" for device in result.devices)
    console.line(f"{online} online, {len(result.devices) - online} not, in {result.seconds:.1f} s.")


def device_table(devices: tuple[Device, ...]) -> "Table":
    """The devices as a table with the columns that users know."""
    from devtoolkit.cli._table import plain_table

    titles = ("UID", "FUID", "IP", "STATUS", "VERSION", "COMM SEC")
    table = plain_table(*titles, whole=(titles[0], *titles[2:]))
    for device in devices:
        latency = f"{device.latency_s:.3f}" if device.latency_s is not None else "n/a"
        style = "" if device.status == "ONLINE" else "dim"
        cells = (device.uid, device.fuid, f"{device.ip}:{device.port}", device.status, device.version or "<n/a>")
        table.add_row(*cells, latency, style=style)
    return table


COMMAND = Command(
    option=Option("--search_devices", "find nodes by mDNS and a scan, fill the connection cache", short="-s"),
    order=20,
    group="Network",
    result="devtoolkit.cli.search_devices:SearchResult",
    run=run,
    show=show,
    modifiers=(SECONDS, WATCH, _NO_SCAN),
)
