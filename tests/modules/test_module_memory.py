"""
What load modules cost in memory: a budget for each at a board's scale, and nothing stays of one that is unloaded.

Costs come from the 32-bit build of the benches when it is installed, else from the size of the .mpy with the heap per
byte that was measured on an ESP32.
"""

import re
import sys
from pathlib import Path

import pytest
from module_table import SOURCE

sys.path.append(str(Path(__file__).parents[2] / "bench"))
import board_memory
from device_heap import HeapNode
from device_node import run_vm

BUDGETS = board_memory.BUDGETS
MODULES = sorted(path.stem for path in SOURCE.glob("*.py"))
KEPT = {"LM_system", "LM_lmpacman"}  # they do the unloading
STAYS = 128  # bytes on the unix port that a load module may leave behind when it was in memory before

_CYCLES = """
import asyncio, gc, simlink, sys
import Common, LoadModule, Server, StateFile, Tasks, Types, microIO
import LM_lmpacman

def used():
    for _ in range(3):
        gc.collect()
    return gc.mem_alloc()

async def cycle(name, functions):
    for function in functions:
        ok, text = LoadModule.call(name + " " + function, print)
        if not ok:
            print("failed", name, text)
    await asyncio.sleep_ms(5)
    loaded = used()
    for module in list(sys.modules):
        if module.startswith("LM_") and module != "LM_lmpacman":
            LM_lmpacman.module(module)
    Tasks.TaskBase.TASKS.clear()
    Server.ENDPOINTS.clear()
    microIO._Pins.booked.clear()
    await asyncio.sleep_ms(5)
    return loaded

async def main():
    microIO.set_pinmap("rot_clk:18; rot_dt:19")  # which the map of an ESP32 has not
    for name, functions in {modules!r}:
        simlink.ops["i2c"]({"addr": 60, "kind": "ssd1306", "present": name == "oled"})
        for _ in range(2):
            before = used()
            loaded = await cycle(name, functions)
        print("heap", name, loaded - before, used() - before)

asyncio.run(main())
"""


def _cost(name: str) -> float:
    source = (SOURCE / f"{name}.py").read_bytes()
    return float(
        board_memory.BUDGET["firmware"]["heap_per_mpy_byte"] * len(board_memory.compile_source(source, f"{name}.py"))
    )


def _uses(name: str) -> list[str]:
    """What a cycle calls: help, and what sets the hardware up."""
    text = (SOURCE / f"{name}.py").read_text()
    return [function for function in ("help", "load_n_init", "status", "scan") if f"\ndef {function}(" in text]


def _cycled(folder: Path, modules: list[tuple[str, list[str]]]) -> dict[str, tuple[int, int]]:
    """{module: (bytes in use while loaded, bytes that stay)}, each in its second time."""
    HeapNode(folder, webui=True)
    out = run_vm(folder, _CYCLES.replace("{modules!r}", repr(modules)))
    assert "failed" not in out, out
    return {name: (int(cost), int(left)) for name, cost, left in re.findall(r"heap (\w+) (-?\d+) (-?\d+)", out)}


def test_every_module_has_a_budget_and_every_budget_a_module() -> None:
    assert sorted({"LM_system", *board_memory.LOAD_ORDER}) == MODULES


def test_no_load_module_is_over_its_budget_at_a_boards_scale() -> None:
    costs: dict[str, float] = {name: _cost(name) for name in MODULES}
    if board_memory.is_installed():
        measured = board_memory.measure().imports
        costs = {name: measured[name] for name in MODULES}
    assert not {name: (cost, BUDGETS[name]) for name, cost in costs.items() if cost > BUDGETS[name]}


@pytest.mark.vm
def test_unloading_a_module_gives_its_memory_back(tmp_path: Path) -> None:
    names = [name.removeprefix("LM_") for name in MODULES if name.startswith("LM_") and name not in KEPT]
    heap = _cycled(tmp_path, [(name, _uses(f"LM_{name}")) for name in names])
    assert sorted(heap) == sorted(names)
    assert not {name: left for name, (_, left) in heap.items() if left > STAYS}
    assert all(cost > 600 for cost, _ in heap.values()), heap


@pytest.mark.vm
def test_the_check_of_unloading_sees_a_module_that_stays(tmp_path: Path) -> None:
    text = "import Common\n\n\ndef help():\n    Common.KEPT = getattr(Common, 'KEPT', []) + [bytearray(200)]\n"
    (tmp_path / "LM_clings.py").write_text(text)
    assert _cycled(tmp_path, [("clings", ["help"])])["clings"][1] > STAYS


@pytest.mark.vm
def test_the_helper_of_the_lights_goes_with_the_last_light_and_knows_them_all(tmp_path: Path) -> None:
    users = {path.stem for path in SOURCE.glob("LM_*.py") if "from FadingLight import" in path.read_text()}
    HeapNode(tmp_path)
    out = run_vm(
        tmp_path,
        """
import sys
import FadingLight, LM_dimmer, LM_lmpacman, LM_rgb
print(sorted(FadingLight.USERS))
LM_lmpacman.module("rgb")
print("FadingLight" in sys.modules)
LM_lmpacman.module("dimmer")
print("FadingLight" in sys.modules)
""",
    )
    assert out.split("\n")[:3] == [repr(sorted(users)), "True", "False"]


@pytest.mark.vm
def test_a_state_file_whose_module_is_gone_takes_no_memory(tmp_path: Path) -> None:
    HeapNode(tmp_path)
    out = run_vm(
        tmp_path,
        """
import asyncio, gc
import StateFile
def used():
    for _ in range(3):
        gc.collect()
    return gc.mem_alloc()
async def states(count):
    for number in range(count):
        state = StateFile.StateFile("state%d" % number, (0,))
        state.save(number)
        state.save(number + 1)  # waits for its second
    state = None
    StateFile.flush_all()
    await asyncio.sleep_ms(1100)
    return used()
async def main():
    before = await states(3)
    print(open("state2.pds").read(), await states(40) - before)
asyncio.run(main())
""",
    )
    text, stays = out.split()
    assert text == "3"
    assert int(stays) < 40 * 40, "of 40 state files, about 200 bytes each"
