"""Power cuts in every flash operation of a change: the node boots with the old content or the new one."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from powercut_node import CutNode, Scenario, scenario_node, scenarios

from devtoolkit.simulator.power_cut import Cut, FlashOperation, Recording, read_operations

pytestmark = pytest.mark.vm

CASES = 15  # boots per scenario, 0.2 s each; `dev.py bench powercut` takes all cuts
NAMES = ("configuration", "state", "error log", "data log")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CutNode]:
    with scenario_node(tmp_path_factory.mktemp("cut")) as made:
        yield made


@pytest.fixture(scope="module")
def table(node: CutNode) -> dict[str, Scenario]:
    return {one.name: one for one in scenarios(node)}


@pytest.mark.parametrize("name", NAMES)
def test_a_power_cut_in_any_flash_operation_leaves_the_old_or_the_new_content(
    node: CutNode, table: dict[str, Scenario], name: str
) -> None:
    scenario = table[name]
    recording = scenario.recorded(node)
    assert len(recording.operations) >= 3
    seed = secrets.randbits(32)
    cuts = recording.sample(CASES, seed)
    outcomes = list(node.outcomes(recording, cuts))
    node.boot(recording.before)  # for the next scenario
    problems = [(str(cut), problem) for cut, outcome in outcomes if (problem := scenario.problem(outcome))]
    assert not problems, f"seed {seed}: {problems}"
    changed = [scenario.changed(outcome) for _, outcome in outcomes]
    assert (changed[0], changed[-1]) == (False, True)
    assert changed == sorted(changed), f"seed {seed}: once the new content is there it stays"


def test_a_second_power_cut_in_the_boot_after_the_first_one_loses_nothing(
    node: CutNode, table: dict[str, Scenario]
) -> None:
    scenario = table["configuration"]
    recording = scenario.recorded(node)
    seed = secrets.randbits(32)
    for cut in recording.sample(3, seed):
        first = recording.state(cut)
        node.board.power_off()
        node.flash.write_bytes(first)
        boot = node.record(lambda _: None, from_start=True)
        for second in boot.sample(4, seed):
            problem = scenario.problem(node.boot(boot.state(second)))
            assert not problem, f"seed {seed}: {cut}, then {second}: {problem}"
    node.boot(recording.before)


def test_a_state_is_the_replayed_operations_and_a_part_of_the_next() -> None:
    recording = Recording(b"\xff" * 8, (FlashOperation("program", 2, b"abcd"), FlashOperation("erase", 0, b"\xff" * 8)))
    assert recording.state(Cut(0)) == b"\xff" * 8
    assert recording.state(Cut(0, 2)) == b"\xff\xffab\xff\xff\xff\xff"
    assert recording.state(Cut(1)) == b"\xff\xffabcd\xff\xff"
    assert recording.state(Cut(1, 4)) == b"\xff\xff\xff\xffcd\xff\xff"
    assert recording.cuts() == [Cut(0), Cut(0, 2), Cut(1), Cut(1, 4), Cut(2)]
    assert recording.sample(5, seed=1) == recording.sample(5, seed=1)
    assert set(recording.sample(100, seed=1)) >= set(recording.cuts()[::2])


def test_a_record_that_ends_within_an_operation_is_read_up_to_there(tmp_path: Path) -> None:
    record = tmp_path / "record"
    header = (7).to_bytes(4, "little") + (2).to_bytes(4, "little") + (1).to_bytes(4, "little")
    record.write_bytes(header + b"ab" + header + b"a")
    assert read_operations(record) == (FlashOperation("erase", 7, b"ab"),)
    assert read_operations(tmp_path / "none") == ()
