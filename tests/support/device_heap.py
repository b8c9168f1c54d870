"""A node as it is deployed (compiled files), with a heap of a chosen size and a module that looks at the heap."""

import contextlib
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from device_node import _BOOT, MAC, SHIMS, VM, Connection, Node, run_vm

from devtoolkit.tools.mpy_cross import compile_source

# A plain ESP32 with MicroPython 1.27 has about 112 000 bytes of heap at the prompt.
ESP32_HEAP = 112_000

PROBE = """
import gc
import sys


def modules():
    return " ".join(sorted(sys.modules))


def _fits(size):
    try:
        return len(bytearray(size)) == size
    except MemoryError:
        return False


def state():
    gc.collect()
    gc.collect()
    free = gc.mem_free()
    low, high = 0, free
    while high - low > 64:
        middle = (low + high) // 2
        if _fits(middle):
            low = middle
        else:
            high = middle
    gc.collect()
    return {"free": free, "largest": low, "used": gc.mem_alloc()}
"""


def compile_folder(folder: Path) -> dict[str, int]:
    """Replaces the node's sources by their .mpy, as a deploy does (main.py and reset.py stay); bytes of each."""
    sizes = {}
    for source in sorted(folder.glob("*.py")):
        if source.stem in ("main", "reset") or source.name.startswith("_"):
            continue
        code = compile_source(source.read_bytes(), source.name)
        source.with_suffix(".mpy").write_bytes(code)
        source.unlink()
        sizes[source.stem] = len(code)
    return sizes


# Compiling the simulated hardware needs more than it holds afterwards; the device code gets none of that.
_SCAFFOLD = 96 * 1024
_BALLAST = f"""import sim_gc
_ballast = [bytearray(1000) for _ in range({_SCAFFOLD // 1024})]
sim_gc.start()
import main"""


class HeapNode(Node):
    """A compiled node; `heap` is the VM's heap in bytes, 0 for its default. `sizes` has the bytes of its .mpy files."""

    def __init__(self, folder: Path, heap: int = 0, **settings: object) -> None:
        super().__init__(folder, **settings)
        self.heap = heap
        (folder / "LM_heap.py").write_text(PROBE)
        self.sizes = compile_folder(folder)

    def start(self, **cfg: object) -> "HeapNode":
        wanted = {
            "name": "node01",
            "ip": self.address,
            "mac": MAC,
            "join_ms": 5,
            "hosts": {},
            "quiet": self.quiet,
            **cfg,
        }
        text = _BOOT.format(shims=str(SHIMS), cfg=repr(wanted), code=_BALLAST if self.heap else "import main")
        (self.folder / "_boot.py").write_text(text)
        options = ("-X", f"heapsize={self.heap + _SCAFFOLD}") if self.heap else ()
        with self.console.open("wb") as out:
            self.process = subprocess.Popen(
                [VM, *options, "_boot.py"],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        return self


@contextlib.contextmanager
def running_compiled(folder: Path, heap: int = 0, **settings: object) -> Iterator[HeapNode]:
    """A compiled node that answers, stopped at the end."""
    folder.mkdir(exist_ok=True)
    node = HeapNode(folder, heap, **settings)
    try:
        node.start().wait_shell()
        yield node
    finally:
        node.stop()


def heap_of(client: Connection) -> dict[str, int]:
    """free and used bytes and the largest free block of the node, after collecting its garbage."""
    state: dict[str, int] = json.loads(client.ask("heap state >json"))
    return state


def board_heap(esp32: int = ESP32_HEAP) -> int:
    """
    Heap of the VM that stands for so much on an ESP32: pointers are twice as long here, so nearly everything is, and
    the simulated hardware, which a board lacks, needs its own share.
    """
    with tempfile.TemporaryDirectory() as folder:
        shims = int(run_vm(Path(folder), "import sim_gc\nprint('own', sim_gc._own)").split("own ")[1])
    return 2 * esp32 + shims


_IMPORTS = """
import gc
import machine, network, socket, asyncio, os, time, micropython, binascii, struct, collections
asyncio.start_server
import sys
for at in range(400):  # the table of modules grows in steps, too: let it be large enough before
    sys.modules["place %d" % at] = None
for at in range(400):
    del sys.modules["place %d" % at]
gc.collect()
last = gc.mem_alloc()
print("cost", "", 0)
micropython.qstr_info()
for name in {names!r}:
    __import__(name)
    gc.collect()
    now = gc.mem_alloc()
    print("cost", name, now - last)
    micropython.qstr_info()
    last = gc.mem_alloc()
"""
_COST = re.compile(r"cost (\w*) (-?\d+)\s+qstr pool: .*n_qstr=(\d+)")
_NAME_BYTES = 11  # one place in a pool of interned names on this port: pointer 8, hash 2, length 1


def _pool_bytes(names: int) -> int:
    """Pools grow in steps (20, 40, 80 ... places), so they are not a module's cost."""
    places, pool = 0, 20
    while places < names:
        places += pool
        pool *= 2
    return places * _NAME_BYTES


def import_costs(folder: Path, names: list[str]) -> dict[str, int]:
    """Heap that each import of a compiled node takes on the unix port (8-byte pointers); name leaf modules first."""
    HeapNode(folder)
    found = [(name, int(cost), int(n)) for name, cost, n in _COST.findall(run_vm(folder, _IMPORTS.format(names=names)))]
    pools = [_pool_bytes(n) for _, _, n in found]
    return {name: cost - (pools[i] - pools[i - 1]) for i, (name, cost, _) in enumerate(found) if i}
