"""Deploy over USB: from an empty board to a node that answers."""

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import devtoolkit
from devtoolkit import paths
from devtoolkit.boards.loader import board as find_board
from devtoolkit.codecs.flash_layout import Region
from devtoolkit.errors import UsageError
from devtoolkit.model.board import Board
from devtoolkit.model.device import Device
from devtoolkit.model.manifest import Manifest
from devtoolkit.pipelines import recipes
from devtoolkit.pipelines.base import Cancel, Event, Listener, Runner, StepResult, silent
from devtoolkit.pipelines.deploy_context import DeployContext, DeployPlan, FindNode
from devtoolkit.services import build, discovery, firmware, secrets
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.node_setup import has_wifi, initial_config
from devtoolkit.services.ports import OpenPort, open_port, virtual_name
from devtoolkit.settings import LOOPBACK
from devtoolkit.simulator.firmware import virtual_firmware
from devtoolkit.tools.esptool import check_port


@dataclass(frozen=True, slots=True)
class DeployRequest:
    """What the user asked for. `port` is a serial port, a pyserial URL or `virtual:NAME`."""

    board: str
    port: str
    name: str | None = None
    firmware: Path | None = None
    config: Path | None = None
    wifi: tuple[str, str] | None = None
    default_password: bool = False
    baud: int = 0


@dataclass(frozen=True, slots=True)
class Versions:
    """Which software is on the board now, and which toolkit put it there."""

    toolkit: str
    micros: str
    micropython: str
    mpy: str


@dataclass(frozen=True, slots=True)
class StepReport:
    """One step: `bytes` of flash written or checked (0 where no bytes move), `seconds` it took."""

    step: str
    state: str
    bytes: int
    seconds: float
    note: str


@dataclass(frozen=True, slots=True)
class DeployReport:
    """What was done. `device` is set when the node was found on the network."""

    board: str
    port: str
    chip: str
    mac: str
    uid: str
    name: str
    flash_size: int
    firmware: str
    file_system: Region | None
    files: int
    versions: Versions
    steps: tuple[StepReport, ...]
    bytes: int
    seconds: float
    device: Device | None


@dataclass(slots=True)
class Deployer:
    """Runs the USB recipes for one board."""

    request: DeployRequest
    listener: Listener = silent
    cancel: Cancel = field(default_factory=Cancel)
    interfaces: tuple[str, ...] | None = None

    def make(self) -> DeployReport:
        """Erase, write, verify, boot and find. Raises ToolkitError; the next call repairs whatever was left."""
        return self._run(recipes.MAKE)

    def erase(self) -> DeployReport:
        return self._run(recipes.ERASE)

    def deploy(self) -> DeployReport:
        """Write MicroPython only."""
        return self._run(recipes.DEPLOY)

    def install(self) -> DeployReport:
        """Write the micrOS file system only; MicroPython must be on the board."""
        return self._run(recipes.INSTALL)

    def _run(self, recipe: recipes.Recipe) -> DeployReport:
        started = time.monotonic()
        board = checked_board(self.request.board)
        parts = self._prepare(board)
        with ExitStack() as stack:
            port = stack.enter_context(open_port(self.request.port))
            if port.virtual is None:
                check_port(port.device)
            context = DeployContext(self._plan(board, port, parts), resources=stack.enter_context(ExitStack()))
            results = Runner(recipe, self.listener, self.cancel).run(context)
        return _report(self.request, context, results, time.monotonic() - started)

    def _prepare(self, board: Board) -> "_Parts":
        """Everything that can be wrong without a board is found out before a port is opened."""
        virtual = virtual_name(self.request.port) is not None
        config = initial_config(
            name=self.request.name,
            wifi=self.request.wifi,
            virtual=virtual,
            default_password=self.request.default_password,
            file=self.request.config,
        )
        if virtual and self.request.firmware is None:
            name, data = f"virtual MicroPython for {board.chip}", virtual_firmware(board.chip)
        else:
            found = firmware.find(board, self.request.firmware)
            name, data = found.name, found.data
        firmware.check_firmware(data, board, name)
        folder = paths.precompiled()
        return _Parts(name, data, config, build.load_manifest(folder), build.read_files(folder))

    def _plan(self, board: Board, port: OpenPort, parts: "_Parts") -> DeployPlan:
        return DeployPlan(
            board=board,
            device=port.device,
            firmware_name=parts.firmware_name,
            firmware=parts.firmware,
            manifest=parts.manifest,
            files=parts.files,
            config=parts.config,
            find_node=_node_finder((LOOPBACK,) if port.virtual else self.interfaces),
            networked=has_wifi(parts.config),
            baud=self.request.baud,
            keep_password=secrets.remember,
        )


@dataclass(frozen=True, slots=True)
class _Parts:
    firmware_name: str
    firmware: bytes
    config: dict[str, object]
    manifest: Manifest
    files: dict[str, bytes]


def checked_board(board_id: str) -> Board:
    """The board, if this toolkit can write it over USB. Raises UsageError with the known names otherwise."""
    board = find_board(board_id)
    if board.family != "esp32":
        raise UsageError(
            f"{board.title} is not written by esptool but by copying a UF2 file, which this version cannot do yet.",
            hint="Deploy an ESP32 board, or copy the firmware to the board's drive by hand.",
            board=board.id,
        )
    return board


def _node_finder(interfaces: tuple[str, ...] | None) -> FindNode:
    cache = DeviceCache(paths.device_cache())

    def find(uid: str, seconds: float) -> Device | None:
        return discovery.wait_for(uid, cache, seconds=seconds, interfaces=interfaces)

    return find


def _report(
    request: DeployRequest, context: DeployContext, results: tuple[StepResult, ...], seconds: float
) -> DeployReport:
    plan, chip = context.plan, context.found_chip
    steps = tuple(_step(result) for result in results)
    return DeployReport(
        board=plan.board.id,
        port=request.port,
        chip=chip.name,
        mac=chip.mac,
        uid=context.uid,
        name=str(plan.config["devfid"]),
        flash_size=chip.flash_size,
        firmware=plan.firmware_name,
        file_system=context.region,
        files=len(plan.manifest.files),
        versions=Versions(
            devtoolkit.__version__, plan.manifest.micros_version, context.micropython, plan.manifest.mpy_version
        ),
        steps=steps,
        bytes=sum(step.bytes for step in steps if step.step == "flash"),
        seconds=round(seconds, 3),
        device=context.device,
    )


_BYTE_STEPS = frozenset({"erase", "flash", "verify"})


def _step(result: StepResult) -> StepReport:
    moved = result.done if result.step in _BYTE_STEPS else 0
    return StepReport(result.step, result.state, moved, round(result.seconds, 3), result.note)


__all__ = ["Cancel", "DeployReport", "DeployRequest", "Deployer", "Event", "checked_board"]
