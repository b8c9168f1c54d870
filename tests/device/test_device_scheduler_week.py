"""The mission's lamp over a simulated week on the whole system: sunset, fixed times, `system ha_sta` every minute."""

import itertools
from datetime import datetime, timedelta

import pytest
from bedlamp import VALUES
from bedlamp_week import DAYS, LIMIT_S, START, Week, offset_minutes, run_week, sunset

pytestmark = [pytest.mark.vm, pytest.mark.timeout(LIMIT_S + 30)]

_LOOK = timedelta(seconds=5)


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Week:
    return run_week(tmp_path_factory.mktemp("week"), VALUES)


def _local(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None) + timedelta(minutes=offset_minutes(moment))


def test_the_lamp_goes_on_at_every_sunset_and_off_at_its_fixed_times(week: Week) -> None:
    end = START + timedelta(days=DAYS)
    expected = [(_local(sunset(day)), True) for day in range(DAYS + 1) if sunset(day) < end]
    midnight = _local(START).replace(hour=0, minute=0, second=0)
    for day in range(1, DAYS + 1):
        for hours in (0.5, 5):
            expected.append((midnight + timedelta(days=day, hours=hours), False))
    expected.sort()
    found = week.times("toggle")
    assert [args for _, args in found] == [[state] for _, state in expected]
    late = [datetime.fromisoformat(clock) - due for (clock, _), (due, _) in zip(found, expected, strict=True)]
    assert all(timedelta(0) <= lateness < _LOOK + timedelta(seconds=1) for lateness in late)


def test_the_wifi_is_looked_after_every_minute(week: Week) -> None:
    calls = week.times("ha_sta")
    assert len(calls) == DAYS * 24 * 60
    minutes = [datetime.fromisoformat(clock).replace(second=0) for clock, _ in calls]
    steps = {later - earlier for earlier, later in itertools.pairwise(minutes)}
    back = timedelta(minutes=-59)  # when summer time ends
    assert steps == {timedelta(minutes=1), back}


def test_the_error_log_is_empty_and_everything_still_runs(week: Week) -> None:
    assert week.log == []
    assert {"timirq", "cron", "server"} <= set(week.tasks)
