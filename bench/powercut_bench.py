"""Power cuts at every flash operation, and in the middle of each: how many of them a node survives.

Writes of a node (configuration, module state, error log, a data log of 40 lines), and updates over the air: commit,
apply, trial and tidying of one that changes 20 files, adds 2 and removes 2; a rollback; a loader update, also with
loaders that are broken in several ways; staging; a module installed live. Each cut state is a boot of its own; the
problem of a state that does not survive is printed. Two processes share the states of an update.

    MICROS_POWERCUT=update,install python3 dev.py bench powercut     some of them only
"""

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from run import Figure

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
import ota_powercut  # noqa: E402
from powercut_node import CutNode, Scenario, scenario_node, scenarios  # noqa: E402

from devtoolkit.simulator.power_cut import Recording  # noqa: E402

_WORKERS = 2
_PIECE = 20  # states per job


def _wanted(name: str) -> bool:
    names = os.environ.get("MICROS_POWERCUT", "")
    return not names or name in names.split(",")


def _figures(node: CutNode, scenario: Scenario) -> list[Figure]:
    recording = scenario.recorded(node)
    cuts = recording.cuts()
    survived = 0
    for cut, outcome in node.outcomes(recording, cuts):
        problem = scenario.problem(outcome)
        survived += not problem
        if problem:
            print(f"  {scenario.name}, {cut}: {problem}", file=sys.stderr)
    node.boot(recording.before)
    return _rows(scenario.name, recording, survived)


def _rows(name: str, recording: Recording, survived: int) -> list[Figure]:
    states = len(recording.cuts())
    return [
        Figure(f"{name}: flash operations", len(recording.operations), ""),
        Figure(f"{name}: cuts survived", survived, "", survived / states, "all cuts"),
    ]


def _update_figures(pool: ProcessPoolExecutor, name: str) -> Iterator[Figure]:
    promise, recording = ota_powercut.recorded(name)
    cuts = recording.cuts()
    pieces = [cuts[at : at + _PIECE] for at in range(0, len(cuts), _PIECE)]
    jobs = [pool.submit(ota_powercut.problems, promise, recording, piece) for piece in pieces]
    found = [one for job in jobs for one in job.result()]
    for cut, problem in found:
        if problem:
            print(f"  {name}, {cut}: {problem}", file=sys.stderr)
    yield from _rows(name, recording, sum(not problem for _, problem in found))


def run() -> list[Figure]:
    figures = []
    with tempfile.TemporaryDirectory() as folder, scenario_node(Path(folder)) as node:
        for scenario in scenarios(node):
            if _wanted(scenario.name):
                figures += _figures(node, scenario)
    with ProcessPoolExecutor(_WORKERS, multiprocessing.get_context("spawn")) as pool:
        for name in filter(_wanted, ota_powercut.scenarios()):
            figures += _update_figures(pool, name)
    return figures
