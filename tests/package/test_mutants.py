"""The list of breakages fits the source, and a sample of them is noticed (all: `dev.py check mutants`)."""

import random

import breakages
import pytest

SAMPLE = random.Random(2).sample([one for one in breakages.load() if one.file.startswith("devtoolkit/codecs/")], 3)


def test_every_breakage_can_still_be_made() -> None:
    assert [problem for one in breakages.load() if (problem := one.problem())] == []


def test_each_step_and_each_codec_has_a_breakage() -> None:
    listed = {one.file for one in breakages.load()}
    for folder in ("codecs", "pipelines/steps"):
        files = (breakages.ROOT / "devtoolkit" / folder).glob("*.py")
        wanted = {file.relative_to(breakages.ROOT).as_posix() for file in files if file.name != "__init__.py"}
        assert wanted <= listed, sorted(wanted - listed)


@pytest.mark.parametrize("mutant", SAMPLE, ids=lambda one: one.file)
def test_a_sample_of_the_breakages_is_noticed(mutant: breakages.Mutant) -> None:
    with breakages.copy_of_the_tree() as root:
        assert breakages.run_tests(mutant.tests, root) == 0
        assert breakages.is_noticed(mutant, root)
