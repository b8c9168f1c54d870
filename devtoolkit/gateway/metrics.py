"""The gateway's own numbers and those of all nodes, as Prometheus reads them. The names are part of the interface.

Node values come from the last round of the survey; what a node did not say is absent. A gateway that knows its site
says so with a label `site` of its info and of all node metrics; without one there is no such label.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from devtoolkit import __version__
from devtoolkit.gateway.jobs import Jobs
from devtoolkit.model.device import Status
from devtoolkit.services.sessions import Sessions
from devtoolkit.services.survey import NodeReport, Survey

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_NODE = ("uid", "fuid")
_STATES: tuple[Status, ...] = get_args(Status)

Value = Callable[[NodeReport], float | None]
_GAUGES: tuple[tuple[str, str, Value], ...] = (
    ("micros_node_up", "1: it answered in this round", lambda one: float(one.up)),
    ("micros_node_healthy", "1: it answered and its error log is empty", lambda one: float(one.healthy)),
    (
        "micros_node_latency_seconds",
        "Time of its answer to hello",
        lambda one: one.device.latency_s if one.up else None,
    ),
    ("micros_node_memory_used_ratio", "Used share of the heap", lambda one: one.memory_used),
    ("micros_node_filesystem_used_ratio", "Used share of the file system", lambda one: one.fs_used),
    ("micros_node_cpu_temperature_celsius", "Temperature of the chip", lambda one: one.cpu_celsius),
    ("micros_node_uptime_seconds", "Time since boot", lambda one: one.uptime_s),
    ("micros_node_alarms", "Entries of its error log", lambda one: one.alarms),
    ("micros_node_last_seen_timestamp_seconds", "Unix time of its last answer", lambda one: one.last_seen),
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the numbers are read from."""

    survey: Survey
    sessions: Sessions
    jobs: Jobs
    site: str = ""


class _Gauge:
    """A gauge whose samples end with the label `site`, if there is one."""

    def __init__(self, site: str, name: str, text: str, labels: Sequence[str]) -> None:
        self._site = (site,) if site else ()
        self.family = GaugeMetricFamily(name, text, labels=(*labels, *("site" for _one in self._site)))

    def add(self, value: float, *labels: str) -> None:
        self.family.add_metric((*labels, *self._site), value)


class Metrics:
    """One gateway's registry; several gateways of one process do not share it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "micros_gateway_http_requests",
            "Requests answered",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "micros_gateway_http_request_duration_seconds",
            "Time until the whole answer was given to the client",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._commands = Counter(
            "micros_gateway_node_commands", "Sessions' worth of commands to nodes", ("outcome",), registry=self.registry
        )
        self._command_seconds = Histogram(
            "micros_gateway_node_command_duration_seconds",
            "From being asked to the node's last answer, waiting included",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._refused = Counter("micros_gateway_auth_failures", "Wrong credentials given", registry=self.registry)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is the template, `seconds` until all of the answer was given."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def commanded(self, outcome: str, seconds: float) -> None:
        """A session's worth of commands has ended; `outcome` as `services.sessions.outcome_of` names it."""
        self._commands.labels(outcome).inc()
        self._command_seconds.observe(seconds)

    def refused(self) -> None:
        """Wrong credentials were given."""
        self._refused.inc()

    def read(self, parts: Parts) -> None:
        """From now on the parts' state is in every scrape."""
        self.registry.register(_StateCollector(parts))

    def text(self) -> bytes:
        """The exposition, in Prometheus's text format."""
        return generate_latest(self.registry)


class _StateCollector(Collector):
    """What is true at the moment of the scrape."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        yield from _gateway(self._parts)
        yield from _nodes(self._parts.survey.reports, self._parts.site)

    def describe(self) -> Iterator[Metric]:
        return iter(())


def _gateway(parts: Parts) -> Iterator[Metric]:
    info = _Gauge(parts.site, "micros_gateway_info", "Version of the toolkit", ("version",))
    info.add(1, __version__)
    yield info.family
    places, kept, waiting = parts.sessions.counted()
    sessions = GaugeMetricFamily("micros_gateway_node_sessions", "Open sessions with nodes", labels=("state",))
    sessions.add_metric(("busy",), places)
    sessions.add_metric(("idle",), kept)
    yield sessions
    yield GaugeMetricFamily("micros_gateway_node_queue_waiting", "Callers waiting for a session", value=waiting)
    states: list[str] = [job.state for job in parts.jobs.all()]
    jobs = GaugeMetricFamily("micros_gateway_jobs", "Jobs by state, of those kept", labels=("state",))
    for state in ("running", "done", "failed", "cancelled"):
        jobs.add_metric((state,), states.count(state))
    yield jobs
    yield GaugeMetricFamily(
        "micros_gateway_round_duration_seconds", "Last round of asking all nodes", value=parts.survey.took_s
    )


def _nodes(reports: tuple[NodeReport, ...], site: str) -> Iterator[Metric]:
    counted = _Gauge(site, "micros_nodes", "Known nodes by state", ("status",))
    states: list[str] = [one.device.status for one in reports]
    for state in _STATES:
        counted.add(states.count(state), state)
    yield counted.family
    for name, text, value in _GAUGES:
        gauge = _Gauge(site, name, text, _NODE)
        for one in reports:
            found = value(one)
            if found is not None:
                gauge.add(found, one.device.uid, one.device.fuid)
        yield gauge.family
    yield _info(reports, site)
    yield _sensors(reports, site)


def _info(reports: tuple[NodeReport, ...], site: str) -> Metric:
    gauge = _Gauge(site, "micros_node_info", "What it is; always 1", (*_NODE, "ip", "version", "micropython"))
    for one in reports:
        device = one.device
        gauge.add(1, device.uid, device.fuid, device.ip, device.version or "", one.micropython or "")
    return gauge.family


def _sensors(reports: tuple[NodeReport, ...], site: str) -> Metric:
    gauge = _Gauge(
        site, "micros_node_sensor", "A number of a widget that only shows", (*_NODE, "module", "function", "key")
    )
    for one in reports:
        for item in {(item.module, item.function, item.key): item for item in one.readings}.values():
            gauge.add(item.value, one.device.uid, one.device.fuid, item.module, item.function, item.key)
    return gauge.family
