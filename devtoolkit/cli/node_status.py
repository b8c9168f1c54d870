"""`--node_status`: the table of all known nodes, once or live."""

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import ACROSS, WATCH, Command, Option
from devtoolkit.errors import ToolkitError, UsageError
from devtoolkit.model.node_status import NodeStatus

if TYPE_CHECKING:
    from rich.console import Group

    from devtoolkit.services.cache import DeviceCache

_DETAILS = Option("--details", "with -stat: memory and time since boot as well")
_NOTES_BESIDE = 110  # columns of a terminal that has room for the reasons beside the table
_STYLES = {"ONLINE": "green", "OFFLINE": "dim", "BUSY": "yellow", "LOCKED": "yellow", "BAD_REPLY": "red"}


@dataclass(frozen=True, slots=True)
class StatusResult:
    """All known nodes as they answered just now."""

    devices: tuple[NodeStatus, ...]
    seconds: float
    problem: str = ""  # why the nodes of other sites are missing

    @property
    def error(self) -> ToolkitError | None:
        """Set when the nodes of sites are missing: then the command has not wholly worked."""
        from devtoolkit.errors import BrokerError

        return BrokerError(self.problem, hint="This machine's own nodes were asked.") if self.problem else None


def run(session: Session) -> object:
    from devtoolkit import paths
    from devtoolkit.services.cache import DeviceCache
    from devtoolkit.services.status import status

    if session.args.sites is not None:
        return _across(session)
    cache = DeviceCache(paths.device_cache())
    started = time.monotonic()
    devices = _watch(session, cache) if session.args.watch else status(cache, details=session.args.details)
    return StatusResult(devices, round(time.monotonic() - started, 3))


def _across(session: Session) -> StatusResult:
    from devtoolkit.cli._sites import fleet

    if session.args.watch:
        raise UsageError("--watch is for this machine's own nodes.", hint="Leave --sites out.")
    started = time.monotonic()
    with fleet(session) as across:
        devices = across.status(session.args.sites or "all", details=session.args.details)
        problem = across.problem.message if across.problem else ""
    return StatusResult(devices, round(time.monotonic() - started, 3), problem)


def _watch(session: Session, cache: "DeviceCache") -> tuple[NodeStatus, ...]:
    """A live table until Ctrl-C; the last round."""
    import asyncio

    from rich.live import Live

    from devtoolkit.services.status import rounds

    last: tuple[NodeStatus, ...] = ()
    details: bool = session.args.details

    async def follow(live: Live) -> None:
        nonlocal last
        async for last in rounds(cache, details=details):
            live.update(status_table(last, live.console.width, details=details), refresh=True)

    table = Live(console=session.console.rich(stderr=True), auto_refresh=False, transient=True)
    with contextlib.suppress(KeyboardInterrupt), table as live:
        asyncio.run(follow(live))
    return last


def show(console: Console, result: StatusResult) -> None:
    details = any(device.memory_used is not None for device in result.devices)
    screen = console.rich()
    screen.print(status_table(result.devices, screen.width, details=details))
    online = sum(device.status == "ONLINE" for device in result.devices)
    console.line(f"{online} of {len(result.devices)} online, {result.seconds:.1f} s.")


def status_table(devices: tuple[NodeStatus, ...], width: int, *, details: bool) -> "Group":
    """The columns that users know; for who is not ONLINE, since when and why not (below, where it is narrow)."""
    from rich.console import Group
    from rich.text import Text

    from devtoolkit.cli._table import plain_table

    sites = any(device.site for device in devices)
    beside = width >= _NOTES_BESIDE
    places = ("SITE",) if sites else ()
    figures = ("IP", "STATUS", "VERSION", "COMM SEC", *(("MEMORY", "UPTIME") if details else ()))
    uids = () if details and not beside else ("UID",)  # no room for it then; the name says who it is
    table = plain_table(*places, *uids, "FUID", *figures, *(("",) if beside else ()), whole=(*uids, *figures))
    for device in devices:
        seconds = f"{device.latency_s:.3f}" if device.latency_s is not None else "n/a"
        cells = [
            *([device.uid] if uids else []),
            device.fuid,
            f"{device.ip}:{device.port}",
            device.status,
            device.version or "<n/a>",
            seconds,
        ]
        if details:
            cells += [_memory(device, short=not beside), device.uptime or "n/a"]
        place = (device.site or "here",) if sites else ()
        note = (_why(device),) if beside else ()
        table.add_row(*place, *cells, *note, style=_STYLES[device.status] if device.status != "ONLINE" else "")
    why = () if beside else tuple(f"{device.fuid}: {_why(device)}" for device in devices if _why(device))
    return Group(table, *map(Text, why))


def _memory(device: NodeStatus, *, short: bool) -> str:
    if device.memory_used is None:
        return "n/a"
    if short and device.memory_percent is not None:
        return f"{device.memory_percent:g} %"
    percent = f" ({device.memory_percent:g} %)" if device.memory_percent is not None else ""
    return f"{device.memory_used:,} B{percent}"


def _why(device: NodeStatus) -> str:
    if device.status == "ONLINE":
        return ""
    seen = f"last seen {ago(time.time() - device.last_seen)} ago; " if device.last_seen else ""
    return seen + device.reason


def ago(seconds: float) -> str:
    """A span of time with one unit."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


COMMAND = Command(
    option=Option("--node_status", "table of all known nodes", short="-stat"),
    order=40,
    group="Network",
    result="devtoolkit.cli.node_status:StatusResult",
    run=run,
    show=show,
    modifiers=(_DETAILS, WATCH, *ACROSS),
)
