"""How all known nodes are, for a program that runs on: rounds through its sessions, never more often than wanted.

A round asks each node in one session and changes nothing on it: the error log is read, not cleared.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from devtoolkit.codecs.shell import parse_fields, parse_hello
from devtoolkit.errors import CodecError, NodeError
from devtoolkit.model.device import Device
from devtoolkit.services import widgets
from devtoolkit.services.cache import DeviceCache, DeviceFacts
from devtoolkit.services.cache_entries import RESERVED
from devtoolkit.services.hello import status_of
from devtoolkit.services.scan import at_once
from devtoolkit.services.sessions import Sessions
from devtoolkit.services.widgets import Reading, Widget, WidgetMemory
from devtoolkit.transports.tcp_shell import TcpShell

NODE_S = 8.0  # for one node in a round, waiting included: below Prometheus's usual 10 s
_AGAIN_S = 600.0  # a widget that gave no number
_UPTIME = re.compile(r"(?P<d>\d+)\D+(?P<h>\d+):(?P<m>\d+):(?P<s>\d+)")
_ALARMS = re.compile(r"\s*(?:N?OK) alarm: (?P<count>\d+)\s*")
_TEMPERATURE = {"esp32": "esp32 temp", "rp2": "rp2w temp"}  # these load a module on the node, once
_OWN = frozenset({"esp32", "rp2w"})  # loaded by the line above: not a sign that somebody wants their other pins read


@dataclass(frozen=True, slots=True)
class NodeReport:
    """One node as it answered in a round; None: it did not say. Shares are 0..1, `last_seen` is Unix time."""

    device: Device
    reason: str = ""
    last_seen: float | None = None
    micropython: str | None = None
    board: str | None = None
    memory_used: float | None = None
    fs_used: float | None = None
    cpu_celsius: float | None = None
    uptime_s: float | None = None
    alarms: int | None = None
    alarm_log: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()

    @property
    def up(self) -> bool:
        """It answered."""
        return self.device.status == "ONLINE"

    @property
    def healthy(self) -> bool:
        """It answered, and its error log is empty."""
        return self.up and not self.alarms


@dataclass(slots=True)
class Survey:
    """Rounds over all nodes of the cache. `on_round` hears of each; several callers share the one that runs."""

    sessions: Sessions
    cache: DeviceCache
    on_round: Callable[[tuple[NodeReport, ...]], object] = lambda _reports: None
    reports: tuple[NodeReport, ...] = ()
    ended_at: float | None = None  # monotonic
    took_s: float = 0.0
    _memory: WidgetMemory = field(default_factory=WidgetMemory)
    _again_at: dict[tuple[str, str], float] = field(default_factory=dict)  # monotonic, by uid and call
    _running: "asyncio.Task[None] | None" = None

    @property
    def running(self) -> bool:
        """Whether a round is under way."""
        return self._running is not None and not self._running.done()

    @property
    def age_s(self) -> float:
        """Since the end of the last round; infinite before the first."""
        return float("inf") if self.ended_at is None else time.monotonic() - self.ended_at

    async def fresh(self, max_age_s: float) -> tuple[NodeReport, ...]:
        """Reports that are not older; a new round is waited for. Raises DataFileError."""
        if self.age_s > max_age_s:
            await asyncio.shield(self.begin())
        return self.reports

    def begin(self) -> "asyncio.Task[None]":
        """The round under way, else a new one."""
        if self._running is None or self._running.done():
            self._running = asyncio.ensure_future(self._round())
        return self._running

    async def close(self) -> None:
        """End the round under way."""
        if self._running:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _round(self) -> None:
        began = time.monotonic()
        devices, facts = await asyncio.to_thread(self.cache.snapshot)
        slots = asyncio.Semaphore(at_once())

        async def one(device: Device) -> NodeReport:
            async with slots:
                return await self._ask(device, facts.get(device.uid, DeviceFacts()))

        reports = tuple(await asyncio.gather(*(one(device) for device in devices if device.uid not in RESERVED)))
        # Who answers matters here; a cache that cannot be written is told elsewhere.
        with contextlib.suppress(Exception):
            await asyncio.to_thread(self.cache.put, *(report.device for report in reports if report.up))
        self.reports, self.ended_at = reports, time.monotonic()
        self.took_s = self.ended_at - began
        self.on_round(reports)

    async def _ask(self, device: Device, facts: DeviceFacts) -> NodeReport:
        report = NodeReport(device, last_seen=facts.last_seen)
        found: list[NodeReport] = []
        try:
            async with asyncio.timeout(NODE_S), self.sessions.session(device) as shell:
                await self._all(shell, report, found)
        except (NodeError, TimeoutError) as error:
            if found:
                return found[-1]  # it answered; what it said until then counts
            status = status_of(error) if isinstance(error, NodeError) else "OFFLINE"
            reason = error.message if isinstance(error, NodeError) else f"no answer within {NODE_S:g} s"
            return replace(report, device=replace(device, status=status), reason=reason)
        return found[-1]

    async def _all(self, shell: TcpShell, report: NodeReport, found: list[NodeReport]) -> None:
        """Everything there is to know, each part as a new report at the end of `found`."""
        report = await _identity(shell, report)
        if shell.locked and report.up:
            report = replace(report, device=replace(report.device, status="LOCKED"), reason="It wants a password.")
        if not report.up:
            found.append(report)
            return
        found.append(report := await _system(shell, report))
        found.append(report := await _temperature(shell, report))
        key = f"{report.device.uid} {report.device.version}"
        for widget in await self._memory.of(shell, key):
            if widget.readable and widget.module not in _OWN and self._may_ask(report.device.uid, widget):
                readings = await widgets.read(shell, widget)
                if not readings:
                    self._again_at[report.device.uid, widget.call] = time.monotonic() + _AGAIN_S
                report = replace(report, readings=(*report.readings, *readings))
                found.append(report)

    def _may_ask(self, uid: str, widget: Widget) -> bool:
        """One that gave no number is left alone for a while: each failure would be a line in the node's error log."""
        return time.monotonic() >= self._again_at.get((uid, widget.call), 0.0)


