"""One service call off the GUI thread: build the job, connect its signals, then start it.

This is the only place where the events of the services become signals. A job's own thread never touches a widget.
"""

import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from devtoolkit.errors import CancelledByUser, ToolkitError
from devtoolkit.gui import text
from devtoolkit.gui.qt import QObject, QThread, pyqtSignal
from devtoolkit.gui.text import tr
from devtoolkit.pipelines.base import Cancel, Event

State = Literal["waiting", "running", "done", "failed", "cancelled"]
_BYTES_FROM = 4096  # totals from here on are bytes, smaller ones are counts of parts
_LOG_LINES = 5000
_HIDDEN = "\u2022" * 8


class UnexpectedError(ToolkitError):
    """Something that no service foresaw; its facts hold the traceback, for a report."""


@dataclass(slots=True)
class Handle:
    """What the work gets: where it reports, whether it shall stop, and how it asks the user for a password."""

    listener: Callable[[Event], None]
    cancel: Cancel
    say: Callable[[str], None]
    ask: Callable[[str], str | None]


Work = Callable[[Handle], Any]


class _Worker(QThread):
    """Runs the work; everything it says goes through the job's queue."""

    def __init__(self, job: "Job") -> None:
        super().__init__()
        self._job = job

    def run(self) -> None:
        self._job.work_in_thread()


