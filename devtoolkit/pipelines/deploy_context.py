"""What the steps of a USB deploy share: what was asked, and what the steps found out on the way."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Literal

from devtoolkit.codecs.flash_layout import Region
from devtoolkit.errors import BoardError
from devtoolkit.model.board import Board
from devtoolkit.model.device import Device
from devtoolkit.model.manifest import Manifest
from devtoolkit.tools.boot_drive import BootDrive, find_drives
from devtoolkit.tools.esptool import ChipInfo, EspTool
from devtoolkit.tools.returning_port import PortMemory, Ports, remember
from devtoolkit.tools.serial_ports import list_ports
from devtoolkit.transports.serial_repl import SerialRepl

Regions = Literal["all", "firmware", "files"]
FindNode = Callable[[str, float], Device | None]
FindDrives = Callable[[], tuple[BootDrive, ...]]


def _forget(_uid: str, _password: str) -> None:
    """Keeps no password."""


@dataclass(frozen=True, slots=True)
class DeployPlan:
    """What is to be put on which board.

    `device` is what the tools open (a serial port's path or a pyserial URL). `config` is the node's configuration as
    far as it differs from the defaults. `find_node(uid, seconds)` looks for the node on the network; `networked` says
    whether the node has a Wi-Fi to join. Times are in seconds. `ports` and `drives` say what is plugged in now.
    `uid`: whose board it has to be, where the boot drive cannot tell it. `warnings`: what the plan's maker has seen
    that will not work, and that nobody refuses (pins).
    """

    board: Board
    device: str
    firmware_name: str
    firmware: bytes
    manifest: Manifest
    files: Mapping[str, bytes]
    config: Mapping[str, object]
    find_node: FindNode
    networked: bool
    baud: int = 0
    keep_password: Callable[[str, str], None] = _forget
    node_wait_s: float = 60.0
    ports: Ports = list_ports
    drives: FindDrives = find_drives
    warnings: tuple[str, ...] = ()
    uid: str = ""


@dataclass(slots=True)
class DeployContext:
    """The plan and the findings. `resources` closes the port whatever happens.

    `port` is where the board is now: `plan.device`, until a chip with USB of its own has come back elsewhere. On RP2
    boards `drive` is the boot drive, `uf2` what is copied to it, and `copied_to` the mount that took it.
    """

    plan: DeployPlan
    resources: ExitStack = field(default_factory=ExitStack)
    tool: EspTool | None = None
    repl: SerialRepl | None = None
    chip: ChipInfo | None = None
    region: Region | None = None
    image: bytes = b""
    micropython: str = ""
    device: Device | None = None
    port: str = field(init=False)
    memory: PortMemory = field(init=False)
    drive: BootDrive | None = None
    uf2: bytes = b""
    copied_to: tuple[int, int, int] = (0, 0, 0)

    def __post_init__(self) -> None:
        self.port = self.plan.device
        self.memory = remember(self.plan.device, self.plan.ports())

    def regions(self, what: Regions) -> tuple[tuple[int, bytes], ...]:
        """Flash offset and bytes of what is written."""
        if self.region is None:
            raise _too_early("Firmware and files were not checked yet.")
        firmware = (self.plan.board.firmware_offset, self.plan.firmware)
        files = (self.region.offset, self.image)
        return {"all": (firmware, files), "firmware": (firmware,), "files": (files,)}[what]

    @property
    def uid(self) -> str:
        """The node's uid: `micr`, the chip's unique id (on ESP chips the MAC), `OS`; empty while it is not known."""
        unique_id = self.found_chip.mac.replace(":", "").lower()
        return f"micr{unique_id}OS" if unique_id else ""

    def keep_password(self) -> None:
        """Hand the new node's password to who keeps it, as soon as the node's uid is known."""
        if self.uid:
            self.plan.keep_password(self.uid, str(self.plan.config.get("appwd", "")))

    @property
    def found_chip(self) -> ChipInfo:
        """What was detected. This and the next three raise BoardError before the step that finds it has run."""
        if self.chip is None:
            raise _too_early("The board was not detected yet.")
        return self.chip

    @property
    def open_tool(self) -> EspTool:
        """The connection to its bootloader."""
        if self.tool is None:
            raise _too_early("The board is not in its bootloader.")
        return self.tool

    def close_tool(self) -> None:
        """Leave the bootloader connection, so that the port is free for the REPL."""
        if self.tool is not None:
            self.tool.close()
            self.tool = None

    @property
    def open_repl(self) -> SerialRepl:
        """The board's REPL, entered."""
        if self.repl is None:
            raise _too_early("The board's REPL is not open.")
        return self.repl

    @property
    def open_drive(self) -> BootDrive:
        """The boot drive to copy to."""
        if self.drive is None:
            raise _too_early("The boot drive was not opened yet.")
        return self.drive

    def close_repl(self) -> None:
        """Leave the REPL's port, so that the board runs undisturbed."""
        if self.repl is not None:
            self.repl.close()
            self.repl = None


def _too_early(what: str) -> BoardError:
    return BoardError(what, hint="The steps run in the wrong order; please report it.")
