"""A web server on loopback that publishes firmware as micropython.org does, and can do it badly."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FirmwareServer:
    """`files` by name. `break_after`: close the connection after so many bytes of the next answer. `asked`: for each
    request the name and its Range header.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    break_after: int | None = None
    ranges: bool = True
    etags: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        state = self.server.state
        name = self.path.rpartition("/")[2]
        state.asked.append((name, self.headers.get("Range", "")))
        data = state.files.get(name)
        if data is None:
            self.send_error(404)
            return
        start = self._start(state, data)
        if start > len(data) or (start and start == len(data)):
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        if state.etags:
            self.send_header("ETag", self._etag(data))
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        limit, state.break_after = state.break_after, None
        self.wfile.write(data[start:][:limit])
        self.close_connection = True

    def _start(self, state: FirmwareServer, data: bytes) -> int:
        wanted = self.headers.get("Range", "")
        if not state.ranges or not wanted or self.headers.get("If-Range") != self._etag(data):
            return 0
        return int(wanted.removeprefix("bytes=").rstrip("-"))

    @staticmethod
    def _etag(data: bytes) -> str:
        return f'"{hashlib.sha256(data).hexdigest()[:12]}"'


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, state: FirmwareServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.state = state


@contextmanager
def firmware_server() -> Iterator[FirmwareServer]:
    """Runs until the block ends."""
    state = FirmwareServer()
    server = _Server(state)
    state.url = f"http://127.0.0.1:{server.server_port}/resources/firmware"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
