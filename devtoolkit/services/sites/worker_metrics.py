"""What a site worker does, in numbers for Prometheus, on a port of loopback.

It listens to Celery's signals; prometheus_client is not loaded before `start`. Each sample has the label `site`.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from devtoolkit import __version__, extras
from devtoolkit.errors import ToolError, UsageError
from devtoolkit.services.sites.jobs import KINDS
from devtoolkit.settings import LOOPBACK

if TYPE_CHECKING:
    from prometheus_client.core import Metric

OUTCOMES = ("done", "failed", "retried", "refused")
_UNFINISHED = {"RETRY": "retried", "REJECTED": "refused"}  # Celery's states; what has no outcome of ours has failed
_REFUSED = "RefusedJob"  # the failure that a task answers to an order which is none
_BAD_UPDATES = ("failed", "rolled_back", "not_started")
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
_PREFIX = "micros."  # of a task's name; the rest is the operation
_MAX_AGE_S = 2.0  # several scrapers share one look into the broker

Waiting = Callable[[], int | None]


class WorkerMetrics:
    """One worker's registry. `waiting` gives the length of its queue, None when the broker is away; it may block."""

    def __init__(self, site: str, waiting: Waiting) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector

        self._site, self._waiting = site, waiting
        self._running: dict[str, float] = {}
        self._lock = threading.Lock()
        self.registry = CollectorRegistry()
        labels = ("site", "operation", "outcome")
        self._tasks = Counter("micros_site_tasks", "Tasks taken from the queue", labels, registry=self.registry)
        self._nodes = Counter("micros_site_nodes", "Nodes that tasks worked on", labels, registry=self.registry)
        self._seconds = Histogram(
            "micros_site_task_duration_seconds",
            "From the first step of a task to its result",
            labels[:2],
            buckets=_SECONDS,
            registry=self.registry,
        )
        info = Gauge("micros_site_info", "Version of the toolkit", ("site", "version"), registry=self.registry)
        info.labels(site, __version__).set(1)
        # Series that begin with their first event would hide it from `increase`.
        for operation in KINDS:
            self._seconds.labels(site, operation)
            for outcome in OUTCOMES:
                self._tasks.labels(site, operation, outcome)
            for outcome in OUTCOMES[:2]:
                self._nodes.labels(site, operation, outcome)
        self._tasks.labels(site, "unknown", "refused")
        self.registry.register(_Queue(self))
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)

    def began(self, task_id: str) -> None:
        """The task's first step."""
        with self._lock:
            self._running[task_id] = time.monotonic()

    def ended(self, task_id: str, name: str, outcome: str, done: int = 0, failed: int = 0) -> None:
        """A task has ended as one of OUTCOMES; how many of its nodes did what was asked, and how many did not."""
        operation = self._operation(name)
        with self._lock:
            began = self._running.pop(task_id, None)
        self._tasks.labels(self._site, operation, outcome).inc()
        if began is not None:
            self._seconds.labels(self._site, operation).observe(time.monotonic() - began)
        for word, count in zip(OUTCOMES, (done, failed), strict=False):
            if count:
                self._nodes.labels(self._site, operation, word).inc(count)

    def refused(self, name: str = "") -> None:
        """A message that is no task of this worker's, or not from whom it may come."""
        self._tasks.labels(self._site, self._operation(name), "refused").inc()

    def state(self) -> tuple[str, int, int | None]:
        """Site, running tasks, and the length of the queue if the broker tells it."""
        with self._lock:
            running = len(self._running)
        return self._site, running, self._waiting()

    def _operation(self, name: str) -> str:
        """One word for all that is none: a stranger's names shall not fill the memory."""
        operation = name.removeprefix(_PREFIX)
        return operation if operation in KINDS else "unknown"


class _Queue:
    """What is true at the moment of the scrape."""

    def __init__(self, metrics: WorkerMetrics) -> None:
        self._metrics = metrics
        self._seen: tuple[float, tuple[str, int, int | None]] | None = None
        self._lock = threading.Lock()

    def collect(self) -> Iterator["Metric"]:
        from prometheus_client.core import GaugeMetricFamily

        site, running, waiting = self._state()
        for name, text, value in (
            ("micros_site_broker_up", "1: the broker answers this worker", float(waiting is not None)),
            ("micros_site_tasks_running", "Tasks it works on", running),
            ("micros_site_queue_length", "Tasks in the site's queue that nobody has taken", waiting),
        ):
            family = GaugeMetricFamily(name, text, labels=("site",))
            if value is not None:
                family.add_metric((site,), value)
            yield family

    def describe(self) -> Iterator["Metric"]:
        return iter(())

    def _state(self) -> tuple[str, int, int | None]:
        with self._lock:
            now = time.monotonic()
            if self._seen is None or now - self._seen[0] > _MAX_AGE_S:
                self._seen = (now, self._metrics.state())
            return self._seen[1]


