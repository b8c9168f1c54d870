"""Deploy over USB: from an empty board to a node that answers."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import devtoolkit
from devtoolkit import paths
from devtoolkit.boards.loader import board as find_board
from devtoolkit.codecs.flash_layout import Region
from devtoolkit.model.board import Board
from devtoolkit.model.device import Device
from devtoolkit.model.manifest import Manifest
from devtoolkit.pipelines import recipes
from devtoolkit.pipelines.base import Cancel, Event, Listener, Runner, StepResult, silent
from devtoolkit.pipelines.deploy_context import DeployContext, DeployPlan, FindNode
from devtoolkit.services import build, discovery, firmware, secrets, usb_journal
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.devtools import pins
from devtoolkit.services.firmware_fetch import obtain
from devtoolkit.services.node_setup import carried_config, has_wifi, initial_config
from devtoolkit.services.ota import records
from devtoolkit.services.ports import OpenPort, check_board_port, open_port, virtual_name
from devtoolkit.services.virtual_firmware import virtual_firmware_for
from devtoolkit.settings import LOOPBACK

_BYTE_STEPS = frozenset({"erase", "flash", "verify"})  # what they report are bytes of flash


@dataclass(frozen=True, slots=True)
class DeployRequest:
    """What the user asked for. `port` is a serial port, a pyserial URL or `virtual:NAME`.

    RP2 boards may be there as a boot drive instead: then `port` may be empty, and `boot_drive` names the drive's folder
    where it is not to be looked for. `accept_unverified`: download a firmware whose checksum nobody publishes.
    `carried` are the user's files (path -> content), with the node's configuration, that go into the new image; `uid`
    is the node that they belong to, checked after the boot where a boot drive could not tell it before.
    """

    board: str
    port: str
    name: str | None = None
    firmware: Path | None = None
    config: Path | None = None
    wifi: tuple[str, str] | None = None
    default_password: bool = False
    baud: int = 0
    boot_drive: Path | None = None
    accept_unverified: bool = False
    carried: Mapping[str, bytes] = field(default_factory=dict)
    uid: str = ""


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
    """What was done. `port` is where the board is now. `device` is set when the node was found on the network.
    `warnings`: pins that will not do.
    """

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
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class Deployer:
    """Runs the USB recipes for one board."""

    request: DeployRequest
    listener: Listener = silent
    cancel: Cancel = field(default_factory=Cancel)
    interfaces: tuple[str, ...] | None = None

    def make(self) -> DeployReport:
        """Erase, write, verify, boot and find. Raises ToolkitError; the next call repairs whatever was left.

        An update that was interrupted on this board waits no longer, unless its files are what is carried.
        """
        report = self._remembered(self._run(recipes.MAKE, recipes.RP2_MAKE))
        if not self.request.carried and usb_journal.unfinished(report.uid):
            usb_journal.end(report.uid)
        return report

    def erase(self) -> DeployReport:
        """Empty the whole flash."""
        return self._run(recipes.ERASE, recipes.RP2_ERASE, firmware_needed=False)

    def deploy(self) -> DeployReport:
        """Write MicroPython only."""
        return self._run(recipes.DEPLOY, recipes.RP2_DEPLOY)

    def install(self) -> DeployReport:
        """Write the micrOS file system only; MicroPython must be on the board."""
        return self._remembered(self._run(recipes.INSTALL, recipes.RP2_INSTALL))

    def _remembered(self, report: DeployReport) -> DeployReport:
        """Notes what lies on the node, so that a later update can remove what has gone out of use."""
        if report.uid:
            manifest = build.load_manifest(paths.precompiled())
            files = {entry.path: entry.sha256 for entry in manifest.entries}
            records.remember(report.uid, manifest.micros_version, files, whole=True)
        return report

    def _run(self, esp: recipes.Recipe, rp2: recipes.Recipe, *, firmware_needed: bool = True) -> DeployReport:
        started = time.monotonic()
        board = find_board(self.request.board)
        recipe = rp2 if board.family == "rp2" else esp
        parts = self._prepare(board, firmware_needed=firmware_needed)
        with ExitStack() as stack:
            port = stack.enter_context(open_port(self.request.port, board.chip, self.request.boot_drive))
            check_board_port(port, board, drive_named=self.request.boot_drive is not None)
            context = DeployContext(self._plan(board, port, parts), resources=stack.enter_context(ExitStack()))
            results = Runner(recipe, self.listener, self.cancel).run(context)
        return _report(self.request, context, results, time.monotonic() - started)

    def _prepare(self, board: Board, *, firmware_needed: bool) -> "_Parts":
        """Everything that can be wrong without a board is found out before a port is opened."""
        virtual = virtual_name(self.request.port) is not None
        config = carried_config(self.request.carried) or initial_config(
            name=self.request.name,
            wifi=self.request.wifi,
            virtual=virtual,
            default_password=self.request.default_password,
            file=self.request.config,
        )
        name, data = self._firmware(board, virtual=virtual) if firmware_needed else ("", b"")
        folder = paths.precompiled()
        files = {**build.read_files(folder), **self.request.carried}
        return _Parts(name, data, config, build.load_manifest(folder), files)

    def _firmware(self, board: Board, *, virtual: bool) -> tuple[str, bytes]:
        """Name and bytes of a whole firmware for this board's chip."""
        if virtual and self.request.firmware is None:
            name, data = f"virtual MicroPython for {board.chip}", virtual_firmware_for(board.chip)
        else:
            found = obtain(
                board,
                self.request.firmware,
                accept_unverified=self.request.accept_unverified,
                listener=self.listener,
                cancel=self.cancel,
            )
            name, data = found.name, found.data
        firmware.check_firmware(data, board, name)
        return name, data

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
            ports=port.ports,
            drives=port.drives,
            warnings=pins.warnings(board.id, parts.config),
            uid=self.request.uid,
        )


@dataclass(frozen=True, slots=True)
class _Parts:
    firmware_name: str
    firmware: bytes
    config: dict[str, object]
    manifest: Manifest
    files: dict[str, bytes]


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
        port=_where(request, context),
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
        warnings=plan.warnings,
    )


def _where(request: DeployRequest, context: DeployContext) -> str:
    """The port that the board has now; of a virtual one its address, which stays."""
    same = context.port == context.plan.device or virtual_name(request.port) is not None
    return request.port if same else context.port


def _step(result: StepResult) -> StepReport:
    moved = result.done if result.step in _BYTE_STEPS else 0
    return StepReport(result.step, result.state, moved, round(result.seconds, 3), result.note)


__all__ = ["Cancel", "DeployReport", "DeployRequest", "Deployer", "Event"]
