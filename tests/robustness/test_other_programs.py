"""Other programs on the same machine, in containers too."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtoolkit.tools import serial_ports


@pytest.fixture
def port() -> Iterator[str]:
    controller, terminal = os.openpty()
    yield os.ttyname(terminal)
    os.close(controller)
    os.close(terminal)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux tells who has a port open")
@pytest.mark.parametrize("same", [True, False], ids=["the same terminal", "a container's of the same name"])
def test_a_terminal_of_the_same_name_in_a_container_does_not_hold_the_port(
    port: str, same: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path(port) if same else Path(os.devnull)
    monkeypatch.setattr(serial_ports, "_pids", lambda: iter([os.getppid()]))
    monkeypatch.setattr(serial_ports, "_open_files", lambda _pid: iter([(opened, Path(port))]))
    assert [one.pid for one in serial_ports.holders(port)] == ([os.getppid()] if same else [])
