"""Serves a gateway until it is told to stop."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable

import uvicorn

from devtoolkit.errors import UsageError
from devtoolkit.gateway.app import create_app, gateway_in
from devtoolkit.gateway.settings import GatewaySettings
from devtoolkit.gateway.state import Gateway

_GRACE_S = 5
_BACKLOG = 256
_MOST_CONNECTIONS = 1000  # half the usual limit of open files: nodes need the other half

OnReady = Callable[[str], object]


class _Server(uvicorn.Server):
    """Ends the streams first: nobody else would, and uvicorn waits for them."""

    end_streams: Callable[[], object] = staticmethod(lambda: None)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.end_streams()
        await super().shutdown(sockets)


def serve(settings: GatewaySettings, on_ready: OnReady = lambda _url: None) -> None:
    """Listen until SIGINT or SIGTERM. `on_ready` gets the address. Raises UsageError when it cannot be listened on."""
    # uvicorn hears them while it serves, and raises them again after a clean end
    before = {number: signal.signal(number, lambda _number, _frame: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        asyncio.run(serve_async(settings, on_ready))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def serve_async(
    settings: GatewaySettings,
    on_ready: OnReady = lambda _url: None,
    stop: asyncio.Event | None = None,
    on_gateway: Callable[[Gateway], object] = lambda _gateway: None,
) -> None:
    """As `serve`, inside a running event loop; signals are heard in the main thread only, `stop` everywhere.

    `on_gateway` gets what runs, before `on_ready` is called.
    """
    door = _listen(settings)
    app = create_app(settings)
    on_gateway(gateway_in(app))
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # paths may hold secrets; `app.Observed` logs routes
        proxy_headers=False,  # who a header says it is, is not who it is
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        limit_concurrency=_MOST_CONNECTIONS,
        lifespan="on",
    )
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    server = _Server(config)
    server.end_streams = _streams_of(gateway_in(app))
    host, port = door.getsockname()[:2]
    on_ready(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
    waiter = asyncio.ensure_future(_stop_at(stop, server)) if stop else None
    try:
        await server.serve(sockets=[door])
    finally:
        door.close()
        if waiter:
            waiter.cancel()


async def _stop_at(stop: asyncio.Event, server: uvicorn.Server) -> None:
    await stop.wait()
    server.should_exit = True


def _streams_of(gateway: Gateway) -> Callable[[], object]:
    def end() -> None:
        gateway.events.close()
        for job in gateway.jobs.all():
            job.events.close()

    return end


def _listen(settings: GatewaySettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # With the protocol named asyncio switches Nagle's algorithm off; head and body would lie 40 ms apart otherwise.
    door = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((settings.host, settings.port))
        door.listen(_BACKLOG)
    except OSError as error:
        door.close()
        raise UsageError(
            f"{settings.host}:{settings.port} cannot be listened on: {error.strerror or error}.",
            hint="Another gateway may run; choose another --port.",
        ) from error
    return door
