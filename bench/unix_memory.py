"""The same on the unix port, which always runs: 8-byte pointers, so about twice a board's figures."""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from board_memory import BUDGETS

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "device")]

import device_heap  # noqa: E402 - the node of the device tests


@dataclass(frozen=True)
class UnixMemory:
    imports: dict[str, int]
    after_boot: int


def measure() -> UnixMemory:
    """Import costs, and what `system memory_usage` says on a node with default configuration."""
    with tempfile.TemporaryDirectory() as folder:
        imports = device_heap.import_costs(_made(folder, "imports"), list(BUDGETS))
        with device_heap.running_compiled(_made(folder, "node")) as node, node.connect() as client:
            used = int(client.ask("system memory_usage").split("mem_used:")[1])
    return UnixMemory(imports, used)


def _made(folder: str, name: str) -> Path:
    path = Path(folder) / name
    path.mkdir()
    return path
