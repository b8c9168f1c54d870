"""The network commands as a user calls them: schemas, exit codes, tables, and the shell on a terminal."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import generate
import jsonschema
import pytest
from toolkit_process import ROOT

from devtoolkit import paths
from devtoolkit.launcher import main
from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache
from devtoolkit.simulator.synthetic import SyntheticNode
from devtoolkit.simulator.synthetic_process import running

pty = pytest.importorskip("pty", reason="pseudo terminals are a POSIX thing")
SECRET = "Secret12x"
Call = Callable[..., dict[str, object]]


@pytest.fixture
def nodes(user_data: Path) -> Iterator[tuple[SyntheticNode, ...]]:
    """Two nodes and one that refuses, in the cache."""
    wanted = [
        SyntheticNode("lamp", "micra1OS"),
        SyntheticNode("heater", "micra2OS", password=SECRET),
        SyntheticNode("gone", "micra3OS", fault="refuses"),
    ]
    with running(wanted) as up:
        DeviceCache(paths.device_cache()).put(*(Device(node.uid, node.name, node.ip, node.port) for node in up))
        yield up


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs a command with `--json`; the object, checked against its published schema."""

    def run(command: str, *words: str, code: int = 0) -> dict[str, object]:
        capsys.readouterr()
        assert main([*words, "--json"]) == code
        value = json.loads(capsys.readouterr().out)
        jsonschema.validate(value, json.loads((generate.FOLDER / f"{command}.json").read_text(encoding="utf-8")))
        assert value["ok"] == (code == 0)
        assert isinstance(value, dict)
        return value

    return run


def result(value: dict[str, object]) -> dict[str, list[dict[str, object]]]:
    found = value["result"]
    assert isinstance(found, dict)
    return found


