"""What a node says of itself over time: latency, memory, processor, sensors. One session, opened again when it is lost.

Sensors are what the loaded modules offer to read: their read-only widgets, and functions called `measure`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from devtoolkit.codecs.shell import parse_fields
from devtoolkit.errors import NodeError, NodeLockedError
from devtoolkit.model.device import Device
from devtoolkit.services import apps_save, widgets
from devtoolkit.services.apps_types import AppResult, PlotData
from devtoolkit.services.monitor_types import (
    CPU,
    LATENCY,
    MEMORY,
    STORAGE,
    UPTIME,
    Event,
    Line,
    Lost,
    Offered,
    Reached,
    Sampled,
)
from devtoolkit.services.shell import Visit
from devtoolkit.services.shell_words import modules
from devtoolkit.services.survey import seconds_up
from devtoolkit.services.widgets import Widget, WidgetMemory
from devtoolkit.transports.tcp_shell import TcpShell

_LOOK_S = 30.0  # how often is asked which modules are loaded now
_AGAIN_S = 600.0  # a sensor that gave no number: each failure is a line in the node's error log
_RETRY_S = 2.0  # between two tries to reach a lost node
_MEASURES = "measure"


@dataclass(slots=True)
class Watch:
    """`tell` hears what happens. `pause` gives the seconds between two samples, `unwanted` calls that are not read."""

    visit: Visit
    tell: Callable[[Event], object]
    pause: Callable[[], float]
    unwanted: Callable[[], frozenset[str]] = frozenset
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _memory: WidgetMemory = field(default_factory=WidgetMemory)
    _sensors: tuple[Widget, ...] = ()
    _look_at: float = 0.0  # monotonic
    _again_at: dict[str, float] = field(default_factory=dict)
    _worked: bool = False  # in the session that is open, or was last

    async def run(self) -> None:
        """Until it is cancelled. Raises NodeLockedError, NodeUnknownError."""
        look_around = self.visit.repair
        while True:
            self._worked, self._look_at = False, 0.0
            try:
                await replace(self.visit, repair=look_around).run(self._session)
            except NodeLockedError:
                raise
            except NodeError as error:
                if self._worked:  # its place was given away, or it is gone: one quick try at its address tells
                    look_around = False
                    continue
                self.tell(Lost(time.time(), error.message))
                if look_around:
                    await self.sleep(_RETRY_S)
            look_around = self.visit.repair

    async def _session(self, shell: TcpShell) -> None:
        ip, _, port = shell.wire.address.rpartition(":")
        self.tell(Reached(Device("", shell.name, ip, int(port), status="ONLINE")))
        while not shell.ended:
            began = time.monotonic()
            if began >= self._look_at:
                await self._look(shell)
            self.tell(Sampled(time.time(), tuple(await self._sample(shell))))
            self._worked = True
            while (left := began + self.pause() - time.monotonic()) > 0:
                await self.sleep(min(left, 0.2))  # the pause may become another one meanwhile

    async def _look(self, shell: TcpShell) -> None:
        loaded = modules(await shell.command("help"))
        found = {one.call: one for one in await self._memory.of(shell, self.visit.name) if one.readable}
        for module, functions in loaded.items():
            call = f"{module} {_MEASURES}"
            if _MEASURES in functions and not any(known.startswith(call) for known in found):
                found[call] = Widget(module, _MEASURES, "textbox", call)
        self._look_at = time.monotonic() + _LOOK_S
        if self._sensors != tuple(found.values()):
            self._sensors = tuple(found.values())
            self.tell(Offered(tuple(found)))

    async def _sample(self, shell: TcpShell) -> list[tuple[Line, float]]:
        await shell.command("hello")
        values = [(LATENCY, (shell.latency_s or 0.0) * 1000)]
        values += _own(await shell.command("system info"))
        for sensor in self._sensors:
            if sensor.call in self.unwanted() or time.monotonic() < self._again_at.get(sensor.call, 0.0):
                continue
            readings = await widgets.read(shell, sensor)
            if not readings:
                self._again_at[sensor.call] = time.monotonic() + _AGAIN_S
            for one in readings:
                name = f"{one.module} {one.function if one.key == 'value' else one.key}"
                values.append((Line(f"{sensor.call} {one.key}", name, "", sensor.call), one.value))
        return values


def _own(lines: tuple[str, ...]) -> list[tuple[Line, float]]:
    """From `system info`; what the node does not say is left out."""
    info = {widgets.key_of(key): value for key, value in parse_fields(lines).items()}
    found: list[tuple[Line, float | None]] = []
    for line, key in ((MEMORY, "mem_usage"), (STORAGE, "fs_usage")):
        used = widgets.number(info.get(key))
        found.append((line, None if used is None else 100 - used))
    found.append((CPU, widgets.number(info.get("cpu_load"))))
    seconds = seconds_up(info.get("uptime", ""))
    found.append((UPTIME, None if seconds is None else seconds / 3600))
    return [(line, value) for line, value in found if value is not None]


def save(folder: Path, node: str, seconds: float, plots: Sequence[PlotData]) -> tuple[str, ...]:
    """Each plot as a table, and as a picture where Pillow (the extra `plots`) is installed; the files' paths.

    Raises DataFileError.
    """
    return apps_save.save(AppResult("Monitor", node, "", "", seconds, plots=tuple(plots)), (), folder)
