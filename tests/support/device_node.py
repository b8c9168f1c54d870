"""A node of the tests: the real VM with the real core, on its own loopback address. Raw bytes in, raw bytes out."""

import contextlib
import json
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHIMS = ROOT / "devtoolkit" / "simulator" / "shims"
SOURCE = ROOT / "micros_source"
VM = Path(sys.executable).parent / "micropython"
MAC = "02:00:00:00:00:4d"
UID = "micr02000000004dOS"
PORT = 9008

_BOOT = """
import sys
sys.path[:] = ["", ".frozen", {shims!r}]
import simshims
simshims.install({cfg})
sys.path.remove({shims!r})
{code}
"""


def free_address() -> str:
    """A loopback address nobody else listens on (another session may run on this machine)."""
    while True:
        address = f"127.{random.randint(64, 126)}.{random.randint(1, 254)}.{random.randint(2, 254)}"
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind((address, PORT))
            return address


def install_source(folder: Path) -> None:
    """The node's files, flat in one folder as on a device."""
    for part in ("core", "modules", "pinmaps"):
        for file in (SOURCE / part).glob("*.py"):
            (folder / file.name).write_bytes(file.read_bytes())


def run_vm(folder: Path, code: str, limit_s: float = 60, **cfg: object) -> str:
    """Output of a code text run in the VM with the core on its path; its failure is ours."""
    text = _BOOT.format(shims=str(SHIMS), cfg=repr({"mac": MAC, **cfg}), code=code)
    (folder / "_run.py").write_text(text)
    done = subprocess.run([VM, "_run.py"], cwd=folder, capture_output=True, text=True, timeout=limit_s, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


class Connection:
    """One TCP connection to a node."""

    def __init__(self, address: str, port: int = PORT, source: str = "") -> None:
        self.socket = socket.create_connection((address, port), timeout=10, source_address=(source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: str | bytes) -> None:
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def until(self, end: str) -> str:
        """Everything up to and with `end`, which must be the last bytes that came."""
        data = b""
        while not data.endswith(end.encode()):
            piece = self.socket.recv(4096)
            assert piece, f"closed after {data!r}, expected {end!r}"
            data += piece
        return data.decode()

    def rest(self) -> str:
        """Everything until the node closes."""
        data = b""
        while piece := self.socket.recv(4096):
            data += piece
        return data.decode()

    def ask(self, command: str | bytes, prompt: str = "node01 $ ") -> str:
        """Reply text without the prompt, which must come last and only there."""
        self.send(command)
        reply = self.until(prompt)
        body = reply[: -len(prompt)]
        assert prompt not in body
        return body


class Node:
    """A running node; files in `folder`, console output in `console`. A `quiet` one is found by no other test."""

    quiet = True

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.address = free_address()
        self.console = folder / "console.txt"
        self.process: subprocess.Popen[bytes] | None = None
        self.settings = {"staessid": "micrOS-virtual", "stapwd": "virtual-wifi", **settings}
        install_source(folder)
        (folder / "LM_probe.py").write_bytes((Path(__file__).parent / "lm_probe.py").read_bytes())
        (folder / "node_config.json").write_text(json.dumps(self.settings))

    def start(self, **cfg: object) -> "Node":
        """Starts the VM without waiting."""
        wanted = {
            "name": "node01",
            "ip": self.address,
            "mac": MAC,
            "join_ms": 5,
            "hosts": {},
            "quiet": self.quiet,
            **cfg,
        }
        text = _BOOT.format(shims=str(SHIMS), cfg=repr(wanted), code="import main")
        (self.folder / "_boot.py").write_text(text)
        with self.console.open("wb") as out:
            self.process = subprocess.Popen(
                [VM, "_boot.py"], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            )
        return self

    def wait_shell(self) -> "Node":
        """Waits until the shell port accepts."""
        deadline = time.monotonic() + 20
        while True:
            assert self.process is not None
            assert self.process.poll() is None, self.console.read_text()
            try:
                with Connection(self.address) as c:
                    c.until("$ ")
                    c.send("exit")
                    c.rest()
                return self
            except ConnectionRefusedError:
                assert time.monotonic() < deadline, self.console.read_text()
                time.sleep(0.02)

    def wait_console(self, text: str) -> None:
        wait_until(lambda: text in self.console.read_text(), f"console shows {text!r}")

    def wait_exit(self) -> int:
        """The VM's own end (a restart of the board, in these tests)."""
        assert self.process is not None
        return self.process.wait(20)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def connect(self, prompt: str = "node01 $ ", source: str = "") -> Connection:
        """A connection (from a loopback address of choice) whose prompt has been read."""
        connection = Connection(self.address, source=source)
        assert connection.until(prompt) == prompt
        return connection

    def stored(self) -> dict[str, object]:
        loaded: dict[str, object] = json.loads((self.folder / "node_config.json").read_text())
        return loaded


@contextlib.contextmanager
def running(folder: Path, **settings: object) -> Iterator[Node]:
    """A node that answers, stopped at the end."""
    folder.mkdir(exist_ok=True)
    node = Node(folder, **settings)
    try:
        yield node.start().wait_shell()
    finally:
        node.stop()


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Polls until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)
