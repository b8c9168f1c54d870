"""The values that the monitor keeps: by line and node, the newest some thousand, as rows for plots and tables."""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devtoolkit.services.apps_types import PlotData, Row
    from devtoolkit.services.monitor_types import Line

KEPT = 3600  # values of one line of one node: an hour, one each second


class History:
    """Values by line and node; times are given as Unix time and kept as seconds since the first one."""

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}
        self.began = self.ended = 0.0
        self._values: dict[tuple[str, str], deque[tuple[float, float]]] = {}

    def add(self, uid: str, at: float, values: "Sequence[tuple[Line, float]]") -> float:
        """The seconds since the first value."""
        self.began = self.began or at
        self.ended = max(self.ended, at)
        for line, value in values:
            self.lines.setdefault(line.key, line)
            self._of(line.key, uid).append((at - self.began, value))
        return at - self.began

    def gap(self, uid: str, at: float) -> None:
        """From here on nothing is known of this node: its lines are interrupted."""
        for (_key, owner), values in self._values.items():
            if owner == uid:
                values.append((at - self.began, math.nan))

    def has(self, key: str, uids: Sequence[str]) -> bool:
        """Whether one of these nodes has a value of this line."""
        return any((key, uid) in self._values for uid in uids)

    def last(self, key: str, uid: str) -> float | None:
        """The newest value, None where there is none."""
        values = self._values.get((key, uid))
        found = values[-1][1] if values else math.nan
        return None if math.isnan(found) else found

    def plot(self, key: str, nodes: Mapping[str, str], *, gaps: bool = False) -> "PlotData":
        """One line of these nodes (uid -> name) in the order of time; with `gaps` nan where it is interrupted."""
        from devtoolkit.services.apps_types import PlotData, Series

        line = self.lines[key]
        rows: list[Row] = []
        for place, uid in enumerate(nodes):
            for at, value in self._values.get((key, uid), ()):
                if gaps or not math.isnan(value):
                    rows.append((at, *(value if place == other else None for other in range(len(nodes)))))
        rows.sort(key=lambda row: row[0] or 0.0)
        title = f"{line.name} [{line.unit}]" if line.unit else line.name
        return PlotData(title, Series("Time", "s"), tuple(Series(name) for name in nodes.values()), tuple(rows))

    def _of(self, key: str, uid: str) -> deque[tuple[float, float]]:
        return self._values.setdefault((key, uid), deque(maxlen=KEPT))
