"""The host's check of `crontasks` against the table that the device's grammar is tested with as well."""

import pytest
from cron_cases import REFUSED, SPLIT, SUN_TIMES, TIMES

from devtoolkit.model.node_config import check
from devtoolkit.model.node_config_rules import cron_tasks, split_outside


def test_every_time_of_the_table_is_allowed() -> None:
    for when in (*(times.when for times in TIMES), *SUN_TIMES):
        assert check({"crontasks": f"{when}!rgb toggle"}) == (), when


@pytest.mark.parametrize("text", SPLIT, ids=repr)
def test_tasks_and_their_commands_are_those_of_the_table(text: str) -> None:
    assert check({"crontasks": text}) == ()
    found = [task.partition("!")[::2] for task in cron_tasks(text)]
    commands = [[part.strip() for part in split_outside(text) if part.strip()] for _, text in found]
    assert [(when.strip(), part) for (when, _), part in zip(found, commands, strict=True)] == SPLIT[text]


@pytest.mark.parametrize("text", REFUSED, ids=repr)
def test_what_the_device_cannot_take_is_refused_with_one_reason(text: str) -> None:
    problems = check({"crontasks": text})
    assert [problem.key for problem in problems] == ["crontasks"]
