"""Looking for nodes, without more sessions with the known ones than everybody together may have."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from devtoolkit.errors import ToolkitError
from devtoolkit.gateway.directory import Directory
from devtoolkit.gateway.events import Events
from devtoolkit.model.device import Device
from devtoolkit.services import discovery
from devtoolkit.services.hello import Ask, ask_hello, identify
from devtoolkit.services.sessions import Sessions
from devtoolkit.transports.tcp_shell import Limits

EVERY_S = 30  # between the begins of two searches


def asker(directory: Directory, sessions: Sessions) -> Ask:
    """As `ask_hello`, but a node that is known is asked in its line."""

    async def ask(ip: str, port: int, limits: Limits) -> Device:
        if not await directory.knows(ip, port):
            return await ask_hello(ip, port, limits)
        async with sessions.session(Device("", "", ip, port)) as shell:
            return await identify(shell, ip, port)

    return ask


@dataclass(slots=True)
class Searcher:
    """At most one search at a time, and not too often."""

    directory: Directory
    sessions: Sessions
    events: Events
    took_s: float = 0.0
    _began: float | None = None
    _task: "asyncio.Task[None] | None" = None

    def begin(self) -> str:
        """Begin one when it is time; what is going on now: Start, Running or Done."""
        if self._task and not self._task.done():
            return "Running"
        if self._began is not None and time.monotonic() - self._began < EVERY_S:
            return "Done"
        self._began = time.monotonic()
        self._task = asyncio.ensure_future(self._quietly())
        return "Start"

    async def search(self, on_found: Callable[[Device], None] = lambda _device: None) -> tuple[Device, ...]:
        """A search now. Raises what the cache raises."""
        began = time.monotonic()
        ask = asker(self.directory, self.sessions)
        found = await discovery.search_async(self.directory.cache, on_found=on_found, ask=ask)
        self.took_s = time.monotonic() - began
        self.events.publish("search", {"found": sum(device.status == "ONLINE" for device in found)})
        return found

    async def close(self) -> None:
        """End a search that runs."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _quietly(self) -> None:
        try:
            await self.search()
        except ToolkitError as error:
            self.events.publish("search", {"failed": error.message})
