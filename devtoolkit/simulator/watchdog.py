"""The watchdog timer of a board's chip."""

import asyncio
from collections.abc import Callable


class Watchdog:
    """Calls `bite` when it is not fed in time. For the loop's thread only."""

    def __init__(self, loop: asyncio.AbstractEventLoop, bite: Callable[[], None]) -> None:
        self._loop = loop
        self._bite = bite
        self._timer: asyncio.TimerHandle | None = None

    def feed(self, ms: int, cap: object = None) -> None:
        """(Re)start: it bites after `ms`, or after `cap` where that is a number and less."""
        self.stop()
        limit = min(ms, cap) if isinstance(cap, int) else ms
        self._timer = self._loop.call_later(limit / 1000, self._bite)

    def stop(self) -> None:
        """It does not run."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
