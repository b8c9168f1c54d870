"""`devToolKit.py -gw` as a user, a service manager or a container starts it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from toolkit_process import ROOT, Toolkit

from devtoolkit.errors import ToolError
from devtoolkit.gateway import extra
from devtoolkit.launcher import main


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop_and_ends_open_streams(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "devToolKit", "-gw", "--port", "0", "--json"]  # as in a systemd unit
    with subprocess.Popen(
        command, cwd=ROOT, env=Toolkit(tmp_path).environment, stdout=-1, stderr=-1, stdin=-3, text=True
    ) as child:
        assert child.stderr
        said = child.stderr.readline()
        url = next(word for word in said.split() if word.startswith("http://"))
        headers = {"Accept": "text/event-stream"}
        with httpx.stream("GET", f"{url}api/v1/events", headers=headers, timeout=60, trust_env=False) as stream:
            lines = stream.iter_lines()
            assert next(lines) == ": here"
            child.send_signal(number)
            list(lines)  # the stream ends, it is not torn off
        out, errors = child.communicate(timeout=60)
    assert child.returncode == 0, errors
    assert "Traceback" not in errors
    assert json.loads(out)["result"] == {"url": url}


def test_a_taken_port_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as door:
        assert main(["-gw", "--port", str(door.getsockname()[1])]) == 2
    assert "cannot be listened on" in capsys.readouterr().err
    assert tmp_path.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "COM5"], "TCP port"),
        (["--port", "1", "--port", "2"], "one --port"),
        (["--host", "0.0.0.0"], "needs credentials"),
        (["--allow", "10.0.0.0/99"], "--allow"),
        (["--mqtt", "ftp://broker"], "address"),
    ],
)
def test_a_call_that_cannot_work_says_so_at_once(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("API_AUTH", raising=False)
    assert main(["-gw", *words]) == 2
    assert said in capsys.readouterr().err


def test_without_its_packages_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(extra, "PACKAGES", ("fastapi", "package_that_is_not_there"))
    assert main(["-gw", "--port", "0"]) == ToolError.exit_code
    assert "package_that_is_not_there" in capsys.readouterr().err


def test_other_commands_do_not_load_it() -> None:
    code = "import sys; from devtoolkit.launcher import main; main(['-v']); print('fastapi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
    assert os.environ["MICROS_USER_DATA"]
