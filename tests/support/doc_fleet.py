"""The nodes that the documentation talks about, as virtual boards with the bundled system."""

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from devtoolkit import paths
from devtoolkit.boards.loader import board as find_board
from devtoolkit.codecs.flash_layout import combined_partitions, file_system_region
from devtoolkit.model.device import Device
from devtoolkit.services import build, secrets, shell
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.cache_entries import RESERVED
from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.firmware import virtual_firmware
from devtoolkit.tools.littlefs_image import build_image

PASSWORD = "Test1pass"
NAMES = ("demo", "lamp", "kitchen", "node01")
_STEP_S, _TRIES = 0.1, 300
_OLD_MODULE = b'"""A module of the user, as the nodes have it."""\n\n\ndef hi():\n    return "old"\n'
_OWN_MODULE = b'"""A module of the user."""\n\n\ndef hi():\n    """A greeting."""\n    return "hi"\n'


@contextmanager
def fleet(names: tuple[str, ...] = NAMES, **settings: dict[str, object]) -> Iterator[dict[str, VirtualBoard]]:
    """The nodes by name, powered and in the cache of the present user data folder, until the block ends.

    `settings`: configuration of single nodes, by name.
    """
    with ExitStack() as stack:
        boards = {name: stack.enter_context(_node(name, settings.get(name, {}))) for name in names}
        for board in boards.values():
            secrets.remember(known(board).uid, PASSWORD)
        yield boards


def known(board: VirtualBoard) -> Device:
    """Wait until the node answers; the toolkit knows its address then."""
    for _ in range(_TRIES):
        device = shell.hello(board.ip, board.shell_port)
        if device is not None and device.uid == board.uid:
            DeviceCache(paths.device_cache()).put(device)
            return device
        board.wait_console(_STEP_S)
    raise AssertionError(board.console)


def only(boards: Iterable[VirtualBoard]) -> None:
    """Forget every other device: tests beside this one have nodes too, and no command may reach those."""
    cache = DeviceCache(paths.device_cache())
    ours = {known(board).uid for board in boards} | set(RESERVED)
    cache.forget(*(one.uid for one in cache.all() if one.uid not in ours))


@contextmanager
def _node(name: str, settings: dict[str, object]) -> Iterator[VirtualBoard]:
    esp32 = find_board("esp32")
    with VirtualBoard.open(name, root=paths.simulator(), chip=esp32.chip) as board:
        firmware = virtual_firmware(esp32.chip)
        region = file_system_region(combined_partitions(firmware, esp32.firmware_offset), board.flash_size)
        config = {"staessid": "micrOS-virtual", "stapwd": "virtual-wifi", "devfid": name, "appwd": PASSWORD}
        config |= {"aioqueue": 12, **settings}
        files = build.read_files(paths.precompiled()) | {
            "node_config.json": json.dumps(config).encode(),
            "LM_mine.py": _OLD_MODULE,
            "err.log": b"2026.1.1-8:0:0 [ERR] an old matter\n",
        }
        board.configure(join_ms=5, quiet=True)
        board.load_flash(
            {esp32.firmware_offset: firmware, region.offset: build_image(files, region.size, esp32.littlefs)}
        )
        yield board


def files_of_the_pages(folder: Path) -> None:
    """What a reader of the pages has at hand: files that the commands name."""
    (folder / "LM_mine.py").write_bytes(_OWN_MODULE)
    (folder / "LM_fan.py").write_bytes(_OWN_MODULE)
    (folder / "page.html").write_text("<p>hi</p>\n")
    (folder / "node_config.json").write_text('{"boothook": "rgb load_n_init"}')
    (folder / "class.csv").write_text("name\nAda\nBob\n")
    (folder / "device_conn_cache.json").write_text(
        '{"__devuid__": ["192.168.4.1", 9008, "__device_on_AP__"], "micr240ac4f679e8OS": ["192.168.1.91", 9008, "old"]}'
    )
    (folder / "modules").mkdir()
    (folder / "FOLDER").mkdir()
    (folder / "FOLDER" / "ESP32_GENERIC-virtual.bin").write_bytes(virtual_firmware("esp32"))
