"""Power cuts in updates over the air, by chance: the node answers with the old version or the new one, complete.

All cuts: `python3 dev.py bench powercut`.
"""

import secrets
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ota_powercut import outcomes, prepare, scenarios

pytestmark = pytest.mark.vm

CASES = {"update": 9, "rollback": 6, "loader update": 7, "broken loader": 6, "install": 4}  # boots, half a second each


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cut")


@pytest.mark.parametrize("name", CASES)
def test_a_power_cut_anywhere_in_an_update_leaves_one_complete_version(
    folder: Path, name: str, record_property: Callable[[str, object], None]
) -> None:
    scenario = scenarios()[name]()
    node = scenario.node(folder / name.replace(" ", "_"))
    try:
        prepare(node, scenario)
        recording = scenario.recording(node)
        seed = secrets.randbits(32)
        cuts = recording.sample(CASES[name], seed)
        found = list(outcomes(node, scenario.promise, recording, cuts))
    finally:
        node.close()
    sys.stdout.write(f"{name}: {len(cuts)} of {len(recording.cuts())} cuts, seed {seed}\n")
    record_property("cuts", len(cuts))
    problems = [(str(cut), problem) for cut, problem, _ in found if problem]
    assert not problems, f"seed {seed}"
    if scenario.promise.old != scenario.promise.new:
        assert len({is_new for *_, is_new in found}) == 2, "the first cut is before the change, the last one after it"
