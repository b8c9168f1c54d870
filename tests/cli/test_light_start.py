"""What a start of the toolkit loads: each heavy package waits for the command that needs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"PyQt5", "esptool", "zeroconf", "numpy"}
_LOADED = """
import contextlib, io, json, sys
{code}
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""
_COMMAND = """
from devtoolkit.launcher import main
with contextlib.redirect_stdout(io.StringIO()):
    assert main({words!r}) == 0
"""


def loaded(code: str) -> set[str]:
    """The top-level names in `sys.modules` of a fresh interpreter after `code`."""
    done = subprocess.run(
        [sys.executable, "-c", _LOADED.format(code=code)], cwd=ROOT, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "code",
    ["import devtoolkit", *(_COMMAND.format(words=words) for words in (["--help"], ["-v"], ["-v", "--json"]))],
    ids=["import", "help", "version", "version as JSON"],
)
def test_a_start_loads_no_heavy_package(code: str) -> None:
    names = loaded(code)
    assert "devtoolkit" in names
    assert not names & HEAVY


def test_a_heavy_package_would_be_seen() -> None:
    assert "zeroconf" in loaded("import devtoolkit.transports.mdns")
