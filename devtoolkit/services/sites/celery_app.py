"""The Celery application that both ends share. Only what uses a broker imports this."""

import importlib.util
import ssl
from pathlib import Path
from typing import Any

from devtoolkit import extras
from devtoolkit.errors import BrokerError, ToolError
from devtoolkit.services.sites.broker import Broker
from devtoolkit.services.sites.jobs import KINDS

APP = "micros_sites"
TASKS = {kind: f"micros.{kind}" for kind in KINDS}
VISIBLE_S = 6 * 3600  # longer than any job; a worker that starts takes its predecessor's jobs back at once
RESULTS_S = 7 * 86400  # until collected, or so long
_CONNECT_S = 5.0


def queue_of(site: str) -> str:
    """The name of a site's queue."""
    return f"micros.site.{site}"


def cancel_key(number: str) -> str:
    """Where it stands that a job was called off."""
    return f"micros:cancelled:{number}"


def require() -> None:
    """Raises ToolError that says what to install."""
    missing = [name for name in ("celery", "redis", "cryptography") if importlib.util.find_spec(name) is None]
    if missing:
        raise ToolError(
            f"Work across sites needs packages that are not installed: {', '.join(missing)}.",
            hint=f"Install them with: {extras.command('sites')}",
            missing=missing,
        )


def make(broker: Broker, site: str = "") -> Any:
    """A Celery application without any task; `site` for a worker. Raises ToolError and BrokerError."""
    require()
    import celery

    app = celery.Celery(APP, set_as_current=False, loader="devtoolkit.services.sites.store:Loader")
    app.conf.update(_settings(broker, site))
    if broker.signed:
        _sign(app, broker)
    return app


def client_of(app: Any) -> Any:
    """The connection to the Redis that keeps results and the list of sites."""
    return app.backend.client


def away_errors() -> tuple[type[Exception], ...]:
    """What is raised when the broker or the store of results cannot be reached, or refuses."""
    from amqp.exceptions import AMQPError
    from kombu.exceptions import OperationalError
    from redis.exceptions import RedisError

    return (RedisError, OperationalError, AMQPError, OSError)


def refused_errors() -> tuple[type[Exception], ...]:
    """What is raised for a message that is unsigned, signed by a stranger, or damaged."""
    from celery.exceptions import SecurityError
    from kombu.exceptions import KombuError

    return (SecurityError, KombuError, ValueError, LookupError)


def _transport(broker: Broker, site: str) -> dict[str, Any]:
    """Options of the connection. A worker keeps what it has taken and not acknowledged apart from other sites'."""
    options: dict[str, Any] = {"socket_connect_timeout": _CONNECT_S}
    if broker.url.startswith("redis"):
        options["visibility_timeout"] = VISIBLE_S
        if site:
            unacked = f"{queue_of(site)}.unacked"
            keys = {"unacked_key": "", "unacked_index_key": "_index", "unacked_mutex_key": "_mutex"}
            options |= {key: unacked + ending for key, ending in keys.items()}
    return options


def _settings(broker: Broker, site: str) -> dict[str, Any]:
    """Celery's configuration: nothing is pickled, nothing lost with a worker, nothing controlled from outside."""
    serializer = "auth" if broker.signed else "json"
    return {
        "broker_url": broker.url,
        "broker_transport_options": _transport(broker, site),
        "broker_use_ssl": _tls(broker, broker.url),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_connection_timeout": _CONNECT_S,
        "result_backend": broker.results,
        "redis_backend_use_ssl": _tls(broker, broker.results),
        "redis_socket_connect_timeout": _CONNECT_S,
        "redis_socket_timeout": 4 * _CONNECT_S,
        "result_backend_always_retry": True,  # an answer outlives a broker that restarts
        "result_expires": RESULTS_S,
        "task_serializer": serializer,
        "result_serializer": serializer,
        "event_serializer": serializer,
        "accept_content": [serializer],
        "result_accept_content": [serializer],
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_track_started": True,
        "worker_prefetch_multiplier": 1,
        "worker_enable_remote_control": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_redirect_stdouts": False,
        "worker_send_task_events": False,
    }


def _tls(broker: Broker, url: str) -> dict[str, Any] | None:
    """The server's certificate is always checked."""
    if not url.startswith(("rediss:", "amqps:")):
        return None
    prefix = "ssl_" if url.startswith("rediss:") else ""
    names = {"ca_certs": broker.tls_ca, "certfile": broker.tls_certificate, "keyfile": broker.tls_key}
    chosen: dict[str, Any] = {f"{prefix}{name}": path for name, path in names.items() if path}
    return {f"{prefix}cert_reqs": ssl.CERT_REQUIRED, **chosen}


def _sign(app: Any, broker: Broker) -> None:
    app.conf.update(
        security_key=broker.signing_key,
        security_certificate=broker.signing_certificate,
        security_cert_store=str(Path(broker.signing_trusted) / "*.pem"),
    )
    try:
        app.setup_security()
    except Exception as error:  # celery's, cryptography's and OSError: all say what is wrong with a file
        raise BrokerError(f"The signing files cannot be used: {error}.", hint="See docs/guide/sites.md.") from error
