"""One virtual board: power, reset, download mode and run mode, around a flash file and a serial line.

Everything here runs in the loop's thread. A reset looks at the flash: a valid firmware starts the VM; without one
the board stays silent, as a real one does.
"""

import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from devtoolkit.codecs import slip
from devtoolkit.codecs.flash_layout import Region
from devtoolkit.errors import SimulatorError
from devtoolkit.settings import REPL_BAUD
from devtoolkit.simulator import chips
from devtoolkit.simulator.boot_plan import BootPlan, plan_boot
from devtoolkit.simulator.console import ConsoleLog
from devtoolkit.simulator.flash import Flash
from devtoolkit.simulator.identity import Identity
from devtoolkit.simulator.link import Message, Peer
from devtoolkit.simulator.operations import FlashOperations
from devtoolkit.simulator.reset_cause import DOWNLOAD_TEXT, Cause, restarts_chip, rom_text
from devtoolkit.simulator.rom import RomLoader
from devtoolkit.simulator.serial_port import PortWatch, SerialPort
from devtoolkit.simulator.shim_cache import folder_for
from devtoolkit.simulator.usb_plug import UsbPlug
from devtoolkit.simulator.vm_config import board_config
from devtoolkit.simulator.vm_link import VmLink
from devtoolkit.simulator.vm_process import VmProcess, find_vm
from devtoolkit.simulator.vm_session import RestartPace, VmSession
from devtoolkit.simulator.watchdog import Watchdog

State = Literal["off", "download", "no_firmware", "booting", "running", "crashed"]

_SYNC_TAIL = 16  # bytes in which a SYNC frame's start may be split between two reads