async def _identity(shell: TcpShell, report: NodeReport) -> NodeReport:
    device = report.device
    lines = await shell.command("hello")
    latency = shell.latency_s
    try:
        hello = parse_hello(lines)
    except CodecError:
        return replace(report, device=replace(device, status="BAD_REPLY"), reason="It does not know hello.")
    if hello.uid.lower() != device.uid.lower():
        reason = f"Another node answers there: {hello.fuid} ({hello.uid})."
        return replace(report, device=replace(device, status="OFFLINE"), reason=reason)
    version = device.version
    if not shell.locked:
        version = next(iter(await shell.command("version")), "") or device.version
    device = replace(device, fuid=hello.fuid, status="ONLINE", latency_s=latency, version=version)
    return replace(report, device=device, last_seen=time.time())


async def _system(shell: TcpShell, report: NodeReport) -> NodeReport:
    info = parse_fields(await shell.command("system info"))
    alarms = await shell.ask("system alarms")  # without True: that would clear the log
    lines = (*alarms.streamed, *alarms.lines)
    counted = next((match for line in lines if (match := _ALARMS.fullmatch(line))), None)
    return replace(
        report,
        micropython=info.get("upython"),
        board=info.get("board"),
        memory_used=_share(info.get("Mem usage [%]")),
        fs_used=_share(info.get("FS usage [%]")),
        uptime_s=seconds_up(info.get("uptime", "")),
        alarms=int(counted["count"]) if counted else None,
        alarm_log=tuple(line.strip() for line in lines if not _ALARMS.fullmatch(line)) if counted else (),
    )


async def _temperature(shell: TcpShell, report: NodeReport) -> NodeReport:
    board = (report.board or "").lower()
    command = next((command for kind, command in _TEMPERATURE.items() if kind in board), "")
    if not command:
        return report
    found = widgets.numbers("\n".join(await shell.command(f"{command} >json")))
    return replace(report, cpu_celsius=next((value for key, value in found.items() if "temp" in key), None))


def _share(text: str | None) -> float | None:
    percent = widgets.number(text)
    return None if percent is None else percent / 100


def seconds_up(text: str) -> float | None:
    """Seconds of a node's `uptime` (`3 days 4:05:06`); None for any other text."""
    match = _UPTIME.fullmatch(text)
    if not match:
        return None
    days, hours, minutes, seconds = (int(match[part]) for part in "dhms")
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
