"""A gateway inside another program that runs on: tells how it goes, and ends when it is told to."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from devtoolkit.gateway.metrics import Metrics
from devtoolkit.gateway.server import OnReady, serve_async
from devtoolkit.gateway.settings import GatewaySettings
from devtoolkit.gateway.state import Gateway
from devtoolkit.services.cache_entries import RESERVED

_TICK_S = 0.1  # how soon the end is noticed
_TELL_S = 1.0
_REQUESTS, _REFUSED = "micros_gateway_http_requests_total", "micros_gateway_auth_failures_total"
_LOGGERS = ("devtoolkit.gateway", "uvicorn.error")


@dataclass(frozen=True, slots=True)
class Condition:
    """How a running gateway is. `nodes`: name, address and state (empty: not asked yet) of those it serves."""

    requests: int
    failed: int  # answered with a status from 500
    refused: int  # wrong credentials
    nodes: tuple[tuple[str, str, str], ...]


def serve(
    settings: GatewaySettings,
    on_ready: OnReady,
    tell: Callable[[Condition], object],
    log: Callable[[str], object],
    ended: Callable[[], bool],
) -> None:
    """Serve until `ended` says so. Blocks; everything is called in this thread. Raises as `server.serve`."""
    with _heard(log):
        asyncio.run(_serve(settings, on_ready, tell, ended))


async def _serve(
    settings: GatewaySettings, on_ready: OnReady, tell: Callable[[Condition], object], ended: Callable[[], bool]
) -> None:
    stop, gateways = asyncio.Event(), list[Gateway]()
    life = asyncio.ensure_future(serve_async(settings, on_ready, stop, gateways.append))
    told_at = 0.0
    while not life.done():
        await asyncio.wait((life,), timeout=_TICK_S)
        if ended():
            stop.set()
        elif gateways and time.monotonic() - told_at >= _TELL_S:
            told_at = time.monotonic()
            tell(await _condition(gateways[0]))
    life.result()


async def _condition(gateway: Gateway) -> Condition:
    devices, _facts = await asyncio.to_thread(gateway.cache.snapshot)
    states = {one.device.uid: one.device.status or "" for one in gateway.survey.reports}
    nodes = tuple((one.fuid, one.ip, states.get(one.uid, "")) for one in devices if one.uid not in RESERVED)
    return Condition(*_counted(gateway.metrics), nodes)


def _counted(metrics: Metrics) -> tuple[int, int, int]:
    """Requests, those that failed in the gateway itself, wrong credentials."""
    requests = failed = refused = 0
    for metric in metrics.registry.collect():
        for sample in metric.samples:
            if sample.name == _REQUESTS:
                requests += int(sample.value)
                failed += int(sample.value) if sample.labels["status"].startswith("5") else 0
            elif sample.name == _REFUSED:
                refused += int(sample.value)
    return requests, failed, refused


class _Listener(logging.Handler):
    def __init__(self, log: Callable[[str], object]) -> None:
        super().__init__(logging.INFO)
        self._log = log
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        record = logging.makeLogRecord({**record.__dict__, "exc_info": None, "exc_text": None})
        self._log(self.format(record))


@contextmanager
def _heard(log: Callable[[str], object]) -> Iterator[None]:
    """What the gateway logs from INFO on goes to `log` as well, without tracebacks."""
    handler, before = _Listener(log), {name: logging.getLogger(name).level for name in _LOGGERS}
    for name in _LOGGERS:
        logging.getLogger(name).addHandler(handler)
    logging.getLogger(_LOGGERS[0]).setLevel(logging.INFO)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).removeHandler(handler)
            logging.getLogger(name).setLevel(level)
