"""Virtual nodes: power on one or many, put micrOS on them where it is missing, write them to the connection cache."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from devtoolkit import paths
from devtoolkit.boards.loader import board as find_board
from devtoolkit.boards.loader import load_boards
from devtoolkit.codecs import rp2_image
from devtoolkit.codecs.flash_layout import Region, combined_partitions, file_system_region
from devtoolkit.errors import SimulatorError
from devtoolkit.model.board import Board
from devtoolkit.model.device import Device
from devtoolkit.pipelines.steps.check import with_config
from devtoolkit.services import build, secrets, shell
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.node_setup import initial_config
from devtoolkit.services.virtual_firmware import virtual_firmware_for
from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.tools.littlefs_image import build_image

BOOT_LIMIT_S = 30.0  # a virtual node answers within a second or two; a loaded machine may need longer
_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class VirtualNode:
    """A powered virtual node: its serial line, its address, and the device as it answered."""

    name: str
    port: str
    tty: str
    device: Device
    installed: bool  # True when micrOS was put on it just now


@dataclass(frozen=True, slots=True)
class SimulateResult:
    """The nodes that were powered on and are off again."""

    nodes: tuple[VirtualNode, ...]


@contextmanager
def power_on(
    names: tuple[str, ...],
    *,
    fresh: bool = False,
    on_ready: Callable[[VirtualNode], None] | None = None,
    board_type: str = "esp32",
) -> Iterator[tuple[VirtualNode, ...]]:
    """Power on the named boards together; they are powered off, with nothing left running, when the block ends.

    A board that holds no system gets the bundled micrOS first. `board_type` is for boards that do not exist yet. Each
    node is in the connection cache as soon as it answers. Raises SimulatorError when a board is already running
    elsewhere or a node does not come up, UsageError for an unknown board type.
    """
    board = find_board(board_type)
    with ExitStack() as stack:
        boards = [stack.enter_context(_open(name, board, fresh=fresh)) for name in names]
        nodes = []
        for virtual, installed in boards:
            node = VirtualNode(virtual.name, virtual.port, str(virtual.folder / "tty"), _answer(virtual), installed)
            if on_ready:
                on_ready(node)
            nodes.append(node)
        yield tuple(nodes)


def fleet_names(text: str) -> tuple[str, ...]:
    """What `--simulate` was given: nothing (one node), a NAME, or a number of nodes."""
    if not text:
        return ("node01",)
    if text.isdigit():
        count = int(text)
        if not 1 <= count <= 200:
            raise SimulatorError(f"{count} virtual nodes are not possible.", hint="Ask for 1 to 200.")
        return tuple(f"node{number:02d}" for number in range(1, count + 1))
    return (text,)


@contextmanager
def _open(name: str, board: Board, *, fresh: bool) -> Iterator[tuple[VirtualBoard, bool]]:
    with VirtualBoard.open(name, root=paths.simulator(), chip=board.chip, fresh=fresh) as virtual:
        installed = not virtual.has_firmware
        if installed:
            _install(virtual, _board_with(virtual.identity.chip))
        yield virtual, installed


def _board_with(chip: str) -> Board:
    """The plain board with this chip: a virtual board that exists keeps its own."""
    boards = [one for one in load_boards() if one.chip == chip]
    return next((one for one in boards if one.id == chip), boards[0])


def _install(virtual: VirtualBoard, board: Board) -> None:
    """Put firmware, files and configuration straight into the flash file (what a deploy does through the wire)."""
    firmware = virtual_firmware_for(board.chip)
    if board.family == "rp2":
        region = rp2_image.file_system_region(firmware, Region(board.fs_offset, board.fs_size))
        firmware = rp2_image.flash_bytes(firmware)
    else:
        region = file_system_region(combined_partitions(firmware, board.firmware_offset), virtual.flash_size)
    config = initial_config(name=virtual.name, wifi=None, virtual=True)
    files = with_config(build.read_files(paths.precompiled()), config)
    secrets.remember(virtual.uid, str(config["appwd"]))
    image = build_image(files, region.size, board.littlefs)
    virtual.load_flash({board.firmware_offset: firmware, region.offset: image})


def _answer(virtual: VirtualBoard) -> Device:
    """Wait for the node's `hello` and write it to the cache."""
    deadline = time.monotonic() + BOOT_LIMIT_S
    while True:
        device = shell.hello(virtual.ip, virtual.shell_port)
        if device is not None and device.uid.lower() == virtual.uid.lower():
            DeviceCache(paths.device_cache()).put(device)
            return device
        if time.monotonic() > deadline:
            raise SimulatorError(
                f"The virtual node {virtual.name} does not answer at {virtual.ip}:{virtual.shell_port}.",
                hint=f"Start it anew with --simulate {virtual.name} --fresh. Its console said: {_tail(virtual)}",
            )
        virtual.wait_console(_PAUSE_S)


def _tail(virtual: VirtualBoard) -> str:
    return " | ".join(virtual.console.strip().splitlines()[-3:]) or "nothing"
