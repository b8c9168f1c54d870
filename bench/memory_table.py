"""Writes docs/memory.md: the memory of the device system per module, at a board's scale. Needs node and npm.

python3 bench/memory_table.py, with the environment's Python
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import board_memory  # noqa: E402
import module_memory  # noqa: E402
import unix_memory  # noqa: E402

PAGE = ROOT / "docs" / "memory.md"
_HEAD = """# Memory of the device system

Made by `bench/memory_table.py`; `python3 dev.py bench memory` prints the same figures. Bytes of heap at a board's
scale: the compiled modules are imported one by one, then the system boots, in the 32-bit WebAssembly build of
MicroPython {version} (4-byte pointers) against stubs of machine, network and socket, which are not counted. The last
column is the unix port, whose pointers have 8 bytes. Budgets: `bench/memory_budget.toml`, checked by
`tests/device/test_device_memory.py`.

| module | .mpy | on import | after boot | budget | on import, unix port |
|---|---:|---:|---:|---:|---:|
"""


_LOAD_HEAD = """

## Load modules

Own part of each, with `Common` and the modules that it imports in memory. It is given back by
`lmpacman module unload='name'`, all but the names that MicroPython interns once for ever: checked by
`tests/modules/test_module_memory.py`.

| module | .mpy | on import | budget | on import, unix port |
|---|---:|---:|---:|---:|
"""


def _load_rows(board: board_memory.BoardMemory, unix: unix_memory.UnixMemory) -> list[str]:
    budgets = board_memory.BUDGET["load_modules"]
    return [
        f"| {name} | {board.sizes[name]:,} | {board.imports[name]:,} | {budgets[name]:,} | {unix.imports[name]:,} |"
        for name in sorted(board_memory.LOAD_ORDER)
    ]


def _rows(board: board_memory.BoardMemory, unix: unix_memory.UnixMemory) -> list[str]:
    budgets = board_memory.BUDGETS
    rows = []
    lazy = set(board.imports) - {*board_memory.BOOT_ORDER, *board_memory.LOAD_ORDER}
    for name in [*board_memory.BOOT_ORDER, *sorted(lazy)]:
        cost = board.imports[name]
        kept = f"{cost:,}" if name in board_memory.BOOT_ORDER else "not loaded"
        budget = f"{budgets[name]:,}"
        rows.append(f"| {name} | {board.sizes[name]:,} | {cost:,} | {kept} | {budget} | {unix.imports[name]:,} |")
    return rows


def _web_sum(board: board_memory.BoardMemory, web: board_memory.BoardMemory) -> str:
    boot = web.steps["boot"] - board.steps["boot"]
    lines = [
        ("after boot, as above", board.after_boot),
        ("module Web", web.imports["Web"]),
        ("its listener and tasks", boot),
        ("names and rounding", web.after_boot - board.after_boot - web.imports["Web"] - boot),
        ("**`system memory_usage` after boot with `webui` on, estimate**", web.after_boot),
    ]
    table = "\n".join(f"| {text} | {value:,} |" for text, value in lines)
    return (
        "\n\n## The same with the web server on\n\n| part | bytes |\n|---|---:|\n"
        + table
        + f"""

Budget: {board_memory.BUDGET["total"]["with_web"]:,}. A plain REST GET needs no more than that and its connection (a
buffer of 1 kB); what comes with the first page, POST, password, endpoint or refusal is listed above as not loaded.
"""
    )


def _sum(board: board_memory.BoardMemory, unix: unix_memory.UnixMemory) -> str:
    firmware = board_memory.BUDGET["firmware"]
    total = board_memory.BUDGET["total"]
    code = sum(board.imports[name] for name in board_memory.BOOT_ORDER)
    error = abs(board.after_boot - board.after_boot_by_size)
    lines = [
        ("MicroPython's own modules (measured on an ESP32, 1.27)", firmware["modules"]),
        ("asyncio.stream", firmware["asyncio_stream"]),
        ("modules in memory after boot", code),
        ("pools of the interned names", board.name_pools),
        ("objects made by the boot (LED, sockets, tasks)", board.steps["boot"]),
        ("one connected client", board.steps["client"]),
        ("its first command", board.steps["first command"]),
        ("**`system memory_usage` after boot, estimate**", board.after_boot),
    ]
    table = "\n".join(f"| {text} | {value:,} |" for text, value in lines)
    return (
        "\n\n## After boot, default configuration, asked over the shell\n\n| part | bytes |\n|---|---:|\n"
        + table
        + f"""

Budget: {total["after_boot"]:,}. The same estimated from the .mpy sizes ({board.mpy_resident:,} bytes in memory, budget
{total["mpy_resident"]:,}) with the {firmware["heap_per_mpy_byte"]} bytes of heap per byte that were measured on an
ESP32: {board.after_boot_by_size:,}; the difference, {error:,}, is the error to expect. The unix port reports
{unix.after_boot:,} bytes. What boots once and is dropped (the start order in micrOS, the loader, the table of settings,
network time) is not counted.
"""
    )


def main() -> None:
    board = board_memory.measure()
    unix = unix_memory.measure()
    text = _HEAD.format(version=board_memory.VERSION) + "\n".join(_rows(board, unix)) + _sum(board, unix)
    text = text.rstrip("\n") + _web_sum(board, board_memory.measure(web=True))
    text = text.rstrip("\n") + _LOAD_HEAD + "\n".join(_load_rows(board, unix)) + "\n"
    PAGE.write_text(text, encoding="utf-8")
    module_memory.write(board, unix)


if __name__ == "__main__":
    main()
