"""Real programs around a gateway, on loopback: a broker, a Prometheus, and the gateway itself as a user starts it."""

import base64
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "env" / "docker"
LOOPBACK = "127.0.0.1"
_LIMIT_S = 60.0
_SBIN = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))  # where Debian has mosquitto


def program(name: str) -> str | None:
    return shutil.which(name, path=_SBIN)


def needs(name: str, package: str) -> pytest.MarkDecorator:
    """Skips a test without that program; `dev.py test` installs it where it may."""
    reason = f"{name} (Debian package {package}) is not installed, and dev.py may not install it"
    return pytest.mark.skipif(program(name) is None, reason=reason)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def wait(condition: Callable[[], T], what: str, seconds: float = _LIMIT_S) -> T:
    """Polls until the condition gives something true; that."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)
    return found


def accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=5):
        return True
    return False


@contextlib.contextmanager
def running(command: list[str], log: Path, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A child process until the block ends; what it says goes into `log`."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Mosquitto:
    """A broker that wants this user and password."""

    port: int
    log: Path
    user: str = "gateway"
    password: str = "a-secret-of-the-tests"

    @property
    def url(self) -> str:
        return f"mqtt://{self.user}@{LOOPBACK}:{self.port}"


@contextlib.contextmanager
def mosquitto(folder: Path, port: int = 0) -> Iterator[Mosquitto]:
    """Real mosquitto. The same `port` again is the same broker after a restart, without its memory."""
    broker = Mosquitto(port or free_port(), folder / "mosquitto.log")
    passwords, config = folder / "passwords", folder / "mosquitto.conf"
    command = [program("mosquitto_passwd") or "", "-c", "-b", str(passwords), broker.user, broker.password]
    subprocess.run(command, check=True, capture_output=True)
    config.write_text(
        f"listener {broker.port} {LOOPBACK}\nallow_anonymous false\npassword_file {passwords}\n"
        f"persistence false\nuser {os.environ.get('USER') or 'root'}\nlog_dest stdout\n"
    )
    with running([program("mosquitto") or "", "-c", str(config)], broker.log) as process:
        wait(lambda: accepts(broker.port) or process.poll() is not None, "mosquitto listens")
        assert process.poll() is None, broker.log.read_text()
        yield broker


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus, asked by its API."""

    port: int
    log: Path

    def api(self, path: str, **query: str) -> Any:
        """`data` of an answer of /api/v1."""
        url = f"http://{LOOPBACK}:{self.port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                value = json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path} {query}: {error.read().decode()}") from error
        assert value["status"] == "success", value
        return value["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an expression now."""
        found: list[dict[str, Any]] = self.api("query", query=expression)["result"]
        return found

    def targets(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api("targets")["activeTargets"]
        return found


@contextlib.contextmanager
def prometheus(folder: Path, config: Path, *words: str) -> Iterator[Prometheus]:
    """Real Prometheus with this configuration and more options, data in `folder`."""
    server = Prometheus(free_port(), folder / "prometheus.log")
    command = [
        program("prometheus") or "",
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={LOOPBACK}:{server.port}",
        *words,
    ]
    with running(command, server.log) as process:
        # It listens before it answers: a question in between is a 503.
        wait(lambda: b"Server is ready" in server.log.read_bytes() or process.poll() is not None, "Prometheus is ready")
        assert process.poll() is None, server.log.read_text()
        yield server


@contextlib.contextmanager
def gateway(user_data: Path, *words: str, **environment: str) -> Iterator[str]:
    """`devToolKit.py -gw --port 0 words`; yields its address without the last slash."""
    log = user_data / "gateway.log"
    command = [sys.executable, str(ROOT / "devToolKit.py"), "-gw", "--port", "0", *words]
    variables = {"MICROS_USER_DATA": str(user_data), "MICROS_INTERFACES": LOOPBACK, "PYTHONUNBUFFERED": "1"}
    with running(command, log, env={**os.environ, **variables, **environment}) as process:

        def address() -> str:
            assert process.poll() is None, log.read_text()
            return next((word for word in log.read_text().split() if word.startswith("http://")), "")

        yield wait(address, "the gateway says where it listens").rstrip("/")


def get(url: str, user: str = "", password: str = "") -> str:
    """The body of a page that must be there."""
    request = urllib.request.Request(url)
    if user:
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(answer.read().decode())
