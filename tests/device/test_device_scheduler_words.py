"""The language of `crontasks` on the device, against the table that the host is tested with, and the word `cron`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cron_cases import REFUSED, SPLIT, SUN_TIMES, TIMES
from device_clock import unix
from device_node import install_source, run_vm
from module_bench import bench

pytestmark = pytest.mark.vm

_READ = """
import json
import CronGrammar as grammar

def read(text):
    found = []
    for when, commands in grammar.deserialize_raw_input(text):
        try:
            times = grammar.time_of(when)
            found.append([when, grammar.commands_of(commands), [list(t) if isinstance(t, bytes) else t for t in times]])
        except ValueError as e:
            found.append([when, None, str(e)])
    return found

with open("texts.json") as f:
    print("READ=" + json.dumps([read(text) for text in json.load(f)]))
"""

Read = Callable[[str], list[Any]]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """What the device makes of a crontasks text: [when, commands or None, times or reason] of each task."""
    folder = tmp_path_factory.mktemp("grammar")
    install_source(folder)
    whens = [f"{when}!rgb toggle" for when in (*(times.when for times in TIMES), *SUN_TIMES)]
    texts = [*whens, *SPLIT, *REFUSED]
    (folder / "texts.json").write_text(json.dumps(texts))
    answers = json.loads(run_vm(folder, _READ).split("READ=")[1])
    return dict(zip(texts, answers, strict=True)).__getitem__


def test_every_time_of_the_table_means_its_values(read: Read) -> None:
    for times in TIMES:
        ((_, commands, (_, *fields)),) = read(f"{times.when}!rgb toggle")
        assert commands == ["rgb toggle"]
        wanted = [times.days, times.hours, times.minutes, times.seconds]
        whole = [7, 24, 60, 60]
        assert fields == [
            None if len(part) == size else sorted(part) for part, size in zip(wanted, whole, strict=True)
        ], times.when


def test_every_sun_time_of_the_table_is_taken(read: Read) -> None:
    found = [read(f"{when}!rgb toggle")[0][2] for when in SUN_TIMES]
    offsets = {"sunrise": [0, 0, 90, -5], "sunset": [0, -30, 1439]}
    for tag, minutes in offsets.items():
        assert [offset for name, offset in found if name == tag] == minutes


@pytest.mark.parametrize("text", SPLIT, ids=repr)
def test_tasks_and_their_commands_are_those_of_the_table(read: Read, text: str) -> None:
    assert [(when, commands) for when, commands, _ in read(text)] == SPLIT[text]


@pytest.mark.parametrize("text", REFUSED, ids=repr)
def test_a_task_that_the_host_refuses_is_refused_with_a_reason(read: Read, text: str) -> None:
    reasons = [reason for _, commands, reason in read(text) if commands is None]
    assert len(reasons) == 1
    assert reasons[0]


_SETTINGS = {
    "cron": True,
    "crontasks": "*:8:0:0!probe calls;0:0:0:0!probe echo 1;sunset-30!probe calls;"
    "*:9:70:0!probe calls;*:*:*:*!probe state",
    "timirq": True,
    "timirqcbf": "probe calls; probe state",
    "timirqseq": 60000,
    "irq2": True,
    "irq2_cbf": "probe count",
    "irq2_trig": "down",
    "nwmd": "AP",
    "aioqueue": 5,
}


def test_the_word_cron_lists_what_runs_and_when_next(tmp_path: Path) -> None:
    (tmp_path / "node").mkdir()
    files = {"sun.pds": "sunrise:6-10-20;sunset:18-45-0"}
    with bench(tmp_path / "node", settings=_SETTINGS, files=files) as b:
        b.set("clock", unix=unix("2026-03-01 17:00:01"))  # a Sunday
        assert b.call("cron").splitlines() == [
            "cron on, Sun 2026.03.01 17:00:01",
            " Sun 2026.03.01 17:00:05  *:*:*:*!probe state",
            " Sun 2026.03.01 18:15:00  sunset-30!probe calls",
            " Mon 2026.03.02 00:00:00  0:0:0:0!probe echo 1",
            " Mon 2026.03.02 08:00:00  *:8:0:0!probe calls",
            " refused                  *:9:70:0!probe calls  (70 is no minute (0 to 59))",
            "timirq every 60000 ms: probe calls; probe state",
            "irq2 down: probe count",
        ]
        b.set("clock", unix=unix("2026-03-02 00:00:00"))
        answer = b.json("cron")
        assert answer["cron"] is True
        assert answer["timirq"] == {"ms": 60000, "command": "probe calls; probe state"}
        assert answer["irq2"] == {"edge": "down", "command": "probe count"}
        times = {task["when"]: (task["next"], task["problem"]) for task in answer["tasks"]}
        assert times["0:0:0:0"] == ("Mon 2026.03.09 00:00:00", ""), "the next one, not this one"
        assert times["*:9:70:0"][0] is None
        assert len(times) == 5
        assert b.ask("cron now") == "Core error: LM_cron->now: no module named 'LM_cron'"
        assert "cron is" not in b.ask("cron &")


def test_without_cron_the_word_says_so(tmp_path: Path) -> None:
    (tmp_path / "node").mkdir()
    with bench(tmp_path / "node", settings={"crontasks": "*:8:0:0!probe calls"}) as b:
        (line,) = b.call("cron").splitlines()
        assert line.startswith("cron off, ")
        assert b.json("cron")["tasks"] == []
