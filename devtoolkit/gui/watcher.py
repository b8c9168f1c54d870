"""Who is there, continuously: one thread with one event loop; what it learns reaches the list in small portions."""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from devtoolkit.errors import ToolkitError
from devtoolkit.gui.device_model import DeviceModel
from devtoolkit.gui.qt import QObject, QThread, QTimer, pyqtSignal
from devtoolkit.gui.roster import Roster
from devtoolkit.gui.services import Services
from devtoolkit.model.device import Device

PORTS_EVERY_S = 2.0  # a board that is plugged in shows up within this
_AGAIN_S = 5.0  # after the network went away
_TICK_MS, _AT_ONCE = 40, 40  # rows applied per tick: about 4 ms of the GUI's time
Change = Callable[[Roster], set[str]]

if TYPE_CHECKING:
    from devtoolkit.services.port_list import PortEntry


class _Thread(QThread):
    def __init__(self, watcher: "Watcher") -> None:
        super().__init__()
        self._watcher = watcher

    def run(self) -> None:
        self._watcher.watch_in_thread()


class Watcher(QObject):
    """Feeds the model. `trouble` tells in plain words what keeps it from looking."""

    trouble = pyqtSignal(str)
    changed = pyqtSignal(object)
    first_look = pyqtSignal()

    def __init__(self, services: Services, model: DeviceModel, *, scan: bool = True) -> None:
        super().__init__()
        self.roster = Roster()
        self._services, self._model, self._scan = services, model, scan
        self._changes: deque[Change] = deque()
        self._keys: list[str] = []
        self._thread = _Thread(self)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = threading.Event()
        self._looked = False
        self._tick = QTimer(self, interval=_TICK_MS)
        self._tick.timeout.connect(self._apply)

    # --- in the GUI's thread

    def start(self) -> None:
        self._tick.start()
        self._thread.start()

    def stop(self) -> None:
        """Ends within a moment; nothing is left running."""
        self._stopping.set()
        self._tick.stop()
        loop, task = self._loop, self._task
        if loop is not None and task is not None:
            with contextlib.suppress(RuntimeError):  # it has just ended
                loop.call_soon_threadsafe(task.cancel)
        self._thread.wait()

    def tell(self, change: Change) -> None:
        """Something learned elsewhere (a job has found a node); may be called from any thread."""
        self._changes.append(change)

    def seen(self, device: Device) -> None:
        """A node's state as somebody else learned it; may be called from any thread."""
        at = time.time()
        self.tell(lambda roster: roster.seen(device, at))

    def _apply(self) -> None:
        for _ in range(min(_AT_ONCE, len(self._changes))):
            keys = self._changes.popleft()(self.roster)
            self._keys += [key for key in sorted(keys) if key not in self._keys]
        now, self._keys = self._keys[:_AT_ONCE], self._keys[_AT_ONCE:]
        for key in now:
            row = self.roster.row(key)
            if row is None:
                self._model.remove(key)
            else:
                self._model.put(row)
        if now:
            self.changed.emit(set(now))

    # --- in its own thread

    def watch_in_thread(self) -> None:
        asyncio.run(self._watch())

    async def _watch(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._stopping.is_set():
            return
        try:
            devices, facts = self._services.known()
            self.tell(lambda roster: roster.known(devices, facts))
        except ToolkitError as error:
            self.trouble.emit(str(error))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._network())
                group.create_task(self._ports())
        except asyncio.CancelledError:
            return

    async def _network(self) -> None:
        """A network that goes away is looked for again."""
        while True:
            try:
                async for event in self._services.presence(scan=self._scan):
                    self.seen(event.device)
            except (ToolkitError, OSError) as error:
                self.trouble.emit(str(error))
            await asyncio.sleep(_AGAIN_S)

    async def _ports(self) -> None:
        while True:
            try:
                entries = await asyncio.to_thread(self._services.ports)
            except (ToolkitError, OSError) as error:
                self.trouble.emit(str(error))
            else:
                self.tell(_plugged(entries))
            if not self._looked:
                self._looked = True
                self.first_look.emit()
            await asyncio.sleep(PORTS_EVERY_S)


def _plugged(entries: "tuple[PortEntry, ...]") -> Change:
    return lambda roster: roster.plugged(entries)