def start(app: Any, site: str, port: int, waiting: Waiting) -> Callable[[], None]:
    """Count what this process does for the site and answer `/metrics`; what is given ends both.

    To be called before the worker is made. Raises ToolError without prometheus_client, UsageError for a taken port.
    """
    require()
    metrics = WorkerMetrics(site, waiting)
    _url, stop = serve(metrics, port)
    detach = attach(metrics)
    app.steps["consumer"].add(_counting_damaged(metrics))

    def end() -> None:
        detach()
        stop()

    return end


def attach(metrics: WorkerMetrics) -> Callable[[], None]:
    """Count what Celery tells of tasks in this process; the answer ends that."""
    from celery import signals

    def begins(task_id: str = "", **_more: object) -> None:
        metrics.began(task_id)

    def ends(task_id: str = "", task: Any = None, **told: Any) -> None:
        metrics.ended(task_id, getattr(task, "name", ""), *read(told["state"], told["retval"], told["args"]))

    def strange(message: Any = None, **_more: object) -> None:
        metrics.refused(_task_of(message))

    heard = (
        (signals.task_prerun, begins),
        (signals.task_postrun, ends),
        (signals.task_unknown, strange),
        (signals.task_rejected, strange),
    )
    for signal, receiver in heard:
        signal.connect(receiver, weak=False)

    def detach() -> None:
        for signal, receiver in heard:
            signal.disconnect(receiver)

    return detach


def _counting_damaged(metrics: WorkerMetrics) -> Any:
    """A step of the consumer: a message whose signature is wrong is refused without a signal."""
    from celery import bootsteps

    class CountDamaged(bootsteps.Step):  # type: ignore[misc]  # Celery has no types
        def __init__(self, consumer: Any, **more: Any) -> None:
            super().__init__(consumer, **more)
            refuse = consumer.on_decode_error

            def counted(message: Any, error: Exception) -> None:
                metrics.refused(_task_of(message))
                refuse(message, error)

            consumer.on_decode_error = counted

    return CountDamaged


def _task_of(message: Any) -> str:
    headers = getattr(message, "headers", None)
    return str(headers.get("task", "")) if isinstance(headers, dict) else ""


def read(state: str, result: Any, arguments: Any) -> tuple[str, int, int]:
    """One of OUTCOMES, and how many of the task's nodes did what was asked and how many did not."""
    if state != "SUCCESS":
        return _UNFINISHED.get(state, "failed"), 0, 0
    failure = result.get("failure")
    if failure:
        refused = failure.get("type") == _REFUSED
        return ("refused", 0, 0) if refused else ("failed", 0, _meant(arguments))
    bad = sum(map(_is_bad, result["answers"]))
    return "done", len(result["answers"]) - bad, bad


def _is_bad(answer: dict[str, Any]) -> bool:
    return bool(
        answer.get("failure") or answer.get("outcome") in _BAD_UPDATES or answer.get("status", "ONLINE") != "ONLINE"
    )


def _meant(arguments: Any) -> int:
    """The nodes of an order that was accepted."""
    with contextlib.suppress(LookupError, TypeError):
        job = arguments[0]["job"]
        return len(job["uids"]) if "uids" in job else int("uid" in job)
    return 0


def serve(metrics: WorkerMetrics, port: int) -> tuple[str, Callable[[], None]]:
    """Answer `/metrics` on loopback: address, and what ends it. Raises UsageError for a port that is taken.

    Nobody is asked for a password, so nobody but this machine can ask.
    """
    from prometheus_client import start_http_server

    try:
        server, thread = start_http_server(port, LOOPBACK, metrics.registry)
    except OSError as error:
        raise UsageError(
            f"{LOOPBACK}:{port} cannot be listened on: {error.strerror or error}.", hint="Choose another --metrics."
        ) from error

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return f"http://{LOOPBACK}:{server.server_port}/metrics", stop


def require() -> None:
    """Raises ToolError that says what to install."""
    import importlib.util

    if importlib.util.find_spec("prometheus_client") is None:
        raise ToolError("--metrics needs the package prometheus-client.", hint=extras.command("gateway"))
