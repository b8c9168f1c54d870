"""What grows while something is done again and again: memory, file descriptors, threads, tasks."""

import asyncio
import gc
import os
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

_WARM_UP = 0.2  # this share of the rounds fills caches and pools


def memory_bytes() -> int:
    """Resident memory of this process (Linux), else 0."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def open_files() -> int:
    """Open file descriptors of this process (Linux), else 0."""
    folder = Path("/proc/self/fd")
    return sum(1 for _ in folder.iterdir()) if folder.exists() else 0


def python_threads() -> int:
    """Without the entries that Python makes for threads of Qt, which it only drops when their number is used again."""
    return sum(not isinstance(thread, threading._DummyThread) for thread in threading.enumerate())


def slope(values: list[float]) -> float:
    """Growth per round: least squares over the rounds."""
    count = len(values)
    middle, mean = (count - 1) / 2, sum(values) / count
    spread = sum((x - middle) ** 2 for x in range(count))
    return sum((x - middle) * (y - mean) for x, y in enumerate(values)) / spread if spread else 0.0


async def slopes(work: Callable[[], Awaitable[object]], rounds: int) -> list[tuple[str, float, str]]:
    """Do the work `rounds` times; the growth per round after the warm-up, as (what, growth, unit)."""
    rows: list[tuple[float, float, float, float]] = []
    for _ in range(rounds):
        await work()
        gc.collect(0)
        rows.append((memory_bytes(), open_files(), threading.active_count(), len(asyncio.all_tasks())))
    rows = rows[int(rounds * _WARM_UP) :]
    names = (("memory", "B"), ("files", ""), ("threads", ""), ("tasks", ""))
    return [(name, slope([row[number] for row in rows]), unit) for number, (name, unit) in enumerate(names)]
