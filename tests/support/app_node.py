"""A virtual board with the present device source, for tests of dashboard apps: its node and its simulated hardware."""

import atexit
import functools
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devtoolkit import paths
from devtoolkit.boards.loader import board as find_board
from devtoolkit.codecs.flash_layout import combined_partitions, file_system_region
from devtoolkit.model.device import Device
from devtoolkit.services import build, secrets, shell
from devtoolkit.services.cache import DeviceCache
from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.firmware import virtual_firmware
from devtoolkit.simulator.hardware import Hardware
from devtoolkit.tools.littlefs_image import build_image

PASSWORD = "Test1pass"
_SOURCE = Path(__file__).resolve().parents[2] / "micros_source"
_BOOT_S = 30.0
_STEP_S = 0.05


@functools.cache
def _built() -> Path:
    """The present device source, compiled; made once in a process."""
    folder = Path(tempfile.mkdtemp(prefix="micros-apps-"))
    atexit.register(shutil.rmtree, folder, True)
    build.build(_SOURCE, folder)
    return folder


@dataclass(frozen=True)
class AppNode:
    """A powered node that the toolkit's cache knows."""

    board: VirtualBoard
    hardware: Hardware
    device: Device

    @property
    def name(self) -> str:
        return self.device.fuid

    def ask(self, command: str) -> str:
        """The reply to one command."""
        (_, lines), *_ = shell.run([command], self.name, DeviceCache(paths.device_cache())).replies
        return "\n".join(lines)

    def configure(self, **values: object) -> None:
        """Set values of its configuration, without a restart."""
        commands = ["conf", *(f"{key} {value}" for key, value in values.items()), "noconf"]
        result = shell.run(commands, self.name, DeviceCache(paths.device_cache()))
        assert all(lines == ("Saved",) for _, lines in result.replies[1:-1]), result


@contextmanager
def app_node(
    root: Path, name: str, *, files: Mapping[str, bytes] | None = None, **settings: object
) -> Iterator[AppNode]:
    """A node with these settings and these files besides its program; off when the block ends."""
    esp32 = find_board("esp32")
    with VirtualBoard.open(name, root=root, chip=esp32.chip) as board:
        firmware = virtual_firmware(esp32.chip)
        region = file_system_region(combined_partitions(firmware, esp32.firmware_offset), board.flash_size)
        config = {
            "staessid": "micrOS-virtual",
            "stapwd": "virtual-wifi",
            "devfid": name,
            "appwd": PASSWORD,
            "aioqueue": 6,
            **settings,
        }
        content = {**build.read_files(_built()), "node_config.json": json.dumps(config).encode(), **(files or {})}
        board.configure(join_ms=5)
        image = build_image(content, region.size, esp32.littlefs)
        board.load_flash({esp32.firmware_offset: firmware, region.offset: image})
        device = wait_answer(board)
        yield AppNode(board, Hardware(board.vm), device)


def wait_answer(board: VirtualBoard) -> Device:
    """Wait for the node's `hello`; then the toolkit knows it."""
    for _ in range(int(_BOOT_S / _STEP_S)):
        device = shell.hello(board.ip, board.shell_port)
        if device is not None and device.uid == board.uid:
            DeviceCache(paths.device_cache()).put(device)
            secrets.remember(device.uid, PASSWORD)
            return device
        board.wait_console(_STEP_S)
    raise AssertionError(board.console)
