"""A node's values that only pretend: rising and falling lines, without a session."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from devtoolkit.errors import NodeLockedError
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

TEMPERATURE = Line("dht22 measure temp_c", "dht22 temp_c", "", "dht22 measure")


class FakeMonitor:
    """Mixed into FakeServices. `history` samples come at once, then one each `beat_s`; those in `lost` never answer."""

    _asked: Callable[..., None]
    devices: tuple[Any, ...]
    calls: list[tuple[Any, ...]]
    history = 60
    beat_s = 0.02
    lost: Sequence[str] = ()  # uids
    locked: Sequence[str] = ()  # uids that want a password nobody has
    lack = ""

    def plots_lack(self) -> str:
        if not self.lack:
            import pyqtgraph  # noqa: F401 - as the real one does
        return self.lack

    def monitor(
        self,
        uid: str,
        tell: Callable[[Event], object],
        pause: Callable[[], float],
        unwanted: Callable[[], frozenset[str]],
        handle: Any,
    ) -> None:
        self._asked("monitor", uid)
        if uid in self.locked:
            raise NodeLockedError("FrontDoor wants its password.", hint="Give it one.")
        number, began = 0, time.time() - self.history * 2
        device = next(one for one in self.devices if one.uid == uid)
        if uid not in self.lost:
            tell(Reached(device))
            tell(Offered((TEMPERATURE.source,)))
        while not handle.cancel.wanted:
            if uid in self.lost:
                tell(Lost(time.time(), f"{device.fuid} does not answer at {device.ip}:9008."))
            else:
                tell(Sampled(began + number * 2, values(number + 9 * int(uid[4:16], 16), unwanted())))
            number += 1
            if number > self.history or uid in self.lost:
                time.sleep(self.beat_s)
        self.calls.append(("monitor ended", uid, pause()))

    def save_monitor(self, folder: Path, node: str, seconds: float, plots: Any) -> tuple[str, ...]:
        self._asked("save_monitor", folder, node, tuple(plot.title for plot in plots))
        return tuple(str(folder / f"Monitor-{node}-{number}.csv") for number in range(1, len(plots) + 1))


def values(number: int, unwanted: frozenset[str]) -> tuple[tuple[Line, float], ...]:
    wave = math.sin(number / 6)
    found = [(LATENCY, 14 + 4 * wave), (MEMORY, 61.8 - number % 11 / 2), (CPU, 12 + 8 * wave * wave)]
    found += [(STORAGE, 78.6), (UPTIME, 3 + number / 1800)]
    if TEMPERATURE.source not in unwanted:
        found.append((TEMPERATURE, 21.5 + wave))
    return tuple(found)
