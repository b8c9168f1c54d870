"""The engine: a pipeline is a tuple of steps; a step yields `Progress` or `Skip`; nobody prints.

A yield is also where cancel is noticed. The runner turns what happens into events, which become a bar in the CLI, a row
in the GUI's job list and JSON in the gateway.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, Protocol, TypeVar

from devtoolkit.errors import CancelledByUser, ToolkitError

Context_contra = TypeVar("Context_contra", contravariant=True)
Context = TypeVar("Context")


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` units (bytes where bytes move, else parts); `total` 0 means that the end is not known."""

    done: int
    total: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Skip:
    """The step found its work already right, or not wanted; nothing may follow it."""

    reason: str


Report = Iterator[Progress | Skip]


class Step(Protocol[Context_contra]):
    """One small piece of work. `name` is a stable identifier, `title` is for people."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    def run(self, context: Context_contra) -> Report: ...


@dataclass(frozen=True, slots=True)
class Event:
    """What the runner says. `total` and `done` are set for progress; `note` holds the reason of a skip or failure.

    `number` and `count`: which step of how many this is, where that is known.
    """

    kind: Literal["start", "progress", "skip", "done", "failed", "cancelled"]
    step: str
    title: str
    done: int = 0
    total: int = 0
    note: str = ""
    seconds: float = 0.0
    number: int = 0
    count: int = 0


Listener = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class StepResult:
    """How one step ended: its time, and the bytes (or parts) it reported."""

    step: str
    state: Literal["done", "skipped"]
    seconds: float
    done: int = 0
    note: str = ""


class Cancel:
    """A flag that any thread may set; the runner looks at it at every yield."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Ask for the end, from any thread."""
        self._event.set()

    @property
    def wanted(self) -> bool:
        """Whether somebody has asked for it."""
        return self._event.is_set()


def silent(_event: Event) -> None:
    """A listener that tells nobody."""


@dataclass(slots=True)
class Runner(Generic[Context]):
    """Runs the steps one after another on one context.

    Raises what a step raises (after a `failed` event) and CancelledByUser when cancelled. A step's generator is always
    closed, so that its `finally` and `with` blocks run.
    """

    steps: Sequence[Step[Context]]
    listener: Listener = silent
    cancel: Cancel = field(default_factory=Cancel)

    def run(self, context: Context) -> tuple[StepResult, ...]:
        """All steps, with how each one ended."""
        results = []
        for number, step in enumerate(self.steps, 1):
            try:
                results.append(self._run_step(step, number, context))
            except KeyboardInterrupt:  # while a listener was told, not in the step
                raise self._cancelled(step) from None
        return tuple(results)

    def _run_step(self, step: Step[Context], number: int, context: Context) -> StepResult:
        started = time.monotonic()
        done, total, note, state = 0, 0, "", "done"
        self.listener(Event("start", step.name, step.title, number=number, count=len(self.steps)))
        report = step.run(context)
        try:
            self._check_cancel(step)
            for item in report:
                if isinstance(item, Skip):
                    state, note = "skipped", item.reason
                else:
                    done, total, note = item.done, item.total, item.note
                    self.listener(Event("progress", step.name, step.title, done, total, note))
                self._check_cancel(step)
        except (CancelledByUser, KeyboardInterrupt) as stop:
            seconds = time.monotonic() - started
            self.listener(Event("cancelled", step.name, step.title, done, total, "", seconds))
            if isinstance(stop, CancelledByUser):
                raise
            raise self._cancelled(step) from None
        except ToolkitError as error:
            error.facts.setdefault("step", step.name)
            self.listener(
                Event("failed", step.name, step.title, done, total, error.message, time.monotonic() - started)
            )
            raise
        finally:
            close = getattr(report, "close", None)
            if close:
                close()
        seconds = time.monotonic() - started
        kind: Literal["skip", "done"] = "skip" if state == "skipped" else "done"
        self.listener(Event(kind, step.name, step.title, done, total, note, seconds))
        return StepResult(step.name, "skipped" if kind == "skip" else "done", seconds, done, note)

    def _check_cancel(self, step: Step[Context]) -> None:
        if self.cancel.wanted:
            raise self._cancelled(step)

    @staticmethod
    def _cancelled(step: Step[Context]) -> CancelledByUser:
        return CancelledByUser(
            f"Stopped by the user during: {step.title}.",
            hint="Run the same command again: it starts over and repairs the board.",
            step=step.name,
        )
