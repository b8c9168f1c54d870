"""A virtual board with a heap of a chosen size, started anew with each configuration, that tells its free heap."""

import json
from pathlib import Path
from typing import Any

from device_heap import PROBE, board_heap
from update_nodes import source_build

from devtoolkit.boards.loader import board as find_board
from devtoolkit.codecs.flash_layout import combined_partitions, file_system_region
from devtoolkit.services import build, shell
from devtoolkit.services.cache import DeviceCache
from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.firmware import virtual_firmware
from devtoolkit.tools.littlefs_image import build_image

__all__ = ("HeapBoard", "board_heap")
_BOOT_S = 60.0
_CONFIG = {"staessid": "micrOS-virtual", "stapwd": "virtual-wifi", "appwd": "Test1pass"}


class HeapBoard:
    """Close it at the end. `heap`: bytes that its VM is started with."""

    def __init__(self, root: Path, name: str, heap: int) -> None:
        self._name = name
        self._cache = DeviceCache(root / "cache.json")
        self._board = VirtualBoard.open(name, root=root, chip="esp32")
        self._board.configure(heap=heap, join_ms=5)

    def close(self) -> None:
        self._board.close()

    def __enter__(self) -> "HeapBoard":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def total(self) -> int:
        """Bytes of heap in all."""
        self.boot()
        state = json.loads(self.ask("heap state >json"))
        return int(state["free"] + state["used"])

    def boot(self, **settings: object) -> int:
        """Starts with these settings; `system memory_usage` when its boothook is done and what it left is collected."""
        board = find_board("esp32")
        firmware = virtual_firmware(board.chip)
        region = file_system_region(combined_partitions(firmware, board.firmware_offset), self._board.flash_size)
        config = json.dumps({**_CONFIG, "devfid": self._name, **settings}).encode()
        files = {**build.read_files(source_build()), "node_config.json": config, "LM_heap.py": PROBE.encode()}
        self._board.power_off()
        image = build_image(files, region.size, board.littlefs)
        self._board.load_flash({board.firmware_offset: firmware, region.offset: image})
        self._wait()
        return min(int(self.ask("system memory_usage").split("mem_used:")[1]) for _ in range(3))

    def ask(self, command: str) -> str:
        address = f"{self._board.ip}:{self._board.shell_port}"
        replies: Any = shell.run((command,), address, self._cache).replies
        return "\n".join(replies[0][1])

    def _wait(self) -> None:
        left = int(_BOOT_S / 0.05)
        while shell.hello(self._board.ip, self._board.shell_port) is None:
            left -= 1
            assert left, self._board.console
            self._board.wait_console(0.05)
