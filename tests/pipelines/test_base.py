"""The pipeline engine: events, skipping, cancelling, failing."""

from collections.abc import Iterator

import pytest

from devtoolkit.errors import BoardError, CancelledByUser
from devtoolkit.pipelines.base import Cancel, Event, Progress, Report, Runner, Skip


class Count:
    name = "count"
    title = "Count"

    def __init__(self, *items: Progress | Skip, fails: Exception | None = None) -> None:
        self.items, self.fails, self.closed = items, fails, False

    def run(self, context: list[str]) -> Report:
        return self._run(context)

    def _run(self, context: list[str]) -> Iterator[Progress | Skip]:
        try:
            for item in self.items:
                context.append(self.name)
                yield item
            if self.fails:
                raise self.fails
        finally:
            self.closed = True


def run(step: Count, cancel: Cancel | None = None) -> tuple[list[Event], list[str]]:
    events: list[Event] = []
    context: list[str] = []
    runner = Runner([step], events.append, cancel or Cancel())
    try:
        runner.run(context)
    finally:
        run.last = (events, context)
    return events, context


def test_a_step_that_reports_twice_gives_start_progress_progress_done() -> None:
    events, _ = run(Count(Progress(1, 2), Progress(2, 2, "all")))
    assert [event.kind for event in events] == ["start", "progress", "progress", "done"]
    assert (events[-1].done, events[-1].total, events[-1].note) == (2, 2, "all")


def test_a_skipped_step_ends_with_its_reason() -> None:
    events, _ = run(Count(Skip("already there")))
    assert (events[-1].kind, events[-1].note) == ("skip", "already there")


@pytest.mark.parametrize("kind", ["start", "progress", "done"])
def test_ctrl_c_names_the_step_wherever_it_arrives(kind: str) -> None:
    def press(event: Event) -> None:
        if event.kind == kind:
            raise KeyboardInterrupt

    with pytest.raises(CancelledByUser, match="during: Count") as caught:
        Runner([Count(Progress(1, 1))], press).run([])
    assert "same command again" in caught.value.hint


def test_cancel_is_noticed_at_the_next_yield_and_closes_the_step() -> None:
    cancel = Cancel()
    step = Count(*(Progress(n, 10) for n in range(10)))
    events: list[Event] = []

    def listen(event: Event) -> None:
        events.append(event)
        if event.kind == "progress" and event.done == 3:
            cancel.set()

    context: list[str] = []
    with pytest.raises(CancelledByUser) as caught:
        Runner([step], listen, cancel).run(context)
    assert len(context) == 4
    assert step.closed
    assert events[-1].kind == "cancelled"
    assert caught.value.facts["step"] == "count"
    assert caught.value.exit_code == 130


def test_ctrl_c_inside_a_step_is_a_cancel() -> None:
    step = Count(Progress(1, 2))
    step.fails = KeyboardInterrupt()
    with pytest.raises(CancelledByUser):
        run(step)
    assert step.closed


def test_a_cancel_set_before_the_start_runs_nothing() -> None:
    cancel = Cancel()
    cancel.set()
    with pytest.raises(CancelledByUser):
        run(Count(Progress(1, 1)), cancel)
    assert run.last[1] == []


def test_an_error_carries_the_step_and_ends_the_pipeline() -> None:
    later = Count(Progress(1, 1))
    failing = Count(Progress(1, 2), fails=BoardError("no answer"))
    context: list[str] = []
    with pytest.raises(BoardError) as caught:
        Runner([failing, later], lambda event: None).run(context)
    assert caught.value.facts["step"] == "count"
    assert context == ["count"]
