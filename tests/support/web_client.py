"""Raw HTTP to a node's web server: what is sent is bytes, what comes is taken apart here and nowhere else."""

import base64
import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device_heap import HeapNode
from device_node import Node

WEB_PORT = 8080  # the node's port 80 lies here: below 1024 only root may bind
PORTS = {"80": WEB_PORT}
STREAM_BOUNDARY = b"micrOS_boundary"


@dataclass(frozen=True)
class Reply:
    """One HTTP reply; header names in lower case."""

    status: int
    reason: str
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class WebConnection:
    """One TCP connection to port 80 of a node."""

    def __init__(self, address: str, port: int = WEB_PORT, timeout: float = 20, source: str = "") -> None:
        self.socket = socket.create_connection((address, port), timeout=timeout, source_address=(source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._data = b""

    def __enter__(self) -> "WebConnection":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def _more(self) -> None:
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError(f"closed after {self._data!r}")
        self._data += piece

    def reply(self, *, with_body: bool = True) -> Reply:
        """The next reply. Raises ConnectionError when the node closes before its end."""
        while b"\r\n\r\n" not in self._data:
            self._more()
        head, _, self._data = self._data.partition(b"\r\n\r\n")
        line, *lines = head.decode().split("\r\n")
        version, status, reason = line.split(" ", 2)
        assert version == "HTTP/1.1"
        pairs = [text.split(": ", 1) for text in lines]
        assert all(len(pair) == 2 for pair in pairs), lines
        headers = {name.lower(): value for name, value in pairs}
        size = int(headers.get("content-length", 0)) if with_body else 0
        while len(self._data) < size:
            self._more()
        body, self._data = self._data[:size], self._data[size:]
        return Reply(int(status), reason, headers, body)

    def get(self, target: str, *headers: str) -> Reply:
        self.send(request("GET", target, *headers))
        return self.reply()

    def post(self, target: str, body: object, *headers: str) -> Reply:
        """`body` as JSON, bytes as they are."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send(request("POST", target, f"Content-Length: {len(data)}", *headers) + data)
        return self.reply()

    def rest(self) -> bytes:
        """Everything until the node closes."""
        data, self._data = self._data, b""
        while piece := self.socket.recv(65536):
            data += piece
        return data

    def is_closed(self) -> bool:
        """Waits until the node closes; no byte may come before."""
        return self.rest() == b""

    def multipart(self, count: int) -> list[tuple[str, bytes]]:
        """The next `count` pieces of a stream whose head has been read: (content type, bytes)."""
        pieces = []
        mark = b"\r\n--" + STREAM_BOUNDARY
        while len(pieces) < count:
            while self._data.count(mark) < 2:
                self._more()
            _, part, after = self._data.split(mark, 2)
            self._data = mark + after
            head, _, body = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            name, _, kind = head.decode().partition(": ")
            assert name == "Content-Type"
            pieces.append((kind, body))
        return pieces


def request(method: str, target: str, *headers: str) -> bytes:
    """A request's bytes."""
    return "\r\n".join((f"{method} {target} HTTP/1.1", "Host: node01.local", *headers, "", "")).encode()


def basic(password: str, user: str = "micrOS") -> str:
    """The header of HTTP Basic."""
    return "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def get(node: Node, target: str, *headers: str, timeout: float = 20) -> Reply:
    """One GET on a connection of its own."""
    with WebConnection(node.address, timeout=timeout) as connection:
        return connection.get(target, *headers)


def start_web(node: Node) -> Node:
    """Starts a node that has `webui` set and waits until shell and web accept."""
    node.start(ports=PORTS).wait_shell()
    node.wait_console(f"[web] on port {80}")
    return node


def web_node(folder: Path, heap: int = 0, *, compiled: bool = False, **settings: object) -> Node:
    """A node with the web server on, not started; its `web` folder holds nothing yet."""
    folder.mkdir(exist_ok=True)
    wanted: dict[str, Any] = {"webui": True, "aioqueue": 8, **settings}
    node: Node = HeapNode(folder, heap, **wanted) if compiled else Node(folder, **wanted)
    (folder / "web").mkdir(exist_ok=True)
    return node
