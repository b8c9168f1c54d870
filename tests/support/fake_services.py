"""Services for the window's tests: nothing is asked of a network or a board; what was asked is written down."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from fake_configs import FakeConfigs
from fake_fleet import FakeFleet
from fake_gateway import FakeGateway
from fake_monitor import FakeMonitor
from fake_pins import FakePins
from fake_shells import FakeShells
from fake_sites import FakeSites
from fake_usb import FakeUsb
from fake_virtual import FakeVirtual

from devtoolkit.errors import CancelledByUser
from devtoolkit.gui.services import Services
from devtoolkit.model.device import Device
from devtoolkit.model.manifest import FileEntry
from devtoolkit.model.node_config import defaults
from devtoolkit.pipelines.base import Event
from devtoolkit.services.apps_types import (
    AppInfo,
    AppList,
    Check,
    Checked,
    Parameter,
    PlotData,
    PlotOpened,
    PointAdded,
    Said,
    Series,
)
from devtoolkit.services.cache import DeviceFacts
from devtoolkit.services.configs import Change, NodeConfig
from devtoolkit.services.deploy import DeployReport, Versions
from devtoolkit.services.devtools.doctor import DoctorReport, Finding
from devtoolkit.services.ota.live import Installed, LiveReport
from devtoolkit.services.port_list import PortEntry
from devtoolkit.services.presence import PresenceEvent
from devtoolkit.services.simulation import VirtualNode
from devtoolkit.services.widgets import Widget

SECRET = "Zq7-visible"
PARTS = 40
FLASH = 2_162_688


def device(name: str, number: int = 1, **fields: Any) -> Device:
    """A node as it answered."""
    usual = {"ip": f"10.0.{number // 250}.{number % 250 + 1}", "status": "ONLINE", "version": "2.0.0-0"}
    return Device(f"micr{number:012x}OS", name, port=9008, **{**usual, "latency_s": 0.012, **fields})


LAMP, DOOR, AWAY = device("Lamp", 1), device("FrontDoor", 2, status="LOCKED"), device("Garden", 3, status="OFFLINE")
USB = PortEntry("/dev/ttyUSB0", "CP2102 USB to UART", "10c4:ea60", boards=("esp32", "esp32cam"))
WIDGETS = (
    Widget("rgb", "color", "color", "rgb color r=:range: g=:range: b=:range:", (0.0, 1000.0, 10.0)),
    Widget("rgb", "brightness", "slider", "rgb brightness percent=:range:", (0.0, 100.0, 2.0)),
    Widget("rgb", "toggle", "button", "rgb toggle state=:options:", (), ("True", "False")),
    Widget("dht22", "measure", "graph", "dht22 measure", refresh_ms=60_000),
)


class FakeServices(
    FakeFleet, FakeGateway, FakeMonitor, FakePins, FakeConfigs, FakeShells, FakeSites, FakeUsb, FakeVirtual, Services
):
    """`gate` holds every long call open while it is not set; `fails` is raised by the next one."""

    def __init__(self, devices: Sequence[Device] = (LAMP, DOOR, AWAY), ports: Sequence[PortEntry] = (USB,)) -> None:
        self.devices, self.entries = tuple(devices), tuple(ports)
        self.calls: list[tuple[Any, ...]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.fails: Exception | None = None
        self.commands: dict[str, tuple[str, ...]] = {
            "help lm": ("[EXEC] Command mode", "   rgb", "      color", "      toggle", "   system", "         info"),
            "lmpacman listmods": ("LM_rgb.mpy", "LM_system.mpy", "LM_dht22.mpy"),
            "dht22 measure": ("temp [C]: 21.5", "hum [%]: 40"),
        }
        self.config_values = {**defaults(), "devfid": "Lamp", "stapwd": "********", "appwd": "********"}
        self._events: asyncio.Queue[PresenceEvent] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def _asked(self, *call: Any) -> None:
        self.calls.append(call)
        self.gate.wait(30)
        if self.fails is not None:
            error, self.fails = self.fails, None
            raise error

    # --- who is there

    def known(self) -> Any:
        old = {one.uid: DeviceFacts(last_seen=time.time() - 7200, tags=("garden",)) for one in self.devices}
        return tuple(Device(one.uid, one.fuid, one.ip, one.port, version=one.version) for one in self.devices), old

    async def presence(self, *, scan: bool) -> Any:
        self._loop, self._events = asyncio.get_running_loop(), asyncio.Queue()
        for one in self.devices:
            if one.status != "OFFLINE":
                yield PresenceEvent("appear", one)
        while True:
            yield await self._events.get()

    def appear(self, one: Device) -> None:
        """A node's state as the network would tell it."""
        assert self._loop is not None
        assert self._events is not None
        self._loop.call_soon_threadsafe(self._events.put_nowait, PresenceEvent("change", one))

    def ports(self) -> Any:
        return self.entries

    probe = ports

    def search(self, on_found: Callable[[Device], None]) -> Any:
        self._asked("search")
        for one in self.devices:
            on_found(one)
        return self.devices

    def forget(self, uids: Sequence[str]) -> None:
        self._asked("forget", tuple(uids))

    def doctor(self) -> Any:
        findings = (
            Finding("versions", "ok", "micrOS 2.0.0-0"),
            Finding(
                "serial ports", "warn", "No driver for the CP2102 on USB.", "Install cp210x from its maker's page."
            ),
        )
        return DoctorReport(findings)

    def password_of(self, uid: str) -> str | None:
        return SECRET

    def apps(self) -> Any:
        checks = AppInfo("SysCheck", "Checks a node from all sides", "bundled", "", (Parameter("rounds", "int", 3),))
        return AppList(
            (checks, AppInfo("Broken", "", "user", "", problem="It has no function app.")), "/home/maker/apps"
        )

    def run_app(self, name: str, uid: str, values: Any, on_event: Any, stop: Any, handle: Any) -> Any:
        self._asked("app", name, uid, dict(values))
        on_event(PlotOpened(1, PlotData("Memory", Series("t", "s"), (Series("used", "%"),))))
        for at in range(20):
            on_event(PointAdded(1, (float(at), 40.0 + at % 5)))
        on_event(Checked(Check("hello", "PASS", "answers in 12 ms")))
        on_event(Said("All is well."))
        if values.get("rounds") == "0":
            assert stop.wait(30)
            raise CancelledByUser("SysCheck was stopped; what it had found is kept.")
        return SimpleNamespace(files=())

    # --- work

    def deploy(self, request: Any, handle: Any) -> Any:
        self._asked("deploy", request)
        handle.listener(Event("start", "flash", "Write the flash"))
        for part in range(PARTS + 1):
            handle.listener(Event("progress", "flash", "Write the flash", FLASH * part // PARTS, FLASH))
            if handle.cancel.wanted:
                raise CancelledByUser("Stopped by the user during: Write the flash.")
        handle.listener(Event("done", "flash", "Write the flash", FLASH, FLASH, "", 1.0))
        versions = Versions("2.0.0", "2.0.0-0", "1.27.0", "6.3")
        return DeployReport(
            request.board, request.port, "ESP32", "00:00:00:00:00:09", "micr000000000009OS", request.name or "node01",
            4 << 20, "firmware", None, 115, versions, (), FLASH, 8.2, None,
        )  # fmt: skip

    def upload(self, uid: str, files: Any, handle: Any, *, prefix: bool) -> Any:
        self._asked("upload", uid, tuple(file.name for file in files))
        return LiveReport(LAMP, tuple(Installed(file.name, loaded=True) for file in files))

    def delete_module(self, uid: str, name: str, handle: Any) -> Any:
        self._asked("delete", uid, name)
        return LiveReport(LAMP, (Installed(name, name),))

    def undo(self, uid: str, handle: Any) -> Any:
        self._asked("undo", uid)
        return SimpleNamespace(done="LM_rgb.mpy deleted on Lamp")

    def shell(self, uid: str, commands: Sequence[str], handle: Any) -> Any:
        self._asked("shell", uid, *commands)
        return tuple(self.commands.get(command, (f"answer to {command}",)) for command in commands)

    def converse(self, uid: str, handle: Any, read: Callable[[], Any], on_reply: Callable[[Any], object]) -> None:
        async def talk() -> None:
            while (line := await read()) is not None:
                self._asked("line", uid, line)
                on_reply(self.commands.get(line, (f"answer to {line}",)))

        asyncio.run(talk())

    def files(self, uid: str, port: str, handle: Any) -> Any:
        self._asked("files", uid, port)
        return tuple(FileEntry(name, 1000, "") for name in ("LM_rgb.mpy", "main.py", "node_config.json"))

    def get_files(self, uid: str, port: str, names: Any, folder: Any, handle: Any) -> None:
        self._asked("get", uid, port, tuple(names))

    def put_files(self, uid: str, port: str, files: Any, handle: Any) -> None:
        self._asked("put", uid, port, tuple(file.name for file in files))

    def remove_files(self, uid: str, port: str, names: Any, handle: Any) -> None:
        self._asked("remove", uid, port, tuple(names))

    def widgets(self, uid: str, handle: Any) -> Any:
        self._asked("widgets", uid)
        return WIDGETS

    def config(self, uid: str, handle: Any) -> Any:
        self._asked("config", uid)
        return NodeConfig(LAMP, dict(self.config_values))

    def set_config(self, uid: str, values: Any, handle: Any) -> Any:
        self._asked("set_config", uid, dict(values))
        changes = tuple(Change(key, None, value) for key, value in values.items())
        return NodeConfig(LAMP, changes=changes, reboot=True)

    @contextmanager
    def power_on(
        self, names: tuple[str, ...], on_ready: Callable[[VirtualNode], None], **options: Any
    ) -> Iterator[Any]:
        self._asked("power_on", names, *options.items())
        for number, name in enumerate(names, 100):
            on_ready(VirtualNode(name, "/dev/pts/9", "tty", device(name, number), installed=False))
        yield ()
        self.calls.append(("power_off", names))