@pytest.mark.usefixtures("nodes")
def test_status_lists_all_nodes_as_they_are(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    devices = result(call("node_status", "-stat", "--details"))["devices"]
    states = {one["fuid"]: (one["status"], one["memory_used"]) for one in devices}
    assert states["lamp"] == ("ONLINE", 46080)
    assert states["heater"] == ("LOCKED", None)
    assert states["gone"] == ("OFFLINE", None)
    assert main(["-stat"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[:7] == ["UID", "FUID", "IP", "STATUS", "VERSION", "COMM", "SEC"]
    assert any(row.split()[:2] == ["micra1OS", "lamp"] for row in rows)


@pytest.mark.usefixtures("nodes")
def test_a_command_to_many_shows_all_answers_and_fails_when_one_did(
    call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    assert result(call("connect", "-c", "-p", "--dev lamp,heater hello"))["nodes"][0]["failure"] is None
    answered = call("connect", "-c", "-p", "--dev all version", code=20)
    assert [node["failure"] is None for node in result(answered)["nodes"]] == [True, True, False]
    assert "1 of 3 nodes failed: gone" in str(answered["error"])
    assert main(["-c", "-p", "--dev all version"]) == 20
    shown = capsys.readouterr()
    assert shown.out.splitlines()[-1].split()[0] == "gone"
    assert "1 of 3 nodes failed" in shown.err


@pytest.mark.usefixtures("nodes")
def test_a_command_that_the_node_refuses_has_failed(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    refused = call("connect", "-c", "-p", "--dev lamp rbg <a> version", code=20)
    assert "lamp refuses 1 of 2 commands: 'rbg'" in str(refused["error"])
    assert "2 of 2 nodes failed: lamp" in str(call("connect", "-c", "-p", "--dev lamp,heater rbg", code=20)["error"])
    assert main(["-c", "-p", "--dev lamp rbg"]) == 20
    assert "Shell: for hints" in capsys.readouterr().out


@pytest.mark.usefixtures("nodes")
def test_the_node_of_a_command_may_be_named_by_dev(call: Call) -> None:
    assert result(call("connect", "-c", "--dev", "lamp", "-p", "version <a> hello"))["device"]["fuid"] == "lamp"
    assert "twice" in str(call("connect", "-c", "--dev", "lamp", "-p", "--dev lamp version", code=2)["error"])


@pytest.mark.usefixtures("nodes")
def test_nothing_to_set_is_told_before_anything_is_asked(call: Call) -> None:
    assert "nothing to set" in str(call("node_config", "-nc", "set", "--dev", "lamp", code=2)["error"])


@pytest.mark.usefixtures("nodes")
def test_tags_name_groups_of_nodes(call: Call) -> None:
    call("tag", "--tag", "lab,upstairs", "--dev", "lamp,heater")
    tags = {one["fuid"]: one["tags"] for one in result(call("tag", "--tag"))["nodes"]}
    assert tags == {"lamp": ["lab", "upstairs"], "heater": ["lab", "upstairs"], "gone": []}
    assert len(result(call("connect", "-c", "-p", "--dev tag:lab version"))["nodes"]) == 2
    call("tag", "--tag", "none", "--dev", "tag:lab")
    call("connect", "-c", "-p", "--dev tag:lab version", code=20)
    assert "--dev" in str(call("tag", "--tag", "lab", code=2)["error"])


@pytest.mark.usefixtures("nodes")
def test_settings_are_read_set_kept_compared_and_put_back(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    name = ("--dev", "lamp")
    call("node_config", "-nc", "archive", *name)
    call("node_config", "--node_config", "set", *name, "--key", "soctout=60", "--key", "dbg=false", "--yes", code=6)
    call("node_config", "--node_config", "set", *name, "--key", "soctout=60", "--yes")
    assert "soctout" in str(call("node_config", "-nc", "diff", *name)["result"])
    assert main(["-nc", "restore", *name, "--yes"]) == 0
    assert "60 -> 30" in capsys.readouterr().out
    call("node_config", "-nc", "set", *name, "--key", "soctout=60", code=2)  # nobody to ask
    call("node_config", "-nc", "set", *name, "--key", "soctout", "--yes", code=2)
    call("node_config", "-nc", "set", *name, "--key", "soctout=abc", "--yes", code=6)
    assert main(["-nc", "erase", *name]) == 2


def test_an_existing_cache_is_imported(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "theirs.json"
    file.write_text(json.dumps({"micr9OS": ["192.0.2.9", 9008, "old"], "odd": 1}))
    value = call("import_cache", "--import-cache", str(file))
    assert value["result"] == {"added": ["micr9OS"], "changed": [], "kept": [], "invalid": ["odd"]}
    call("import_cache", "--import-cache", str(tmp_path / "nowhere"), code=15)


def test_without_a_terminal_the_interactive_shell_says_so(call: Call) -> None:
    assert "-p '--dev NAME command'" in str(call("connect", "-c", code=2)["error"])


class Terminal:
    """The toolkit in a child process on a pseudo terminal."""

    def __init__(self, *words: str) -> None:
        self._master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "COLUMNS": "200"}
        command = [sys.executable, str(ROOT / "devToolKit.py"), *words]
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self.seen = ""

    def wait_for(self, text: str) -> str:
        """What came up to and with `text`, without control sequences."""
        while text not in self.seen:
            data = self._read()
            assert data, f"{text!r} did not come: {self.seen!r}"
            self.seen = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.seen + data.decode("utf-8", "replace"))
        before, self.seen = self.seen.split(text, 1)
        return before + text

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def end(self) -> int:
        """The exit code."""
        while self._read():
            pass
        return self.process.wait(20)

    def close(self) -> None:
        self.process.kill()
        self.process.wait(20)
        os.close(self._master)

    def _read(self) -> bytes:
        try:
            return os.read(self._master, 4096)
        except OSError:  # the other end is closed
            return b""


@pytest.fixture
def open_terminal() -> Iterator[Callable[..., Terminal]]:
    with ExitStack() as stack:

        def start(*words: str) -> Terminal:
            terminal = Terminal(*words)
            stack.callback(terminal.close)
            return terminal

        yield start


@pytest.mark.usefixtures("nodes")
def test_on_a_terminal_lines_are_completed_sent_and_kept_in_a_history(
    user_data: Path, open_terminal: Callable[..., Terminal]
) -> None:
    terminal = open_terminal("-c", "--dev", "lamp")
    terminal.wait_for("lamp $")
    terminal.type("vers\t")
    terminal.wait_for("version")
    terminal.type("\r")
    terminal.wait_for("2.0.0-0")
    terminal.type("conf <a> soctout\r")
    terminal.wait_for("30")
    terminal.wait_for("[configure] lamp $")
    terminal.type("appwd Secret12x\r")
    terminal.wait_for("Saved")
    terminal.type("!\r")
    assert terminal.end() == 0
    history = (user_data / "shell_history").read_text()
    assert "+version" in history
    assert SECRET not in history


@pytest.mark.usefixtures("nodes")
def test_a_locked_nodes_password_is_asked_for_without_being_shown(open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal("-c", "--dev", "heater")
    terminal.wait_for("Password of heater: ")
    terminal.type(f"{SECRET}\r")
    shown = terminal.wait_for("heater $")
    assert SECRET not in shown
    terminal.type("exit\r")
    assert terminal.end() == 0


def test_a_secret_is_refused_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-nc", "set", "--dev", "lamp", "--key", "stapwd=topsecret", "--yes"]) == 2
    shown = capsys.readouterr()
    assert "stapwd is a secret" in shown.err
    assert "topsecret" not in shown.err + shown.out
