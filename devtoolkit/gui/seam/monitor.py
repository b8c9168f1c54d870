"""Values of nodes over time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit import settings
from devtoolkit.gui.seam._base import Seam

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle
    from devtoolkit.services.apps_types import PlotData
    from devtoolkit.services.monitor_types import Event

_TICK_S = 0.1  # how soon a stop is noticed


class Monitor(Seam):
    """Values of nodes over time."""

    def monitor(
        self,
        uid: str,
        tell: Callable[[Event], object],
        pause: Callable[[], float],
        unwanted: Callable[[], frozenset[str]],
        handle: Handle,
    ) -> None:
        """One session with a node until the job is stopped; `tell` hears what it says and when it is lost."""
        from devtoolkit.services import monitor
        from devtoolkit.services.shell import Visit

        visit = Visit(uid, self.cache(), ask=handle.ask, interfaces=settings.chosen_interfaces())
        watch = monitor.Watch(visit, tell, pause, unwanted)

        async def until_stopped() -> None:
            life = asyncio.ensure_future(watch.run())
            while not handle.cancel.wanted and not life.done():
                await asyncio.wait((life,), timeout=_TICK_S)
            life.cancel()
            await asyncio.wait((life,))
            if not life.cancelled():
                life.result()

        asyncio.run(until_stopped())

    def plots_lack(self) -> str:
        """How to get plots, empty when they can be drawn; loads what draws them, which takes half a second."""
        from devtoolkit import extras
        from devtoolkit.gui.widgets import live_plot

        if not live_plot.possible():
            return extras.command("plots")
        import pyqtgraph  # noqa: F401 - loading it is the point

        return ""

    def save_monitor(self, folder: Path, node: str, seconds: float, plots: Sequence[PlotData]) -> tuple[str, ...]:
        """Tables and pictures; their paths."""
        from devtoolkit.services import monitor

        return monitor.save(folder, node, seconds, plots)
