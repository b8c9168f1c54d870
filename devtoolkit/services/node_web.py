"""A node's web server: single requests and endless streams of parts. Blocking."""

import base64
import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from devtoolkit import paths
from devtoolkit.errors import BadReplyError, NodeUnreachableError
from devtoolkit.model.device import Device
from devtoolkit.services import secrets
from devtoolkit.simulator import registry

WEB_PORT = 80
_LIMIT_S = 10.0  # for a connection, and for the next bytes
_MOST = 4 << 20  # bytes of one reply or part: a picture of the largest sensor has 1 MB
_PIECE = 4096


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply; `kind` is its content type."""

    status: int
    kind: str
    body: bytes


def web_port(device: Device) -> int:
    """80, or where a virtual board has its web server instead when port 80 needs rights that its user has not."""
    for one in registry.identities(paths.simulator()):
        if one.uid.lower() == device.uid.lower() and one.ip == device.ip:
            return one.ports.get(str(WEB_PORT), WEB_PORT)
    return WEB_PORT


def get(device: Device, path: str, password: str | None = None, port: int | None = None) -> Answer:
    """GET of a path on a connection of its own. Raises NodeUnreachableError and BadReplyError.

    `password`: None for the kept one. `port`: None for where the node has its web server.
    """
    with _request(device, path, password, port) as reply:
        body = reply.read(_MOST + 1)
        if len(body) > _MOST:
            raise _bad(device, path, "does not end")
        return Answer(reply.status, reply.getheader("Content-Type", ""), body)


class PartStream:
    """The parts of a `multipart` stream: `with PartStream(device, "/cam/stream") as parts: for part in parts: ...`

    A part is (content type, bytes). Raises NodeUnreachableError and BadReplyError.
    """

    def __init__(self, device: Device, path: str, password: str | None = None) -> None:
        self._device = device
        self._path = path
        self._context = _request(device, path, password)
        self._data = b""
        self._mark = b""

    def __enter__(self) -> Self:
        self._reply = self._context.__enter__()
        kind = self._reply.getheader("Content-Type", "")
        _, _, boundary = kind.partition("boundary=")
        if self._reply.status != http.client.OK or not boundary:
            text = self._reply.read(200).decode("utf-8", "replace")
            self._context.__exit__(None, None, None)
            raise _bad(self._device, self._path, f"is no stream: status {self._reply.status}, {text}")
        self._mark = b"\r\n--" + boundary.strip('"').encode()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._context.__exit__(kind, error, at)

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """The parts as they come; a part is known to be whole when the next one begins. Ends with the stream."""
        while True:
            while self._data.count(self._mark) < 2:
                if not self._more():
                    return
            _, part, rest = self._data.split(self._mark, 2)
            self._data = self._mark + rest
            head, _, body = part.partition(b"\r\n\r\n")
            yield head.decode("latin-1").rpartition(": ")[2].strip(), body

    def _more(self) -> bool:
        try:
            piece = self._reply.read1(_PIECE)
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(self._device, self._path, error) from error
        self._data += piece
        if len(self._data) > _MOST:
            raise _bad(self._device, self._path, "has a part that does not end")
        return bool(piece)


@contextmanager
def _request(
    device: Device, path: str, password: str | None, port: int | None = None
) -> Iterator[http.client.HTTPResponse]:
    """The reply, its body unread. The password goes over the network only when the node asks for it."""
    connection = http.client.HTTPConnection(device.ip, port or web_port(device), timeout=_LIMIT_S)
    try:
        reply = _reply(connection, device, path, {})
        if reply.status == http.client.UNAUTHORIZED:
            known = password if password is not None else secrets.password_of(device.uid)
            if known is not None:
                reply.read(_MOST)
                basic = base64.b64encode(f"micrOS:{known}".encode()).decode()
                reply = _reply(connection, device, path, {"Authorization": f"Basic {basic}"})
        yield reply
    finally:
        connection.close()


def _reply(
    connection: http.client.HTTPConnection, device: Device, path: str, headers: dict[str, str]
) -> http.client.HTTPResponse:
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(device, path, error) from error


def _unreachable(device: Device, path: str, error: Exception) -> NodeUnreachableError:
    why = f"{type(error).__name__} {error}".strip()
    return NodeUnreachableError(
        f"The web server of {device.fuid} does not answer {path}: {why}.",
        hint="Is webui on? -nc set --key webui=True, then restart the node.",
        node=device.fuid,
        path=path,
    )


def _bad(device: Device, path: str, what: str) -> BadReplyError:
    hint = "Is the node's system older than this toolkit?"
    return BadReplyError(f"{path} of {device.fuid} {what}", hint=hint, node=device.fuid, path=path)
