"""A virtual RP2 board: a boot ROM with a drive instead of esptool's protocol, and USB of the chip's own."""

import asyncio
from pathlib import Path

from devtoolkit.simulator.board import DRIVE
from devtoolkit.simulator.boot_drive import BootDrive
from devtoolkit.simulator.boot_plan import BootPlan
from devtoolkit.simulator.identity import Identity
from devtoolkit.simulator.machine import Machine
from devtoolkit.simulator.reset_cause import Cause
from devtoolkit.simulator.rp2_firmware import plan_rp2_boot
from devtoolkit.simulator.serial_port import PortWatch


class Rp2Machine(Machine):
    """While the drive is there the serial port is not; without a program that can run, the drive comes by itself."""

    def __init__(self, loop: asyncio.AbstractEventLoop, watch: PortWatch, folder: Path, identity: Identity) -> None:
        super().__init__(loop, watch, folder, identity)
        self._drive = BootDrive(loop, folder / DRIVE, self.flash, lambda: self.reset("power_on"))

    def reset(self, cause: Cause = "hard") -> None:
        super().reset(cause)
        if self.state == "no_firmware":
            self._enter_download()

    def download(self) -> None:
        """Reset into the boot ROM, as with the BOOTSEL button held."""
        self._halt()
        self._enter_download()

    def _plan(self) -> BootPlan:
        return plan_rp2_boot(self.flash)

    def _boot_text(self, cause: Cause) -> str:  # noqa: ARG002 - an RP2 says nothing before its program runs
        return ""

    def _to_program(self, data: bytes) -> None:
        if self._vm:
            self._vm.type(data)

    def _halt(self) -> None:
        super()._halt()
        self._drive.unmount()

    def _enter_download(self) -> None:
        self.usb.pull()
        self._drive.mount()
        self._set_state("download")

    def _replug(self) -> None:
        """Its USB is the program's own: every start is a new port."""
        self.usb.pull()
        self.usb.put()
