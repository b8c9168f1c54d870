"""Writes the measured memory of each module into the package, where `--will-it-fit` takes it from.

python3 bench/module_memory.py, with the environment's Python; `bench/memory_table.py` does it too. Needs node and npm.

Each file's import cost comes from the two scales of `memory_table`. What a module takes beyond the files it imports
(open pins, state, tasks) is measured on the unix port: a VM of its own imports the system, then calls `load_n_init`.
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import board_memory  # noqa: E402
import unix_memory  # noqa: E402
from board_memory import BOOT_ORDER  # noqa: E402
from unix_memory import device_heap  # noqa: E402

from devtoolkit.services.devtools import sources  # noqa: E402

TABLE = ROOT / "devtoolkit" / "services" / "devtools" / "module_memory.toml"
# `mem_alloc() + mem_free()` of a plain ESP32 without PSRAM: the release notes of the original give 63,728 bytes as
# 57.3 %, and our own measurement at the prompt gives about as much.
ESP32_HEAP = device_heap.ESP32_HEAP
_POOL_BYTES = {"unix": 11, "board": 7}  # one place for an interned name: pointer, hash, length
_HEAD = """# Measured by bench/module_memory.py; do not edit. Bytes of heap. `board`: at the scale of 4-byte pointers,
# `unix`: on the virtual board, whose pointers have 8 bytes. files: the import of each file. modules: files that a
# module brings into memory when it is opened, and what it takes beyond them (`objects`, on the virtual board). names:
# interned names.
"""

_SCRIPT = """
import asyncio, gc, json, micropython, sys
import machine, network, socket, os, time, binascii, struct, collections
asyncio.start_server
for name in {boot!r}:
    __import__(name)
import LoadModule, microIO
microIO.set_pinmap("rot_clk:18; rot_dt:19")

def used():
    for _ in range(3):
        gc.collect()
    return gc.mem_alloc()

async def main():
    loaded = set(sys.modules)
    print("names", 0)
    micropython.qstr_info()
    before = used()
    for command in {commands!r}:
        ok, text = LoadModule.call(command, print)
        if not ok:
            print("failed", command, text)
    await asyncio.sleep_ms(20)
    after = used()
    new = [name for name in sys.modules if name not in loaded]
    print("cost", after - before, json.dumps(new))
    micropython.qstr_info()

asyncio.run(main())
"""


@dataclass(frozen=True)
class Opened:
    """A module that was opened: raw bytes, names it interned, files that came into memory."""

    cost: int
    names: int
    before: int
    files: tuple[str, ...]


def opened(folder: Path, module: str) -> Opened:
    """A VM of its own in which the module is opened as a boothook does; without `load_n_init` it is only imported."""
    functions = {one.name for one in sources.functions(sources.read(_source(module)))}
    calls = [word for word in ("help", "load_n_init") if word in functions]
    script = _SCRIPT.format(boot=BOOT_ORDER, commands=[f"{module} {call}" for call in calls[-1:]])
    out = device_heap.run_vm(folder, script)
    names = [int(part.split(",")[0]) for part in out.split("n_qstr=")[1:]]
    words = out.split("cost ")[1].split(" ", 1)
    files = json.loads(words[1].splitlines()[0])
    return Opened(int(words[0]), names[1] - names[0], names[0], tuple(files))


def _source(module: str) -> Path:
    return ROOT / "micros_source" / "modules" / f"LM_{module}.py"


def after_boot() -> int:
    """`system memory_usage` of a node on the unix port; the lowest of some readings: the first may hold garbage."""
    with (
        tempfile.TemporaryDirectory() as place,
        device_heap.running_compiled(Path(place) / "node") as node,
        node.connect() as client,
    ):
        return min(int(client.ask("system memory_usage").split("mem_used:")[1]) for _ in range(4))


def names_of(folder: Path, files: list[str]) -> dict[str, int]:
    """Names that each file interns when it is imported in this order, which must be leaves first."""
    lines = [f"__import__({name!r})\nmicropython.qstr_info()" for name in ["Tasks", *files]]
    out = device_heap.run_vm(folder, "import micropython\n" + "\n".join(lines))
    counts = [int(part.split(",")[0]) for part in out.split("n_qstr=")[1:]]
    return {name: counts[index + 1] - counts[index] for index, name in enumerate(files)}


def pool_bytes(names: int, place: int) -> int:
    """Pools of interned names grow in steps: 20, 40, 80 ... places."""
    places, pool = 0, 20
    while places < names:
        places += pool
        pool *= 2
    return places * place


def write(board: board_memory.BoardMemory, unix: unix_memory.UnixMemory) -> None:
    """Measures every module and writes the table."""
    modules = sorted(file.stem.removeprefix("LM_") for file in _source("x").parent.glob("LM_*.py"))
    with tempfile.TemporaryDirectory() as place:
        device_heap.HeapNode(Path(place), webui=True)
        found = {module: opened(Path(place), module) for module in modules if module != "system"}
        missing = {name for one in found.values() for name in one.files} - set(unix.imports)
        used = {name for one in found.values() for name in one.files if name in unix.imports}
        files = [name for name in board_memory.BUDGETS if name in used and name not in BOOT_ORDER]
        names = names_of(Path(place), files)
    base = max(one.before for one in found.values())
    lines = [
        _HEAD,
        "[base]",
        f"unix = {after_boot()} # `system memory_usage` after boot on the virtual board",
        f"board = {board.after_boot} # the same estimated for an ESP32, docs/memory.md",
        f"unix_names = {base}",
        f"board_names = {board.names - board.stub_names}",
        f"board_error = {abs(board.after_boot - board.after_boot_by_size)} # two ways to estimate it differ by this",
        f"resident = {json.dumps(BOOT_ORDER)}",
        "",
        "[heap]",
        f"esp32 = {ESP32_HEAP} # plain ESP32, MicroPython 1.27; other chips have more",
        "",
    ]
    lines.append("[files]")
    measured = [name for name in board_memory.BUDGETS if name in unix.imports and name in board.imports]
    for name in measured:
        sizes = f"mpy = {board.sizes[name]}, board = {board.imports[name]}, unix = {unix.imports[name]}"
        lines.append(f"{name} = {{ {sizes}, names = {names.get(name, 0)} }}")
    lines += ["", "[modules]"]
    for module, one in found.items():
        ours = [name for name in one.files if name in unix.imports and name not in BOOT_ORDER]
        pools = pool_bytes(one.before + one.names, _POOL_BYTES["unix"]) - pool_bytes(one.before, _POOL_BYTES["unix"])
        objects = one.cost - pools - sum(unix.imports[name] for name in ours)
        rest = max(0, one.names - sum(names[name] for name in ours))
        lines.append(f"{module} = {{ objects = {objects}, names = {rest}, files = {json.dumps(ours)} }}")
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if missing - {"LM_heap"}:
        print("not in the budget, so counted as objects:", ", ".join(sorted(missing)), file=sys.stderr)


if __name__ == "__main__":
    write(board_memory.measure(), unix_memory.measure())
