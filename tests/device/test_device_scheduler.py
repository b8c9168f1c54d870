"""The scheduler in the real VM with a simulated clock: which task runs when, and what leaps of the clock do."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cron_cases import LOOKS, TIMES
from device_clock import Told, run_stories

pytestmark = pytest.mark.vm

_FORMAT = "%Y-%m-%d %H:%M:%S"


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> list[Told]:
    """For each look of the table a story with all its times as tasks, named by their place."""
    tasks = ";".join(f"{times.when}!rec ran {number}" for number, times in enumerate(TIMES))
    stories: list[dict[str, Any]] = [
        {"start": (look - timedelta(seconds=7)).strftime(_FORMAT), "tasks": tasks, "steps": [["run", 9]]}
        for look in LOOKS
    ]
    return run_stories(tmp_path_factory.mktemp("table"), stories)


def test_the_table_has_more_than_two_hundred_cases_of_both_kinds() -> None:
    verdicts = [times.fires(look) for times in TIMES for look in LOOKS]
    assert len(verdicts) > 2000
    assert min(sum(verdicts), len(verdicts) - sum(verdicts)) > 200
    assert all(any(times.fires(look) for look in LOOKS) for times in TIMES), "each fires somewhere"


@pytest.mark.parametrize("times", TIMES, ids=lambda times: times.when)
def test_a_time_fires_at_the_looks_it_means_and_at_no_other(looked: list[Told], times: Any) -> None:
    number = TIMES.index(times)
    wrong = []
    for look, told in zip(LOOKS, looked, strict=True):
        ran = told.runs.count((look.strftime(_FORMAT), number))
        if ran != times.fires(look):
            wrong.append((look, ran))
    assert not wrong, "(look, how often it ran)"


def test_no_case_of_the_table_leaves_a_line_in_the_error_log(looked: list[Told]) -> None:
    assert {line for told in looked for line in told.log} == set()


_SUMMER = "2026-03-29 "
_WINTER = "2026-10-25 "
_BOTH = "*:2:30:0!rec ran 'daily';*:*:0:0!rec ran 'hourly'"
_TOGGLE = "*:8:0:0!rec ran 'x'"
_MINUTES = "*:*:*:0!rec ran 'm'"

# name: (start, crontasks, steps, what runs: clock and name)
_STORIES: dict[str, tuple[str, str, list[list[Any]], list[str]]] = {
    "summer time begins: what the missing hour held runs once, at once": (
        _SUMMER + "01:00:11",
        _BOTH,
        [["run", 3590], ["clock", _SUMMER + "03:00:01"], ["run", 3600]],
        ["02:00:00 hourly", "03:00:05 daily", "03:00:05 hourly", "04:00:00 hourly"],
    ),
    "summer time ends: daily tasks of the hour that comes twice run once, hourly ones twice": (
        _WINTER + "01:30:01",
        _BOTH,
        [["run", 5400], ["clock", _WINTER + "02:00:01"], ["run", 7200]],
        [
            "02:00:00 hourly",
            "02:30:00 daily",
            "03:00:00 hourly",
            "02:00:05 hourly",
            "03:00:00 hourly",
            "04:00:00 hourly",
        ],
    ),
    "summer time ends: the next day it runs again": (
        _WINTER + "02:29:01",
        "*:2:30:0!rec ran 'daily'",
        [["run", 1900], ["clock", _WINTER + "02:00:01"], ["run", 90000]],
        ["02:30:00 daily", "02:30:00 daily"],
    ),
    "the clock is put right by 4 s forward over the time": (
        "2026-03-02 07:59:50",
        _TOGGLE,
        [["run", 7], ["clock", "2026-03-02 08:00:01"], ["run", 60]],
        ["08:00:04 x"],
    ),
    "the clock is put right by 4 s back after the time": (
        "2026-03-02 07:59:50",
        _TOGGLE + ";" + _MINUTES,
        [["run", 12], ["clock", "2026-03-02 07:59:58"], ["run", 60]],
        ["08:00:00 x", "08:00:00 m"],
    ),
    "the clock is put back by 10 min: daily tasks do not repeat, tasks of any hour go on": (
        "2026-03-02 07:59:50",
        _TOGGLE + ";*:*:0,55:0!rec ran 'h'",
        [["run", 12], ["clock", "2026-03-02 07:50:02"], ["run", 620]],
        ["08:00:00 x", "08:00:00 h", "07:55:00 h", "08:00:00 h"],
    ),
    "the clock is put back by 10 min before a time that has not been yet": (
        "2026-03-02 08:05:00",
        _TOGGLE,
        [["run", 12], ["clock", "2026-03-02 07:59:52"], ["run", 30]],
        ["08:00:00 x"],
    ),
    "the clock is put back by two hours: the day's tasks run again": (
        "2026-03-02 07:59:50",
        _TOGGLE,
        [["run", 12], ["clock", "2026-03-02 06:00:02"], ["run", 7300]],
        ["08:00:00 x", "08:00:00 x"],
    ),
    "the clock leaps by half a day: nothing is made up": (
        "2026-03-02 07:00:00",
        _TOGGLE + ";*:12:0:0!rec ran 'noon'",
        [["run", 12], ["clock", "2026-03-02 19:00:00"], ["run", 60]],
        [],
    ),
    "the clock leaps to 2 s after a time": (
        "2026-03-02 01:00:00",
        _TOGGLE,
        [["run", 12], ["clock", "2026-03-02 08:00:02"], ["run", 60]],
        ["08:00:05 x"],
    ),
    "the clock leaps to the next day and back again": (
        "2026-03-02 07:59:50",
        _TOGGLE,
        [["run", 12], ["clock", "2026-03-03 09:00:00"], ["run", 12], ["clock", "2026-03-02 08:00:20"], ["run", 60]],
        ["08:00:00 x"],
    ),
    "a start 4 s after the time still runs it": ("2026-03-02 08:00:04", _TOGGLE, [["run", 30]], ["08:00:04 x"]),
    "a start 6 s after the time does not": ("2026-03-02 08:00:06", _TOGGLE, [["run", 30]], []),
    "a restart right after the time does not repeat it": (
        "2026-03-02 07:59:50",
        _TOGGLE,
        [["run", 11], ["restart", 2, True], ["run", 30]],
        ["08:00:00 x"],
    ),
    "a wanted restart over the time makes it up": (
        "2026-03-02 07:59:50",
        _TOGGLE,
        [["run", 6], ["restart", 40, True], ["run", 30]],
        ["08:00:36 x"],
    ),
    "a power cut over the time loses it": (
        "2026-03-02 07:59:50",
        _TOGGLE,
        [["run", 6], ["restart", 40, False], ["run", 30]],
        [],
    ),
    "a restart long after a wanted one does not go back to that": (
        "2026-03-02 07:59:50",
        _TOGGLE,
        [["run", 6], ["restart", 600, True], ["run", 30]],
        [],
    ),
    "a module that does not let go for 40 s: all that was missed runs once, in its order": (
        "2026-03-02 07:59:30",
        "*:8:0:10!rec ran 'b';*:8:0:0!rec ran 'a';*:8:0:*!rec ran 's';*:*:59,0:50,5!rec ran 'm'",
        [["run", 6], ["block", 40], ["run", 6]],
        ["08:00:16 a", "08:00:16 m", "08:00:16 b", "08:00:16 s", "08:00:20 s"],
    ),
    "a module that does not let go for 50 min: daily tasks are made up": (
        "2026-03-02 07:59:30",
        _TOGGLE + ";" + _MINUTES,
        [["run", 6], ["block", 3000], ["run", 30]],
        ["08:49:36 x", "08:50:00 m"],
    ),
    "without a set clock only tasks of any hour run, until network time comes": (
        "2000-01-01 00:00:00",
        "*:0:0:0!rec ran 'midnight';*:*:1:0!rec ran 'hourly';sunset!rec ran 'sun'",
        [["run", 70], ["clock", "2026-03-02 23:59:58"], ["run", 10]],
        ["00:01:00 hourly", "00:00:00 midnight"],
    ),
    "a plain weekday and a bad one beside it": (
        "2026-03-03 07:59:50",
        "8:8:0:0!rec ran 'bad';1:8:0:0!rec ran 'tuesday';2:8:0:0!rec ran 'wednesday'",
        [["run", 30]],
        ["08:00:00 tuesday"],
    ),
    "tasks that fail do not stop those after them": (
        "2026-03-02 07:59:50",
        "*:8:0:0!rec fail 1;*:8:0:0!nosuch run;*:8:0:0!rec dies 2;*:8:0:0!rec ran 'last'",
        [["run", 30]],
        ["08:00:00 1", "08:00:00 2", "08:00:00 last"],
    ),
    "a task of several commands": (
        "2026-03-02 07:59:50",
        "*:8:0:0!rec ran 'a;b'; rec fail 'c'; rec ran 'd';;*:8:0:5!rec ran 'e'",
        [["run", 30]],
        ["08:00:00 a;b", "08:00:00 c", "08:00:00 d", "08:00:05 e"],
    ),
    "other tasks in the configuration are taken without a restart": (
        "2026-03-02 07:59:50",
        _TOGGLE,
        [["run", 11], ["tasks", "*:8:0:0!rec ran 'x';*:8:0:30!rec ran 'new'"], ["run", 30]],
        ["08:00:00 x", "08:00:30 new"],
    ),
    "a task in the background": (
        "2026-03-02 07:59:50",
        "*:8:0:0!rec ran 'later' &2000",
        [["run", 30]],
        ["08:00:02 later"],
    ),
    "half an hour from Greenwich's hours: 8:00 in India is 2:30": (
        "2026-03-02 00:00:00",
        _TOGGLE,
        [["run", 7], ["ntp", 1772418590, 330], ["run", 30]],
        ["08:00:00 x"],
    ),
    "three quarters: 8:00 in Nepal is 2:15": (
        "2026-03-02 00:00:00",
        _TOGGLE,
        [["run", 7], ["ntp", 1772417690, 345], ["run", 30]],
        ["08:00:00 x"],
    ),
    "half an hour to the west: 8:00 in Newfoundland is 11:30": (
        "2026-03-02 00:00:00",
        _TOGGLE,
        [["run", 7], ["ntp", 1772450990, -210], ["run", 30]],
        ["08:00:00 x"],
    ),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    stories = [{"start": start, "tasks": tasks, "steps": steps} for start, tasks, steps, _ in _STORIES.values()]
    return dict(zip(_STORIES, run_stories(tmp_path_factory.mktemp("stories"), stories), strict=True))


@pytest.mark.parametrize("story", _STORIES)
def test_the_right_tasks_run_when_the_clock_leaps_the_node_restarts_or_a_task_is_bad(
    told: dict[str, Told], story: str
) -> None:
    assert told[story].times == _STORIES[story][3]


def test_a_bad_task_is_named_in_the_log_with_its_reason(told: dict[str, Told]) -> None:
    log = told["a plain weekday and a bad one beside it"].log
    assert [line.split(" ", 1)[1] for line in log] == ["[cron][ERR] 8:8:0:0!rec ran 'bad': 8 is no weekday (0 to 6)"]


def test_failing_tasks_are_named_in_the_log(told: dict[str, Told]) -> None:
    log = told["tasks that fail do not stop those after them"].log
    assert [line.split(" ", 1)[1] for line in log] == [
        "[cron][ERR] rec fail 1: Core error: LM_rec->fail: broken",
        "[cron][ERR] nosuch run: Core error: LM_nosuch->run: no module named 'LM_nosuch'",
        "[cron][ERR] rec dies 2: Core error: LM_rec->dies: none left",
    ]


_SUN: dict[str, tuple[str, str, list[list[Any]], list[str]]] = {
    "sunset and sunrise, with offsets": (
        "2026-03-02 05:00:00",
        "sunrise!rec ran 'up';sunrise+30!rec ran 'up+30';sunset-60!rec ran 'down-60';sunset!rec ran 'down'",
        [["run", 14 * 3600]],
        ["06:10:20 up", "06:40:20 up+30", "17:45:00 down-60", "18:45:00 down"],
    ),
    "an offset over midnight, either way": (
        "2026-03-02 00:00:01",
        "sunset+360!rec ran 'late';sunrise-420!rec ran 'early'",
        [["run", 86400]],
        ["00:45:00 late", "23:10:20 early"],
    ),
    "every day once": (
        "2026-03-02 18:40:00",
        "sunset!rec ran 'down'",
        [["run", 86400 + 600]],
        ["18:45:00 down"] * 2,
    ),
    "new sun times some minutes later, right after this sunset": (
        "2026-03-02 18:44:00",
        "sunset!rec ran 'down'",
        [["run", 90], ["sun", [6, 9, 0], [18, 47, 0]], ["run", 600], ["clock", "2026-03-03 18:44:00"], ["run", 600]],
        ["18:45:00 down", "18:47:00 down"],
    ),
    "sun times that come while it runs": (
        "2026-03-02 18:40:00",
        "sunset!rec ran 'down'",
        [["sun", [0, 0, 0], [0, 0, 0]], ["run", 100], ["sun", [6, 10, 20], [18, 45, 0]], ["run", 3600]],
        ["18:45:00 down"],
    ),
    "a restart after the sunset": (
        "2026-03-02 18:44:00",
        "sunset!rec ran 'down'",
        [["run", 62], ["restart", 1, True], ["run", 600]],
        ["18:45:00 down"],
    ),
    "no sun times at all": (
        "2026-03-02 18:00:00",
        "sunset!rec ran 'down';sunrise!rec ran 'up';*:19:0:0!rec ran 'seven'",
        [["sun", [0, 0, 0], [0, 0, 0]], ["run", 7200]],
        ["19:00:00 seven"],
    ),
}


@pytest.fixture(scope="module")
def sunny(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    times = [[6, 10, 20], [18, 45, 0]]
    stories = [{"start": s, "tasks": tasks, "steps": steps, "sun": times} for s, tasks, steps, _ in _SUN.values()]
    return dict(zip(_SUN, run_stories(tmp_path_factory.mktemp("sun"), stories, nwmd="AP"), strict=True))


@pytest.mark.parametrize("story", _SUN)
def test_the_sun_has_its_tasks_run(sunny: dict[str, Told], story: str) -> None:
    assert sunny[story].times == _SUN[story][3]


def test_missing_sun_times_are_told_once(sunny: dict[str, Told]) -> None:
    log = sunny["no sun times at all"].log
    assert [line.split(" ", 1)[1] for line in log] == [
        "[cron][ERR] no sun times are known: sunset does not run",
    ]


def test_a_task_that_fails_every_five_seconds_is_logged_once_and_again_after_it_has_worked(tmp_path: Path) -> None:
    always = "*:*:*:*!rec fail 1"
    now_and_then = "*:*:*:0!rec sometimes 2"
    stories = [
        {"start": "2026-03-02 08:00:10", "tasks": tasks, "steps": [["run", 298]]} for tasks in (always, now_and_then)
    ]
    first, second = run_stories(tmp_path, stories)
    assert (len(first.runs), len(first.log)) == (60, 1)
    assert (len(second.runs), len(second.log)) == (5, 3)
