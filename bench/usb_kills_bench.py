"""Fifty SIGKILLs at random moments of `--make` and of `--update`: how often the next run succeeds, nothing lost.

Half of the updates write MicroPython anew. A kill may come after the run was done; those are counted.
"""

import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from run import Figure

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from toolkit_process import Toolkit
from usb_update_board import OWN, UpdateBoard

KILLS = int(os.environ.get("BENCH_KILLS", "50"))
EARLIEST_S = 0.2


def length(board: UpdateBoard, words: tuple[str, ...]) -> float:
    started = time.monotonic()
    answer = board.toolkit.json(*words)
    assert answer["ok"], answer["error"]
    return time.monotonic() - started


def updates(board: UpdateBoard, chance: random.Random) -> tuple[int, int]:
    """How many of the kills came in the middle, and how many were followed by a good update with nothing lost."""
    board.make()
    config = json.loads(board.contents()["node_config.json"])
    whole = {reflash: length(board, board.words(reflash=reflash)) for reflash in (False, True)}
    cut = good = 0
    for number in range(KILLS):
        reflash = number % 2 == 1
        board.change_one()
        cut += board.killed(board.words(reflash=reflash), chance.uniform(EARLIEST_S, whole[reflash]))
        try:
            result = board.update(reflash=reflash)
            assert set(OWN) <= set(result["kept"]) | set(result["sent"])
            board.check_nothing_lost(config)
            good += 1
        except AssertionError as error:
            print(f"update {number}: {error}", file=sys.stderr)
    return cut, good


def makes(board: UpdateBoard, chance: random.Random) -> tuple[int, int]:
    whole = length(board, board.make_words)
    cut = good = 0
    for number in range(KILLS):
        cut += board.killed(board.make_words, chance.uniform(EARLIEST_S, whole))
        try:
            whole = length(board, board.make_words)  # the machine's load changes
            good += 1
        except AssertionError as error:
            print(f"make {number}: {error}", file=sys.stderr)
    return cut, good


def run() -> list[Figure]:
    figures = []
    chance = random.Random(8)
    with tempfile.TemporaryDirectory() as folder:
        toolkit = Toolkit(Path(folder) / "data")
        for name, work in (("make", makes), ("update", updates)):
            home = Path(folder) / name
            home.mkdir()
            cut, good = work(UpdateBoard(toolkit, home, name=name), chance)
            figures.append(Figure(f"{name}: killed {KILLS} times, in the middle", cut, "times"))
            figures.append(Figure("  next run good, nothing lost", good, "times", good / KILLS, "all"))
    return figures
