"""Time from starting the process to its end, for commands that should feel instant; best of 7."""

import subprocess
import sys
import time
from pathlib import Path

from run import Figure

PROGRAM = Path(__file__).resolve().parents[1] / "devToolKit.py"


def best(*words: str) -> float:
    times = []
    for _ in range(7):
        started = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return min(times) * 1000


def run() -> list[Figure]:
    bare = best("-c", "pass")
    rows = [("python, nothing else", bare), ("--help", best(str(PROGRAM), "--help")), ("-v", best(str(PROGRAM), "-v"))]
    return [Figure(name, value, "ms", value / bare, "python") for name, value in rows]
