"""Who may ask: credentials, allowed networks, and no other web site through a visitor's browser.

The client's address is that of the TCP connection. Where a proxy passed the request on, it is the proxy's, and nothing
follows from it: neither headers that name another one nor the allowed networks are believed then.
"""

import base64
import binascii
import ipaddress
import math
import secrets
from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from devtoolkit.gateway.settings import GatewaySettings, is_loopback
from devtoolkit.gateway.throttle import Throttle

FREE_PATH = "/health"
_ACTING = ("/sendcmd/", "/webhooks/")  # a GET of these does something: no link of another site may lead there
_PROXY_HEADERS = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via"})


class Guard:
    """ASGI middleware; answers 401, 403 or 429 itself. `on_refused` hears of each wrong password."""

    def __init__(
        self, app: ASGIApp, settings: GatewaySettings, throttle: Throttle, on_refused: Callable[[], object]
    ) -> None:
        self._app = app
        self._settings = settings
        self._throttle = throttle
        self._on_refused = on_refused
        self._expected = f"{settings.user}:{settings.password}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] != FREE_PATH:
            refusal = self._refusal(scope, dict(scope["headers"]))
            if refusal:
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> JSONResponse | None:
        if _from_another_site(scope["path"], headers):
            return _answer(403, "ForbiddenError", "Another web site asked for this; it was not done.")
        proxied = not _PROXY_HEADERS.isdisjoint(headers)
        if not self._settings.protected:
            return self._refusal_without_credentials(headers, proxied=proxied)
        address = (scope.get("client") or ("", 0))[0]
        if not proxied and self._is_allowed(address):
            return None
        return self._check(address, headers.get(b"authorization", b""))

    @staticmethod
    def _refusal_without_credentials(headers: dict[bytes, bytes], *, proxied: bool) -> JSONResponse | None:
        """Only this machine: neither a proxy for others, nor a foreign name that leads here (DNS rebinding)."""
        if proxied or not is_loopback(_host_name(headers.get(b"host", b"localhost"))):
            return _answer(403, "ForbiddenError", "Without API_AUTH only this machine may ask, by a loopback address.")
        return None

    def _check(self, address: str, given: bytes) -> JSONResponse | None:
        wait = self._throttle.wait_s(address)
        if wait > 0:
            refusal = _answer(429, "TooManyTriesError", "Too many wrong passwords from this address; wait.")
            refusal.headers["Retry-After"] = str(math.ceil(wait))
            return refusal
        if not given:
            return _unauthorized("This needs a user name and a password.")
        if secrets.compare_digest(_decoded(given), self._expected):
            self._throttle.succeeded(address)
            return None
        self._throttle.failed(address)
        self._on_refused()
        return _unauthorized("Wrong user name or password.")

    def _is_allowed(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
            found = found.ipv4_mapped
        return any(found in network for network in self._settings.allow)


def _from_another_site(path: str, headers: dict[bytes, bytes]) -> bool:
    """What current browsers say about where a request comes from."""
    if headers.get(b"sec-fetch-site") not in (b"cross-site", b"same-site"):
        return False
    return headers.get(b"sec-fetch-mode") != b"navigate" or path.startswith(_ACTING)


def _host_name(header: bytes) -> str:
    text = header.decode("latin-1").strip()
    return text[1:].partition("]")[0] if text.startswith("[") else text.rpartition(":")[0] or text


def _decoded(header: bytes) -> bytes:
    """User and password of HTTP Basic; empty when there are none."""
    kind, _, value = header.partition(b" ")
    if kind.lower() != b"basic":
        return b""
    try:
        return base64.b64decode(value.strip(), validate=True)
    except binascii.Error:
        return b""


def _unauthorized(message: str) -> JSONResponse:
    refusal = _answer(401, "UnauthorizedError", message)
    refusal.headers["WWW-Authenticate"] = 'Basic realm="micrOS gateway", charset="UTF-8"'
    return refusal


def _answer(status: int, kind: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"type": kind, "message": message, "hint": ""}}, status)
