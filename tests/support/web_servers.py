"""
Local servers that play those of the internet: real sockets on loopback, one thread each, answers as recorded.

    with WebServer(lambda request: json_reply({"a": 1})) as server:
        run_vm(folder, code, online=True, services=server.plays("example.org:80"))

An answer is bytes, or a sequence of bytes and `threading.Event`s: the server goes on when the event is set (an event
that nobody sets is a server that never answers). None closes the connection without an answer.
"""

import contextlib
import datetime
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class Request:
    """What a client asked."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> dict[str, object]:
        loaded: dict[str, object] = json.loads(self.body)
        return loaded


Answer = bytes | Iterable[bytes | threading.Event] | None


def reply(body: bytes | str, status: str = "200 OK", *headers: str) -> bytes:
    """A whole HTTP answer with its length."""
    data = body.encode() if isinstance(body, str) else body
    head = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(data)}", "", ""]
    return "\r\n".join(head).encode() + data


def json_reply(value: object, status: str = "200 OK") -> bytes:
    return reply(json.dumps(value), status, "Content-Type: application/json")


class WebServer:
    """Answers every request with `answer(request)`; `requests` are those that came. TLS with a context."""

    def __init__(self, answer: Callable[[Request], Answer], tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.connections = 0
        self._tls = tls
        self._closing = threading.Event()
        self._server = socket.create_server((ADDRESS, 0))
        self.port = int(self._server.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def plays(self, *places: str) -> dict[str, list[str | int]]:
        """The simulated board's `services` entry: these names and ports ("example.org:80") are this server."""
        return {place: [ADDRESS, self.port] for place in places}

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(20)
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.enter_context(connection)
            if self._tls:
                connection = stack.enter_context(self._tls.wrap_socket(connection, server_side=True))
            request = _read(connection)
            if request is None:
                return
            self.requests.append(request)
            answer = self.answer(request)
            if isinstance(answer, bytes):
                answer = [answer]
            for piece in answer or ():
                if isinstance(piece, bytes):
                    connection.sendall(piece)
                else:
                    while not piece.wait(0.02):
                        if self._closing.is_set():
                            return

    def close(self) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join(10)

    def __enter__(self) -> "WebServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _read(connection: socket.socket) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(4096)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(4096)
    method, path, _ = first.split(" ")
    return Request(method, path, headers, body)


@contextlib.contextmanager
def black_hole() -> Iterator[tuple[str, int]]:
    """(host, port) that answers no connection: its queue is full and nobody takes from it."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server((ADDRESS, 0), backlog=0))
        for _ in range(3):  # more than fit: the last ones wait for ever, as every one after them
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(server.getsockname())
        yield server.getsockname()


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, bytes]:
    """A server's TLS context with a self-made certificate for `name`, and that certificate (DER)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address(ADDRESS))]
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    stored = folder / f"{name}.pem"
    stored.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(stored)
    return context, made.public_bytes(serialization.Encoding.DER)
