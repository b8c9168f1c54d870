"""Long work that a client starts and comes back for: its progress, its end, its result."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from devtoolkit.errors import CancelledByUser, ToolkitError
from devtoolkit.gateway.events import Events
from devtoolkit.pipelines.base import Cancel, Event, Listener
from devtoolkit.services.bulk import Failure, failure_of

_LOG = logging.getLogger(__name__)

State = Literal["running", "done", "failed", "cancelled"]
KEPT = 50  # finished jobs
RUNNING = 8
Work = Callable[[Listener, Cancel], Awaitable[object]]


class TooManyJobsError(ToolkitError):
    """As many jobs as may run at a time do."""


@dataclass(slots=True)
class Job:
    """One piece of work. `result` is what the service gave, `failure` why it did not work."""

    id: str
    kind: str
    title: str
    started: float
    state: State = "running"
    ended: float | None = None
    done: int = 0
    total: int = 0
    step: str = ""
    result: object = None
    failure: Failure | None = None
    events: Events = field(default_factory=Events)
    cancel: Cancel = field(default_factory=Cancel)


class Jobs:
    """The jobs of one event loop; the newest first. `events` hears of each beginning and end."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def all(self) -> tuple[Job, ...]:
        """Those that run and those that are kept, the newest first."""
        return tuple(reversed(self._jobs.values()))

    def find(self, wanted: str) -> Job | None:
        """By its id, None when it is not known (any more)."""
        return self._jobs.get(wanted)

    def start(self, kind: str, title: str, work: Work) -> Job:
        """Begin `work(listener, cancel)`; the listener may be called from any thread.

        A result with an `error` (work for several nodes) is a failed job. Raises TooManyJobsError.
        """
        if sum(job.state == "running" for job in self._jobs.values()) >= RUNNING:
            raise TooManyJobsError(f"{RUNNING} jobs run already.", hint="Wait for one to end, or cancel one.")
        job = Job(secrets.token_hex(8), kind, title, time.time())
        self._jobs[job.id] = job
        self._forget_old()
        self._tell(job)
        task = asyncio.ensure_future(self._run(job, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    async def close(self) -> None:
        """Ask all to stop at their next safe point; who does not within 5 s is left alone."""
        for job in self._jobs.values():
            job.cancel.set()
            job.events.close()
        if self._tasks:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, job: Job, work: Work) -> None:
        loop = asyncio.get_running_loop()

        def listen(event: Event) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended; nobody listens any more
                loop.call_soon_threadsafe(self._heard, job, event)

        try:
            job.result = await work(listen, job.cancel)
            error = getattr(job.result, "error", None)
            job.state = "failed" if isinstance(error, ToolkitError) else "done"
            job.failure = failure_of(error) if isinstance(error, ToolkitError) else None
        except CancelledByUser as stop:
            job.state, job.failure = "cancelled", failure_of(stop)
        except ToolkitError as error:
            job.state, job.failure = "failed", failure_of(error)
        except Exception as error:
            _LOG.exception("job %s failed", job.kind)
            job.state, job.failure = "failed", Failure("InternalError", f"internal error: {type(error).__name__}", "")
        finally:
            job.ended = time.time()
            if job.state == "running":
                job.state = "cancelled"
            self._tell(job)
            job.events.publish("end", {"state": job.state})
            job.events.close()

    @staticmethod
    def _heard(job: Job, event: Event) -> None:
        job.step, job.done, job.total = event.title, event.done, event.total
        facts: dict[str, object] = {"kind": event.kind, "step": event.step, "title": event.title}
        facts |= {"done": event.done, "total": event.total, "note": event.note}
        job.events.publish("progress", facts)

    def _tell(self, job: Job) -> None:
        self._events.publish("job", {"id": job.id, "kind": job.kind, "title": job.title, "state": job.state})

    def _forget_old(self) -> None:
        finished = [job.id for job in self._jobs.values() if job.state != "running"]
        for old in finished[: max(0, len(finished) - KEPT)]:
            del self._jobs[old]