class Machine:
    """A powered or unpowered board. `settings` are values for the VM's configuration beyond the identity."""

    def __init__(self, loop: asyncio.AbstractEventLoop, watch: PortWatch, folder: Path, identity: Identity) -> None:
        self.state: State = "off"
        self.log = ConsoleLog()
        self.identity = identity
        self.settings: dict[str, object] = {}
        self.observers: set[Peer] = set()
        self.hosts: Callable[[], dict[str, str]] = dict  # names of all boards, for `<name>.local`
        self._loop = loop
        self._folder = folder
        self._vm_path = find_vm()
        self.flash = Flash(folder / "flash.bin", identity.flash_size)
        self.operations = FlashOperations(folder / "ops.bin")
        self.port = SerialPort(loop, watch, self)
        self.usb = UsbPlug(loop, self.port)
        self._link = VmLink(self._from_vm)
        self._vm: VmSession | None = None
        self._rom: RomLoader | None = None
        self._region: Region | None = None
        self._restart: asyncio.TimerHandle | None = None
        self._watchdog = Watchdog(loop, lambda: self._reset_by_program("wdt"))
        self._pace = RestartPace()
        self._tail = b""
        self._throttle: int | None = None
        self._changed = asyncio.Event()

    async def start(self) -> None:
        """Power the board on."""
        await self._link.start()
        self.reset("power_on")

    async def close(self) -> None:
        """Power the board off and give everything back."""
        self.power_off()
        self.usb.cancel()
        await self._link.stop()
        self.port.close()
        self.flash.close()

    # --- what a user can do

    def reset(self, cause: Cause = "hard") -> None:
        """Restart: what runs is ended at once, then the flash decides."""
        self._halt()
        self.operations.power_restored()
        plan = self._plan()
        self._replug()
        self._print(self._boot_text(cause) + (plan.message + "\r\n" if plan.message else ""))
        self._region = plan.region
        if self._region is None:
            self._set_state("no_firmware")
        else:
            self._start_vm(cause, raw=False)

    def power_off(self) -> None:
        """Cut the power."""
        self._halt()
        self._set_state("off")

    def download(self) -> None:
        """Reset into download mode, as with the boot button held."""
        self._halt()
        self._enter_download()
        self._print(DOWNLOAD_TEXT)

    def throttle(self, baud: int | None) -> None:
        """Carry no more than a wire: at `baud` in run mode, at what esptool sets in download mode. None: no limit."""
        self._throttle = baud
        self.port.throttle(baud)

    def load(self, parts: dict[int, bytes]) -> None:
        """Write bytes straight into the flash (erased first, by sector), then power on."""
        self._halt()
        for offset, data in parts.items():
            self.flash.erase(offset, len(data))
            self.flash.program(offset, data)
        self.reset("power_on")

    async def ask_vm(self, message: Message) -> Message:
        """Pass a request to the simulated hardware; returns its answer. SimulatorError when the VM is not there."""
        if not self._link.up:
            raise SimulatorError(f"The virtual board {self.identity.name} is not running.", state=self.state)
        return await self._link.ask(message)

    @property
    def change(self) -> asyncio.Event:
        """Is set when state or console change next. Take it before looking at them, then wait: nothing is missed."""
        return self._changed

    @property
    def has_firmware(self) -> bool:
        """Whether the flash holds something that can run."""
        return self._plan().region is not None

    @property
    def vm_pid(self) -> int | None:
        """The VM's process id while one runs."""
        return self._vm.pid if self._vm else None

    # --- serial line

    def received(self, data: bytes) -> None:
        """Bytes from the serial client."""
        if self._rom:
            self._to_rom(data)
        elif self.state == "off":
            return
        else:
            self._to_program(data)

    def _to_program(self, data: bytes) -> None:
        """A pty has no reset lines, so esptool's SYNC stands for them: it starts the download mode."""
        seen = self._tail + data
        at = slip.find_sync(seen)
        if at >= 0:
            self._halt()
            self._enter_download()
            self._to_rom(seen[at:])
            return
        self._tail = seen[-_SYNC_TAIL:]
        if self._vm:
            self._vm.type(data)

    def _to_rom(self, data: bytes) -> None:
        if self._rom is None:
            return
        baud = self._rom.baud
        self.port.write(self._rom.feed(data))
        if self._throttle and self._rom.baud != baud:
            self.port.throttle(self._rom.baud)
        if self._rom.reset_wanted:
            self.reset("power_on")

    def client_closed(self) -> None:
        """A tool that used the download mode has left: run what it wrote."""
        if self._rom and self._rom.used:
            self.reset("power_on")

    def drained(self) -> None:
        """The client reads again."""
        if self._vm:
            self._vm.resume()

    def _output(self, data: bytes) -> None:
        self.log.add(data)
        self.port.write(data)
        if self.port.full and self._vm:
            self._vm.pause()
        self._notify()

    def _print(self, text: str) -> None:
        self._output(text.encode())

    # --- modes

    def _set_state(self, state: State) -> None:
        self.state = state
        self._tell({"ev": "state", "state": state})
        self._notify()

    def _notify(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _tell(self, event: Message) -> None:
        for peer in self.observers:
            peer.send(event)

    def _halt(self) -> None:
        """End whatever runs."""
        if self._restart:
            self._restart.cancel()
            self._restart = None
        self._watchdog.stop()
        vm, self._vm = self._vm, None
        if vm:
            vm.end()
        self._link.forget()
        if self._rom:
            self._rom = None
            self.port.throttle(self._throttle)
        self._tail = b""

    def _plan(self) -> BootPlan:
        return plan_boot(chips.find(self.identity.chip), self.flash)

    def _boot_text(self, cause: Cause) -> str:
        return rom_text(cause)

    def _replug(self) -> None:
        """A chip with USB of its own (setting `native_usb`) vanishes from the bus at a reset and comes back anew."""
        if self.settings.get("native_usb"):
            self.usb.replug()

    def _enter_download(self) -> None:
        self._replug()
        self._rom = RomLoader(chips.find(self.identity.chip), self.flash, self.identity.mac_bytes, REPL_BAUD)
        self._set_state("download")

    # --- the VM

    def _start_vm(self, cause: Cause, *, raw: bool) -> None:
        self._restart = None
        config = self._folder / "vm.json"
        text = json.dumps(self._config(cause, raw), ensure_ascii=False)
        config.write_bytes(text.encode("utf-8", "surrogateescape"))  # paths in an ASCII locale hold raw bytes
        heap = self.settings.get("heap")
        process = VmProcess(self._vm_path, config, self.flash.path, heap if isinstance(heap, int) else 0)
        vm = VmSession(self._loop, process, self._output, lambda status: self._vm_ended(vm, status), raw=raw)
        self._vm = vm
        self._set_state("booting")

    def _config(self, cause: Cause, raw: bool) -> dict[str, object]:
        region = self._region
        if region is None:
            raise SimulatorError("There is nothing to run in the flash.")
        return {
            **board_config(self.identity, self.flash, region, self.hosts(), self.settings),
            "ops": str(self.operations.path),
            **self._link.invite(),
            "reset_cause": cause,
            "raw_repl": raw,
            "shims": str(folder_for(self._vm_path)),
        }

    def _from_vm(self, message: Message) -> None:
        event, ms = message.get("ev"), message.get("ms")
        if event == "mounted" and self._vm:
            self._vm.file_system_mounted()
            self._set_state("running")
        elif event == "interrupted" and self._vm:
            self._vm.interrupt()
        elif event == "wdt" and isinstance(ms, int):
            self._watchdog.feed(ms, self.settings.get("wdt_ms"))
        elif event == "reset":
            self._reset_by_program(str(message.get("kind")))
        else:
            self._tell(message)

    def _reset_by_program(self, kind: str) -> None:
        self._tell({"ev": "reset", "kind": kind})
        if self._vm:
            self._vm.flush()
        if kind == "soft" and self._vm:
            vm = self._vm
            self._halt()
            self._soft_reboot(vm)
        elif kind == "bootloader":
            self.download()
        elif restarts_chip(kind):
            self.reset(kind)

    def _vm_ended(self, vm: VmSession, status: int) -> None:
        """The VM ended by itself: power failed on purpose, a crash, or a soft reset (which exits the unix port)."""
        if vm is not self._vm:
            return
        self._vm = None
        self._link.forget()
        if self.operations.power_failed:
            self._tell({"ev": "cut"})
            self._set_state("off")
        elif not vm.mounted:
            self._print(f"\r\nThe virtual board's VM did not start (status {status}).\r\n")
            self._set_state("crashed")
        elif status < 0 and status != -signal.SIGINT:
            self._print(f"\r\nThe virtual board's VM ended by signal {-status}.\r\nRebooting...\r\n")
            self._later(vm, "hard", raw=False)
        else:
            self._soft_reboot(vm)

    def _soft_reboot(self, vm: VmSession) -> None:
        self._print("MPY: soft reboot\r\n")
        self._later(vm, "soft", raw=vm.raw)

    def _later(self, vm: VmSession, cause: Cause, *, raw: bool) -> None:
        """Start again; a program that ends at once every time does not take the whole processor."""
        delay = self._pace.pause(vm)
        if not delay:
            self._start_vm(cause, raw=raw)
            return
        self._set_state("booting")
        self._restart = self._loop.call_later(delay, lambda: self._start_vm(cause, raw=raw))
