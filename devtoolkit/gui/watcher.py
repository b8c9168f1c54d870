"""Who is there, continuously: one thread with one event loop; what it learns reaches the list in small portions."""

import asyncio
import contextlib
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devtoolkit.errors import ToolkitError
from devtoolkit.gui.device_model import DeviceModel
from devtoolkit.gui.qt import QObject, QThread, QTimer, pyqtSignal
from devtoolkit.gui.roster import Roster
from devtoolkit.gui.services import Services
from devtoolkit.model.device import Device

PORTS_EVERY_S = 2.0  # a board that is plugged in shows up within this
_AGAIN_S = 5.0  # after the network went away
SIGNAL_EVERY_S = 60.0  # each asking loads `system` on the node, a few milliseconds
MODE_EVERY_S, MODE_UNTIL_S = 15.0, 600.0  # who has just gone may be in update mode; later nobody waits for it
_PRESENCE_FIRST_S = 20.0  # a node of the cache counts as gone when it was not found by then
_DUE_TICK_S = 1.0
_SITES_FIRST_S, _SITES_EVERY_S = 2.0, 30.0  # how often other sites are asked what they see; the window comes first
_TICK_MS, _AT_ONCE = 40, 40  # rows applied per tick: about 4 ms of the GUI's time
Change = Callable[[Roster], set[str]]

if TYPE_CHECKING:
    from devtoolkit.services.port_list import PortEntry


@dataclass(slots=True)
class _Due:
    """A node, when it went away (None: it is there) and when it is asked next, by the loop's clock."""

    device: Device
    gone_at: float | None
    next_at: float


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

    def __init__(self, services: Services, model: DeviceModel, *, scan: bool = True, signal: bool = True) -> None:
        super().__init__()
        self.roster = Roster()
        self._services, self._model, self._scan, self._signal = services, model, scan, signal
        self._changes: deque[Change] = deque()
        self._keys: list[str] = []
        self._thread = _Thread(self)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = threading.Event()
        self._looked = False
        self._asking: dict[str, _Due] = {}  # only in its own thread
        self._tick = QTimer(self, interval=_TICK_MS)
        self._tick.timeout.connect(self._apply)

    # --- in the GUI's thread

    def start(self) -> None:
        self._tick.start()
        self._thread.start()

    def halt(self) -> None:
        """Ask it to end; it is `working` until then, a moment or as long as a slow disk takes."""
        self._tick.stop()
        if self._stopping.is_set():
            return
        self._stopping.set()
        loop, task = self._loop, self._task
        if loop is not None and task is not None:
            with contextlib.suppress(RuntimeError):  # it has just ended
                loop.call_soon_threadsafe(task.cancel)

    @property
    def working(self) -> bool:
        return bool(self._thread.isRunning())

    def stop(self) -> None:
        """As `halt`, and waits; nothing is left running."""
        self.halt()
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
            for device in devices:
                self._ask_later(device, _PRESENCE_FIRST_S)
        except ToolkitError as error:
            self.trouble.emit(str(error))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._network())
                group.create_task(self._ports())
                group.create_task(self._vitals())
                group.create_task(self._other_sites())
        except asyncio.CancelledError:
            return

    async def _network(self) -> None:
        """A network that goes away is looked for again."""
        while True:
            try:
                async for event in self._services.presence(scan=self._scan):
                    self.seen(event.device)
                    self._ask_later(event.device)
            except (ToolkitError, OSError) as error:
                self.trouble.emit(str(error))
            await asyncio.sleep(_AGAIN_S)

    def _ask_later(self, device: Device, wait_s: float = 0.0) -> None:
        """A node that came or went is asked soon."""
        now = time.monotonic()
        before = self._asking.get(device.uid)
        away = device.status == "OFFLINE"
        if before is None or away != (before.gone_at is not None):
            self._asking[device.uid] = _Due(device, now if away else None, now + wait_s)
        else:
            before.device = device

    async def _vitals(self) -> None:
        """Signal and update mode, little by little; a failure here is nobody's worry."""
        while True:
            await asyncio.sleep(_DUE_TICK_S)
            now = time.monotonic()
            due = [one for one in self._asking.values() if one.next_at <= now]
            shared = Counter(one.device.ip for one in self._asking.values())  # WebREPL does not tell who it is
            gone = [one for one in due if one.gone_at is not None and shared[one.device.ip] == 1]
            there = [one for one in due if one.gone_at is None and one.device.status == "ONLINE"]
            for one in due:
                one.next_at = self._next(one, now)
            with contextlib.suppress(ToolkitError, OSError, ExceptionGroup):
                await self._services.vitals(
                    [one.device for one in there] if self._signal else [],
                    [one.device for one in gone],
                    lambda uid, signal: self.tell(lambda roster: roster.heard(uid, signal)),
                    lambda uid, on: self.tell(lambda roster: roster.in_update_mode(uid, on)),
                )

    @staticmethod
    def _next(one: _Due, now: float) -> float:
        if one.gone_at is None:
            return now + SIGNAL_EVERY_S
        return now + MODE_EVERY_S if now - one.gone_at < MODE_UNTIL_S else float("inf")

    async def _other_sites(self) -> None:
        """Nodes of other sites; a broker that is away is told once, until it is there again."""
        told, wait_s, shown = "", _SITES_FIRST_S, False
        while True:
            await asyncio.sleep(wait_s)
            wait_s = _SITES_EVERY_S
            try:
                devices = await asyncio.to_thread(self._services.sites_devices)
            except (ToolkitError, OSError) as error:
                if str(error) != told:
                    told = str(error)
                    self.trouble.emit(told)
            else:
                told = ""
                if devices or shown:
                    self.tell(_elsewhere(devices))
                shown = bool(devices)

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


def _elsewhere(devices: tuple[Device, ...]) -> Change:
    return lambda roster: roster.elsewhere(devices)


def _plugged(entries: "tuple[PortEntry, ...]") -> Change:
    return lambda roster: roster.plugged(entries)
