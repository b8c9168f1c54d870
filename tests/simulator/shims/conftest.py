"""A real MicroPython VM with the shims, and the board process's end of its link."""

import json
import os
import selectors
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SHIMS = Path(__file__).resolve().parents[3] / "devtoolkit" / "simulator" / "shims"
VM = shutil.which(os.environ.get("MICROPYTHON") or str(Path(sys.executable).with_name("micropython")))
DEADLINE_S = 10.0

# In front of every script: shims in, host file system out (the shims must not need it any more).
PROLOGUE = """
import sys
sys.path.insert(0, {shims!r})
import simshims
simshims.install({cfg!r})
import vfs
vfs.umount('/')
sys.path[:] = ['', '.frozen']
import gc
gc.collect()
"""


class Board:
    """One VM running a script; its output lines, its link messages, and requests to it."""

    def __init__(self, folder: Path, script: str, cfg: dict[str, Any], link: bool) -> None:
        self.events: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self._answers: dict[int, dict[str, Any]] = {}
        self._id = 0
        self._listener = socket.create_server(("127.0.0.1", 0)) if link else None
        self._link: socket.socket | None = None
        self._buffers: dict[int, bytes] = {}
        if self._listener:
            cfg = {**cfg, "link": list(self._listener.getsockname()), "token": "t0ken"}
        file = folder / f"script{len(list(folder.iterdir()))}.py"
        file.write_text(PROLOGUE.format(shims=str(SHIMS), cfg=cfg) + script)
        assert VM is not None
        self.process = subprocess.Popen(
            [VM, str(file)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert self.process.stdout is not None
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.process.stdout, selectors.EVENT_READ, self._on_output)
        if self._listener:
            self._selector.register(self._listener, selectors.EVENT_READ, self._on_accept)
            try:
                self._until(lambda: self._link is not None, "link")
            except AssertionError:
                self.close()
                raise

    def close(self) -> None:
        self.process.kill()
        self.process.wait(DEADLINE_S)
        self._selector.close()
        assert self.process.stdout is not None
        self.process.stdout.close()
        for sock in (self._link, self._listener):
            if sock:
                sock.close()

    def drop_link(self) -> None:
        assert self._link is not None
        self._selector.unregister(self._link)
        self._link.close()

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Send a request over the link and give back its answer."""
        assert self._link is not None
        self._id += 1
        self._link.sendall(json.dumps({"op": op, "id": self._id, **fields}).encode() + b"\n")
        self._until(lambda: self._id in self._answers, f"answer to {op}")
        return self._answers.pop(self._id)

    def line(self, prefix: str) -> str:
        """The rest of the next output line with this prefix (which is consumed)."""
        self._until(lambda: any(text.startswith(prefix) for text in self.lines), f"line {prefix!r}")
        found = next(text for text in self.lines if text.startswith(prefix))
        self.lines.remove(found)
        return found[len(prefix) :].strip()

    def event(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first event (also an earlier one) for which `wanted` is true."""
        self._until(lambda: any(wanted(item) for item in self.events), "event")
        return next(item for item in self.events if wanted(item))

    def ended(self) -> int:
        """Exit code once the VM has ended."""
        self._until(lambda: self.process.poll() is not None, "end of the VM")
        return self.process.returncode

    def _until(self, done: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + DEADLINE_S
        while not done():
            over = self.process.poll() is not None
            ready = self._selector.select(0.02)
            for key, _ in ready:
                key.data(key.fileobj)
            if time.monotonic() > end or (over and not ready and not done()):
                raise AssertionError(f"no {what}; output {self.lines}, events {self.events}")

    def _split(self, fileobj: Any, data: bytes) -> list[bytes]:
        if not data:
            self._selector.unregister(fileobj)
        *whole, rest = (self._buffers.get(id(fileobj), b"") + data).split(b"\n")
        self._buffers[id(fileobj)] = rest
        return whole

    def _on_accept(self, fileobj: socket.socket) -> None:
        self._selector.unregister(fileobj)
        self._link, _ = fileobj.accept()
        self._selector.register(self._link, selectors.EVENT_READ, self._on_link)

    def _on_output(self, fileobj: Any) -> None:
        self.lines += [text.decode() for text in self._split(fileobj, os.read(fileobj.fileno(), 65536))]

    def _on_link(self, fileobj: socket.socket) -> None:
        try:
            data = fileobj.recv(65536)
        except ConnectionError:
            data = b""
        for text in self._split(fileobj, data):
            message = json.loads(text)
            if "re" in message:
                self._answers[message["re"]] = message
            else:
                self.events.append(message)


Start = Callable[..., Board]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`start(script, link=True, **cfg)` runs a VM; all are ended after the test."""
    if VM is None:
        pytest.skip("the MicroPython VM is not installed")
    boards: list[Board] = []
    folder = tmp_path / "scripts"
    folder.mkdir()

    def run(script: str, link: bool = True, **cfg: Any) -> Board:
        board = Board(folder, script, {"ip": "127.0.0.2", **cfg}, link)
        boards.append(board)
        return board

    yield run
    for board in boards:
        board.close()


@pytest.fixture
def free_port() -> int:
    """A port free for TCP and UDP on every loopback address at the time of asking."""
    while True:
        with socket.create_server(("", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            port: int = tcp.getsockname()[1]
            try:
                udp.bind(("", port))
            except OSError:
                continue
            return port