class Job(QObject):
    """One piece of work with its progress, its log and its result, which stays.

    `key` names what it works on: two jobs of one key never run together. `quiet`: not shown in the list of jobs.
    `secrets` are masked in the log. Signals come in the GUI's thread.
    """

    changed = pyqtSignal()
    event = pyqtSignal(object)
    succeeded = pyqtSignal(object)
    failed = pyqtSignal(object)
    ended = pyqtSignal(object)
    asked = pyqtSignal(str)
    _arrived = pyqtSignal()

    def __init__(
        self, title: str, work: Work, *, key: str = "", quiet: bool = False, secrets: tuple[str, ...] = ()
    ) -> None:
        super().__init__()
        self.title, self.key, self.quiet = title, key, quiet
        self.state: State = "waiting"
        self.cancel = Cancel()
        self.log: deque[str] = deque(maxlen=_LOG_LINES)
        self.current: Event | None = None
        self.steps = self.count = 0  # which step of how many; `count` 0 while that is not known
        self.result: object = None
        self.error: ToolkitError | None = None
        self.started_at = self.took = 0.0
        self.holding = ""  # set by work that goes on until it is stopped (a running fleet): what is going on
        self._work = work
        self._secrets = tuple(secret for secret in secrets if secret)
        self._queue: deque[Event | str] = deque()
        self._pending = threading.Event()
        self._answer: str | None = None
        self._answered = threading.Event()
        self._step_began = 0.0
        self._thread = _Worker(self)
        self._arrived.connect(self._drain)
        self._thread.finished.connect(self._finish)

    # --- in the GUI's thread

    def start(self) -> None:
        self.state, self.started_at = "running", time.monotonic()
        self._thread.start()
        self.changed.emit()

    def stop(self) -> None:
        """Ask it to end; it does at its next report."""
        self.cancel.set()
        self._answered.set()
        self.changed.emit()

    def answer(self, password: str | None) -> None:
        """The user's answer to `asked`."""
        if password:
            self._secrets += (password,)
        self._answer = password
        self._answered.set()

    @property
    def stopping(self) -> bool:
        return self.state == "running" and self.cancel.wanted

    @property
    def fraction(self) -> float | None:
        """How far the current step is, None while that is not known."""
        if self.state in ("done", "cancelled", "failed"):
            return 1.0
        now = self.current
        return min(1.0, now.done / now.total) if now and now.total else None

    @property
    def left_s(self) -> float | None:
        """Seconds until the current step ends, from the speed it had so far."""
        now = self.current
        passed = time.monotonic() - self._step_began
        if self.state != "running" or now is None or not now.total or not 0 < now.done < now.total or passed < 1:
            return None
        return passed / now.done * (now.total - now.done)

    def line(self) -> str:
        """What is going on, or how it ended, in one line."""
        if self.state == "done":
            return tr("Done in {time}", time=text.span(self.took))
        if self.state == "cancelled":
            return tr("Stopped after {time}", time=text.span(self.took))
        if self.state == "failed":
            return self.error.message if self.error else tr("Failed")
        if self.stopping:
            return tr("Stopping at the next safe point ...")
        if self.holding:
            return self.holding
        now = self.current
        if now is None:
            return tr("Starting ...")
        parts = [self._step_told(now.title)]
        if now.total:
            parts.append(amount(now))
        if self.left_s is not None:
            parts.append(tr("{time} left", time=text.span(self.left_s)))
        return "  \u00b7  ".join(parts)

    def _step_told(self, title: str) -> str:
        if not self.steps:
            return title
        if self.count:
            return tr("Step {number} of {count}: {title}", number=self.steps, count=self.count, title=title)
        return tr("Step {number}: {title}", number=self.steps, title=title)

    def report(self) -> str:
        """All there is to tell, for a bug report; secrets are masked."""
        lines = [self.title, f"{self.state}, {self.took:.1f} s", *self.log]
        if self.error:
            lines += [f"{self.error.type}: {self.error.message}", self.error.hint]
            lines += [f"{name}: {value}" for name, value in self.error.facts.items()]
        return self._masked("\n".join(lines))

    def wait(self, seconds: float) -> bool:
        """Whether its thread has ended within this time."""
        return bool(self._thread.wait(int(seconds * 1000)))

    def _drain(self) -> None:
        self._pending.clear()
        for _ in range(len(self._queue)):
            item = self._queue.popleft()
            if isinstance(item, str):
                self.log.append(self._masked(item))
            else:
                self._take(item)
        self.changed.emit()

    def _take(self, event: Event) -> None:
        before = self.current
        if event.kind == "start":
            self.steps = event.number or self.steps + 1
            self.count = event.count
            self.log.append(f"{event.title} ...")
        elif event.kind != "progress":
            told = f" ({event.note})" if event.note else ""
            self.log.append(self._masked(f"{event.title}: {event.kind}, {event.seconds:.2f} s{told}"))
        if before is None or before.step != event.step or event.kind == "start":
            self._step_began = time.monotonic()
        if event.kind in ("start", "progress"):
            self.current = event
        self.event.emit(event)

    def _finish(self) -> None:
        self._thread.wait()
        self._drain()
        self.took = time.monotonic() - self.started_at
        if self.error is None:
            self.state = "done"
        else:
            self.state = "cancelled" if isinstance(self.error, CancelledByUser) else "failed"
        self.holding = ""
        self.changed.emit()
        if self.state == "done":
            self.succeeded.emit(self.result)
        else:
            self.failed.emit(self.error)
        self.ended.emit(self)

    def _masked(self, line: str) -> str:
        for secret in self._secrets:
            line = line.replace(secret, _HIDDEN)
        return line

    # --- in the job's thread

    def work_in_thread(self) -> None:
        """The work, with every failure turned into one of ours."""
        try:
            self.result = self._work(Handle(self._say, self.cancel, self._say, self._ask))
        except ToolkitError as error:
            self.error = error
        except Exception as error:
            from devtoolkit.services.datafile import of_the_machine  # late: seldom needed

            told = of_the_machine(error) if isinstance(error, OSError) else None
            if told is not None:
                self.error = told
                return
            self._say(traceback.format_exc())
            self.error = UnexpectedError(
                tr("Something went wrong that nobody foresaw: {kind}.", kind=type(error).__name__),
                hint=tr("Try it once more. If it happens again, copy the report and send it to the developers."),
                details=traceback.format_exc(),
            )

    def _say(self, item: Event | str) -> None:
        self._queue.append(item)
        if not self._pending.is_set():
            self._pending.set()
            self._arrived.emit()

    def _ask(self, name: str) -> str | None:
        """Wait for the user's answer; None when the job is stopped meanwhile."""
        self._answer = None
        self._answered.clear()
        if self.cancel.wanted:
            return None
        self.asked.emit(name)
        self._answered.wait()
        return self._answer


def amount(event: Event) -> str:
    """How much of the step is done."""
    if event.total < _BYTES_FROM:
        return tr("{done} of {total}", done=event.done, total=event.total)
    return tr("{done} of {total}", done=text.size(event.done), total=text.size(event.total))
