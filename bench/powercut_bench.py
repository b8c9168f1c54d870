"""Power cuts at every flash operation, and in the middle of each, during the writes of a node: how many it survives.

Configuration, module state, error log and a data log of 40 lines; each cut state is a boot of its own. The problem of a
state that does not survive is printed.
"""

import sys
import tempfile
from pathlib import Path

from run import Figure

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from powercut_node import CutNode, Scenario, scenario_node, scenarios


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
    return [
        Figure(f"{scenario.name}: flash operations", len(recording.operations), ""),
        Figure(f"{scenario.name}: cuts survived", survived, "", survived / len(cuts), "all cuts"),
    ]


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, scenario_node(Path(folder)) as node:
        return [figure for scenario in scenarios(node) for figure in _figures(node, scenario)]
