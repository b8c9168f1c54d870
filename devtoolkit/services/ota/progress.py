"""What an update tells while it works: the events of the pipelines, from asyncio code, with the same cancel."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from devtoolkit.errors import CancelledByUser, ToolkitError
from devtoolkit.pipelines.base import Cancel, Event, Listener, silent

_LOOK_S = 0.1  # how often a wait looks at the cancel flag


@dataclass(slots=True)
class Step:
    """One step under way. `report` is where cancel is noticed, as in a pipeline."""

    name: str
    title: str
    reporter: "Reporter"
    done: int = 0
    total: int = 0
    note: str = ""
    skipped: bool = False

    def report(self, done: int, total: int, note: str = "") -> None:
        """`done` of `total` bytes (or parts). Raises CancelledByUser."""
        self.done, self.total, self.note = done, total, note
        self.reporter.listener(Event("progress", self.name, self.title, done, total, note))
        self.reporter.check(self.title)

    def skip(self, reason: str) -> None:
        """Its work was right already, for this reason."""
        self.skipped, self.note = True, reason


@dataclass(slots=True)
class Reporter:
    """`with reporter.step("stage", "Sending files") as step: step.report(...)`; times by step in `seconds`."""

    listener: Listener = silent
    cancel: Cancel = field(default_factory=Cancel)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str, title: str) -> Iterator[Step]:
        """A step: its start and its end are told, also an end by an error."""
        step, started = Step(name, title, self), time.monotonic()
        self.listener(Event("start", name, title))
        kind: Literal["skip", "done", "failed", "cancelled"] = "failed"
        try:
            self.check(title)
            yield step
            kind = "skip" if step.skipped else "done"
        except (CancelledByUser, asyncio.CancelledError):
            kind = "cancelled"
            raise
        except ToolkitError as error:
            error.facts.setdefault("step", name)
            step.note = error.message
            raise
        finally:
            taken = time.monotonic() - started
            self.seconds[name] = round(self.seconds.get(name, 0.0) + taken, 3)
            self.listener(Event(kind, name, title, step.done, step.total, step.note, taken))

    def check(self, title: str) -> None:
        """Raises CancelledByUser when somebody has asked for the end."""
        if self.cancel.wanted:
            raise CancelledByUser(
                f"Stopped by the user during: {title}.", hint="The next update goes on where this one was."
            )

    async def pause(self, seconds: float, title: str) -> None:
        """Wait, and notice cancel meanwhile."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check(title)
            await asyncio.sleep(min(left, _LOOK_S))
