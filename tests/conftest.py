"""What every test gets: a user-data folder of its own, and no way off the loopback interfaces."""

import os
import signal
from pathlib import Path

import pytest


def pytest_configure() -> None:
    """Ctrl-C reaches the programs under test, although a shell starts background jobs with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell dev.py what failed, one id in a line; nothing when a file could not even be read in."""
    path = os.environ.get("MICROS_FAILED_TESTS")
    reports = [*terminalreporter.stats.get("failed", ()), *terminalreporter.stats.get("error", ())]
    if path and reports and all(isinstance(report, pytest.TestReport) for report in reports):
        Path(path).write_text("\n".join(dict.fromkeys(report.nodeid for report in reports)))


@pytest.fixture(autouse=True)
def user_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's data folder of this test, also for child processes."""
    folder = tmp_path / "user_data"
    monkeypatch.setenv("MICROS_USER_DATA", str(folder))
    monkeypatch.setenv("MICROS_INTERFACES", "127.0.0.1")
    return folder
