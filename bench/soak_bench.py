"""100 000 commands of a realistic mix on one node: free heap and largest free block then and after the first 1 000.

The node is compiled as on a board and has a heap of a board's size (see tests/device/test_device_small_heap.py).
"""

import tempfile
import time
from pathlib import Path

import unix_memory  # noqa: F401 - puts the device tests' helpers on the path
from device_heap import board_heap, running_compiled
from device_soak import SETTLE, Soak
from run import Figure

COMMANDS = 100_000


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, running_compiled(Path(folder) / "node", board_heap()) as node:
        soak = Soak(node, seed=1)
        first = soak.run(SETTLE)
        start = time.perf_counter()
        last = soak.run(COMMANDS - SETTLE)
        seconds = time.perf_counter() - start
        soak.close()
    return [
        Figure("commands", soak.sent, ""),
        Figure("commands per second", (soak.sent - SETTLE) / seconds, "1/s"),
        Figure("free heap after 1 000", first.free, "B"),
        Figure("free heap at the end", last.free, "B", last.free / first.free, "after 1 000"),
        Figure("largest free block after 1 000", first.largest, "B"),
        Figure("largest free block at the end", last.largest, "B", last.largest / first.largest, "after 1 000"),
    ]
