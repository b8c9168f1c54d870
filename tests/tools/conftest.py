"""Ports that an independent mock of Espressif's ROM bootloader answers on."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Mock:
    """A mock chip in its bootloader, served by a process of its own; `port` is what the tools open."""

    port: str
    process: subprocess.Popen[str]

    def unplug(self) -> None:
        """Pull the cable."""
        self.process.kill()


@contextmanager
def mock_chip(chip: str, *options: str) -> Iterator[Mock]:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "esp32_mock_bootloader.cli", "run", "--chip", chip, "--timeout", "60", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        path, address = re.search(r"/dev/\S+", line), re.search(r"127\.0\.0\.1:\d+", line)
        assert path or address, line
        yield Mock(path[0] if path else f"socket://{address[0]}" if address else "", process)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def esp32() -> Iterator[Mock]:
    """A mock ESP32 behind a TCP socket."""
    with mock_chip("esp32", "--port", "0") as mock:
        yield mock


@pytest.fixture
def esp32_socket(esp32: Mock) -> str:
    """Only its socket:// URL."""
    return esp32.port


@pytest.fixture
def esp32s3_pty(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Path of a pty with a mock ESP32-S3.

    The mock keeps the pty open itself, which does not count as another program holding the port.
    """
    monkeypatch.setattr("devtoolkit.tools.serial_ports.holders", lambda port: ())
    with mock_chip("esp32s3", "--pty") as mock:
        yield mock.port


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    """No test may leave one of our worker processes or reader threads behind."""
    before = set(_workers())
    yield
    assert set(_workers()) <= before
    assert [thread for thread in threading.enumerate() if thread.name.startswith("replies of")] == []


def _workers() -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().decode(errors="replace")
            status = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if "devtoolkit.tools.esptool_worker" in command and status[1] == str(os.getpid()):
            found.append(entry.name)
    return found
