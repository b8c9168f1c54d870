"""The application: route groups, middleware, and what runs beside them."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from devtoolkit import __version__
from devtoolkit.gateway import problems
from devtoolkit.gateway.app_files import STATIC
from devtoolkit.gateway.guard import Guard
from devtoolkit.gateway.metrics import Metrics
from devtoolkit.gateway.registry import groups
from devtoolkit.gateway.settings import GatewaySettings
from devtoolkit.gateway.state import Gateway, build, guarded

_LOG = logging.getLogger(__name__)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'self'",
    "Cache-Control": "no-store",
}
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})  # others are counted as one


def create_app(settings: GatewaySettings) -> FastAPI:
    """A gateway that is not listening yet. Call it in the event loop that will serve it."""
    gateway = build(settings)
    found = groups()

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        work = [
            asyncio.ensure_future(guarded(name, group.background, gateway)) for name, group in found if group.background
        ]
        try:
            yield
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await gateway.close()

    app = FastAPI(
        title="micrOS gateway",
        version=__version__,
        description="micrOS nodes over HTTP. Events come as text/event-stream to those who accept it.",
        docs_url=None,  # a page of our own: FastAPI's loads its scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.gateway = gateway
    for _name, group in found:
        if group.router:
            app.include_router(group.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    problems.install(app)
    app.add_middleware(Guard, settings=settings, throttle=gateway.throttle, on_refused=gateway.metrics.refused)
    app.add_middleware(Observed, metrics=gateway.metrics)
    return app


def gateway_in(app: FastAPI) -> Gateway:
    """The gateway behind an application."""
    found: Gateway = app.state.gateway
    return found


class Observed:
    """ASGI middleware: counts, logs (the route, never the path: it may hold a secret) and safe headers."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            taken, route = time.monotonic() - began, _route(scope)
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.requested(method, route, status, taken)
            _LOG.info("%s %s %s %.3f s", method, route, status, taken)


def _route(scope: Scope) -> str:
    """The route's template; one word for everything else, so that a scanner cannot fill the memory."""
    path = getattr(scope.get("route"), "path", None)
    if path:
        return str(path)
    return "/static" if scope["path"].startswith("/static/") else "other"
