"""How the window is started: without an argument, or one line that says what it lacks."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from devtoolkit.gui import check

ROOT = Path(__file__).resolve().parents[2]
START = (sys.executable, str(ROOT / "devToolKit.py"))


def without_display(**more: str) -> dict[str, str]:
    dropped = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return {**{key: value for key, value in os.environ.items() if key not in dropped}, **more}


@pytest.mark.parametrize("display", ["", ":4711"])
def test_without_a_display_one_line_says_so_and_names_the_command_line(display: str) -> None:
    environment = without_display(**({"DISPLAY": display} if display else {}))
    done = subprocess.run(START, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode not in (0, 134, -signal.SIGABRT)
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert "no display" in line
    assert "--help" in line


def test_missing_libraries_are_named_as_packages_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(check, "loads", lambda library: library != "libEGL.so.1")
    error = check.missing()
    assert error is not None
    assert error.exit_code != 0
    assert "apt-get install libegl1." in error.hint
    assert "libxcb" not in error.hint  # offscreen needs none


def test_without_an_argument_the_window_opens_and_ends_with_the_signal_of_ctrl_c() -> None:
    environment = without_display(QT_QPA_PLATFORM="offscreen", PYTHONUNBUFFERED="1", QT_LOGGING_RULES="*=false")
    process = subprocess.Popen(START, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        folder = Path(environment["MICROS_USER_DATA"])
        while not folder.exists():  # it looks for devices
            assert process.poll() is None
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, told
    assert "Traceback" not in told


@pytest.mark.skipif(not shutil.which("xvfb-run"), reason="no virtual X server is installed")
def test_the_window_opens_on_a_real_x_display() -> None:
    code = (
        "from devtoolkit.gui.app import QApplication, make_window\n"
        "window = make_window(); window.show(); QApplication.processEvents()\n"
        "print(QApplication.platformName(), window.isVisible())\n"
        "window.begin(); window.close()\n"
        "import time\n"
        "while not window.ended: QApplication.processEvents(); time.sleep(0.005)\n"
    )
    command = ("xvfb-run", "-a", sys.executable, "-c", code)
    done = subprocess.run(command, env=without_display(), capture_output=True, text=True, timeout=90, check=False)
    assert done.stdout.split() == ["xcb", "True"], done.stderr
