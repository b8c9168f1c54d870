"""A site's worker: takes the jobs of its own queue, does them with the nodes it reaches, and says that it is there."""

import contextlib
import logging
import platform
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from filelock import FileLock, Timeout

from devtoolkit import paths
from devtoolkit.errors import BrokerError
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.sites.attendance import Presence, card_of
from devtoolkit.services.sites.broker import Broker
from devtoolkit.services.sites.celery_app import away_errors, cancel_key, client_of, make, queue_of
from devtoolkit.services.sites.jobs import check_name
from devtoolkit.services.sites.journal import Journal
from devtoolkit.services.sites.tasks import SiteTasks

CONCURRENCY = 8  # jobs at a time: one access point's airtime is the limit
_LOOK_S = 3.0  # for the length of the queue, when Prometheus asks
_LOG = logging.getLogger(__name__)


def serve(
    name: str,
    broker: Broker,
    *,
    concurrency: int = CONCURRENCY,
    watch: bool = True,
    metrics_port: int | None = None,
    on_ready: Callable[[int], object] = lambda _nodes: None,
) -> None:
    """Serve this site until SIGTERM or Ctrl-C, which let the jobs in hand end. A broker that is away is waited for.

    `watch`: ask the site's nodes every minute. `metrics_port`: on loopback, for Prometheus. Raises ToolkitError when
    the site is served by another worker.
    """
    cache = DeviceCache(paths.device_cache())
    app = make(broker, check_name(name))
    journal = Journal()
    SiteTasks(name, cache, journal, lambda number: _called_off(app, number)).add_to(app)
    with _only_one(name):
        presence = Presence(app, cache, journal, card_of(name))
        presence.refuse_second()
        with _counted(app, name, metrics_port):
            _run(app, name, concurrency, presence, watch=watch, on_ready=on_ready)


@contextlib.contextmanager
def _counted(app: Any, name: str, port: int | None) -> Iterator[None]:
    if port is None:
        yield
        return
    from devtoolkit.services.sites import worker_metrics

    stop = worker_metrics.start(app, name, port, lambda: _waiting(app, name))
    try:
        yield
    finally:
        stop()


def _waiting(app: Any, name: str) -> int | None:
    """Jobs in the queue that nobody has taken; None when the broker is away."""
    with contextlib.suppress(*away_errors()), app.connection_for_read() as connection:
        connection.ensure_connection(max_retries=1, timeout=_LOOK_S)
        try:
            return int(connection.default_channel.queue_declare(queue_of(name), passive=True).message_count)
        except connection.channel_errors:  # an empty queue of Redis is none
            return 0
    return None


def _run(
    app: Any, name: str, concurrency: int, presence: Presence, *, watch: bool, on_ready: Callable[[int], object]
) -> None:
    from celery import signals
    from celery.exceptions import SecurityWarning

    warnings.filterwarnings("ignore", category=SecurityWarning)  # about pickle as root; nothing is unpickled here
    logging.getLogger("celery.app.trace").setLevel(logging.WARNING)  # it would log what the nodes have answered
    queue = queue_of(name)
    app.steps["consumer"].add(_taking_back(queue))
    worker = app.Worker(
        pool="threads",
        concurrency=concurrency,
        queues=[queue],
        hostname=f"{name}@{platform.node()}",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
        loglevel=logging.getLogger().getEffectiveLevel(),
    )

    def ready(**_: Any) -> None:
        presence.start(watch=watch)
        on_ready(len(presence.nodes()))

    signals.worker_ready.connect(ready, weak=False)
    try:
        worker.start()
    finally:
        signals.worker_ready.disconnect(ready)
        presence.stop()
    if worker.exitcode:
        raise BrokerError("The worker has ended with an error.", hint="See its log.")


def _taking_back(queue: str) -> Any:
    """What this site's worker had taken and not acknowledged, before it was killed or its broker was, is done now.

    Redis knows no connection that ends; without this the jobs would wait for the visibility timeout.
    """
    from celery import bootsteps

    class TakeBack(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
        requires = ("celery.worker.consumer.connection:Connection",)

        def start(self, consumer: Any) -> None:
            if consumer.connection.transport.driver_type != "redis":
                return  # RabbitMQ does it by itself
            channel = consumer.connection.default_channel
            tags = channel.client.zrange(channel.unacked_index_key, 0, -1)
            for tag in tags:
                channel.qos.restore_by_tag(tag.decode())
            if tags:
                _LOG.warning("%s jobs of %s were not finished; they are taken up again.", len(tags), queue)

    return TakeBack


def _called_off(app: Any, number: str) -> bool:
    with contextlib.suppress(*away_errors()):  # a job that is here is done, also while the broker is away
        return bool(client_of(app).exists(cancel_key(number)))
    return False


@contextlib.contextmanager
def _only_one(name: str) -> Iterator[None]:
    folder = paths.user_data() / "sites"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{name}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise BrokerError(f"The site {name} is served on this machine already.", hint="End the other one.") from error
    try:
        yield
    finally:
        lock.release()
