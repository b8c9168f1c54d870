"""The thread that hosts all virtual boards of this process: one event loop, there while at least one is open."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from devtoolkit.simulator.serial_port import PortWatch

T = TypeVar("T")


class Host:
    """An event loop in a thread of its own. `acquire` and `release` count its users."""

    _guard = threading.Lock()
    _shared: "Host | None" = None

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.watch = PortWatch(self.loop)
        self._users = 0
        self._thread = threading.Thread(target=self._serve, name="virtual-boards", daemon=True)
        self._thread.start()

    @classmethod
    def acquire(cls) -> "Host":
        """The process's host, started when nobody uses it yet."""
        with cls._guard:
            if cls._shared is None:
                cls._shared = Host()
            cls._shared._users += 1
            return cls._shared

    def release(self) -> None:
        """One user less; the last one ends the thread."""
        with Host._guard:
            self._users -= 1
            if self._users:
                return
            Host._shared = None
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` in the loop's thread; returns its result or raises its error. Not for calls from that thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
