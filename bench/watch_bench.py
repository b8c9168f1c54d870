"""Watch mode on a virtual node: from the save of a module to its new result, and what that time is made of.

Goal: under 2 s. Ten saves; the module is as big as our biggest (roboarm), so that sending counts.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from run import Figure

from devtoolkit import paths
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.devtools.watch import Round, Watched, watch

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests" / "support")]

from update_nodes import OtaNode  # noqa: E402 - the node of the update tests

_SAVES = 10
_GOAL_S = 2.0


def _text(number: int) -> str:
    body = (paths.micros_source() / "modules" / "LM_roboarm.py").read_text()
    return body + f'\n\ndef what():\n    """A text."""\n    return "result {number}"\n'


def _timed(file: Path, node: str) -> list[tuple[float, Round]]:
    """Seconds from each save to its result, as the caller sees it."""
    found: list[tuple[float, Round]] = []

    async def work() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        began = 0.0

        def save() -> None:
            nonlocal began
            file.write_text(_text(len(found) + 1))
            began = time.monotonic()

        def on_round(done: Round) -> None:
            if began:
                assert done.reply == (f"result {len(found) + 1}",), done
                found.append((time.monotonic() - began, done))
            if len(found) == _SAVES:
                stop.set()
            else:
                loop.call_soon(save)

        await watch(Watched(file, node, "what"), DeviceCache(paths.device_cache()), on_round=on_round, stop=stop)

    asyncio.run(work())
    return found


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, OtaNode(Path(folder), f"watchbench{os.getpid()}") as node:
        file = Path(folder) / "LM_bench.py"
        file.write_text(_text(0))
        rounds = _timed(file, node.name)
    seconds = [taken for taken, _ in rounds]
    inner = statistics.median(done.seconds for _, done in rounds)
    return [
        Figure("save to result, median", statistics.median(seconds), "s", statistics.median(seconds) / _GOAL_S, "goal"),
        Figure("save to result, slowest", max(seconds), "s", max(seconds) / _GOAL_S, "goal"),
        Figure("of that: compile, send, reload, call", inner, "s"),
        Figure("bytes sent", rounds[0][1].bytes, "B"),
    ]
