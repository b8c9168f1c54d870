"""Heap that each module costs, and the whole system after boot, at a board's scale (32-bit WebAssembly build).

Without node and npm: the figures of the unix port, which are about twice a board's, since its pointers have 8 bytes.
"""

import board_memory
import unix_memory
from board_memory import BUDGET, BUDGETS, BoardMemory
from run import Figure


def board_figures(memory: BoardMemory, web: BoardMemory) -> list[Figure]:
    budgets = BUDGETS
    rows = [
        Figure(
            f"import {name}{'' if name in memory.resident else ' (not before use)'}",
            cost,
            "B",
            cost / budgets[name] if name in budgets else None,
            "budget" if name in budgets else "",
        )
        for name, cost in sorted(memory.imports.items())
    ]
    rows += [Figure(f"objects: {step}", cost, "B") for step, cost in memory.steps.items()]
    rows.append(Figure("pools of interned names", memory.name_pools, "B"))
    limit, mpy_limit = BUDGET["total"]["after_boot"], BUDGET["total"]["mpy_resident"]
    error = abs(memory.after_boot - memory.after_boot_by_size)
    rows += [
        Figure(".mpy of the resident modules", memory.mpy_resident, "B", memory.mpy_resident / mpy_limit, "budget"),
        Figure("after boot, ESP32 estimate", memory.after_boot, "B", memory.after_boot / limit, "budget"),
        Figure("after boot, web on", web.after_boot, "B", web.after_boot / BUDGET["total"]["with_web"], "budget"),
        Figure("estimate's error (by .mpy size instead)", error, "B", error / memory.after_boot, "estimate"),
    ]
    return rows


def run() -> list[Figure]:
    unix = unix_memory.measure()
    try:
        rows = board_figures(board_memory.measure(), board_memory.measure(web=True))
    except board_memory.NoBoardScale as reason:
        rows = [Figure(f"{reason}; unix port:", 0, "B")]
        rows += [Figure(f"import {name} (unix port)", cost, "B") for name, cost in unix.imports.items()]
    return [*rows, Figure("after boot, unix port", unix.after_boot, "B")]
