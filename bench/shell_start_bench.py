"""From process start to the answer: `devToolKit.py -c -p '--dev NAME hello'`; best and median of 9.

A synthetic node answers without any latency, so that this is the toolkit's time alone. Repeat with
`python3 dev.py bench shell_start`.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from run import Figure

from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache
from devtoolkit.simulator.synthetic_process import numbered, running

PROGRAM = Path(__file__).resolve().parents[1] / "devToolKit.py"
GOAL_MS = 250


def timed(*words: str) -> float:
    """Milliseconds until the first line of the answer."""
    started = time.perf_counter()
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        took = time.perf_counter() - started
    assert line.startswith("hello:"), line
    return took * 1000


def run() -> list[Figure]:
    with running(numbered(1)) as (node,):
        DeviceCache(Path(os.environ["MICROS_USER_DATA"]) / "device_conn_cache.json").put(
            Device(node.uid, node.name, node.ip, node.port)
        )
        times = [timed(str(PROGRAM), "-c", "-p", f"--dev {node.name} hello") for _ in range(9)]
    return [
        Figure("start to answer, best", min(times), "ms", min(times) / GOAL_MS, f"goal {GOAL_MS} ms"),
        Figure("start to answer, median", statistics.median(times), "ms", statistics.median(times) / GOAL_MS, "goal"),
    ]
