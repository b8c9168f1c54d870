"""A real Redis and site workers as a user starts them, each with its own data folder; all on loopback."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway_programs import LOOPBACK, ROOT, accepts, free_port, program, running, wait

from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache


@dataclass
class Redis:
    """A Redis that keeps every write; `kill` and `start` are a power cut and what follows."""

    folder: Path
    port: int = field(default_factory=free_port)
    options: tuple[str, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self.port}/0"

    def start(self) -> "Redis":
        words = ["--port", str(self.port), "--bind", LOOPBACK, "--dir", str(self.folder), "--save", ""]
        words += ["--appendonly", "yes", "--appendfsync", "always", *self.options]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen([program("redis-server") or "", *words], stdout=log, stderr=log)
        wait(lambda: accepts(self.port), "Redis listens")
        return self

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> "Redis":
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


@dataclass
class SiteProcess:
    """`devToolKit.py --site NAME --no-watch`, which may be killed and started again."""

    name: str
    user_data: Path
    broker: str
    words: tuple[str, ...] = ()  # more options
    environment: dict[str, str] = field(default_factory=dict)
    within: tuple[str, ...] = ()  # what starts it elsewhere, for example in a network namespace
    process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.user_data.mkdir(parents=True, exist_ok=True)

    @property
    def log(self) -> str:
        file = self.user_data / "site.log"
        return file.read_text() if file.exists() else ""

    def knows(self, devices: Sequence[Device]) -> "SiteProcess":
        DeviceCache(self.user_data / "device_conn_cache.json").put(*devices)
        return self

    def start(self, *, ready: bool = True) -> "SiteProcess":
        before = self.log.count("ready for jobs")
        command = [
            *self.within,
            sys.executable,
            str(ROOT / "devToolKit.py"),
            "--site",
            self.name,
            "--no-watch",
            *self.words,
        ]
        variables = {
            "MICROS_USER_DATA": str(self.user_data),
            "MICROS_INTERFACES": LOOPBACK,
            "MICROS_BROKER": self.broker,
            "MICROS_LOG": "INFO",
            "PYTHONUNBUFFERED": "1",
        }
        with (self.user_data / "site.log").open("ab") as log:
            environment = {**os.environ, **variables, **self.environment}
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        if ready:
            self.wait_log("ready for jobs", before + 1)
        return self

    def wait_log(self, text: str, times: int = 1) -> None:
        """Until the log has the text so many times."""
        wait(lambda: self.log.count(text) >= times or self._gone(), f"{text!r} in the log of {self.name}")
        assert self.log.count(text) >= times, self.log

    def kill(self) -> None:
        """SIGKILL: nothing of it goes on."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM, and wait until it has ended; its exit code."""
        return self._end(signal.SIGTERM)

    def _gone(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def _end(self, number: int) -> int:
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(90)
        self.process = None
        return code


@contextlib.contextmanager
def sites(*processes: SiteProcess) -> Iterator[tuple[SiteProcess, ...]]:
    """These sites, started at the same time; at the end none of them runs."""
    try:
        for one in processes:
            one.start(ready=False)
        for one in processes:
            one.wait_log("ready for jobs")
        yield processes
    finally:
        for one in processes:
            one.kill()


__all__ = ["Redis", "SiteProcess", "running", "sites"]
