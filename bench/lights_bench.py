"""How long other clients of a node wait while a light fades: `hello` on one connection during `rgb toggle` on another.

On the virtual node; 99th percentile and longest of the answers, against the same without a fade.
"""

import sys
import tempfile
import time
from pathlib import Path

from run import Figure

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from module_bench import Bench, bench

_SECONDS = 4.0
_TOGGLE_S = 0.1  # a fade takes 0.2 s: one is always under way


def _answers(b: Bench, command: str) -> list[float]:
    """Milliseconds of each `hello`, one after the other, with `command` on another connection now and then."""
    times = []
    with b.node.connect() as other, b.node.connect() as client:
        end = time.perf_counter() + _SECONDS
        due = 0.0
        while (now := time.perf_counter()) < end:
            if command and now > due:
                due = now + _TOGGLE_S
                other.ask(command)
            started = time.perf_counter()
            client.ask("hello")
            times.append((time.perf_counter() - started) * 1000)
    return sorted(times)


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, bench(Path(folder)) as b:
        b.call("rgb color 1000 500 100 smooth=False")
        idle, fading = _answers(b, ""), _answers(b, "rgb toggle")
    p99 = fading[len(fading) * 99 // 100]
    return [
        Figure("hello, no fade: 99th percentile", idle[len(idle) * 99 // 100], "ms"),
        Figure("hello, rgb fading: 99th percentile", p99, "ms", p99 / 50, "goal of 50 ms"),
        Figure("hello, rgb fading: longest", fading[-1], "ms"),
    ]
