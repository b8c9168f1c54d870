"""Every command of the documentation runs, or at least is understood.

Commands for the computer run against four virtual nodes; those that cannot are listed with the reason in
`tests/support/doc_exceptions.py` and go through the real parser. Commands for a node are sent to one.
"""

import argparse
import ast
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import doc_exceptions
import doc_fleet
import pytest
from doc_blocks import ROOT, Block, HostCommand, blocks, host_commands, name_of, pages, without_comment
from gateway_server import running

from devtoolkit import paths
from devtoolkit.cli._parser import parse
from devtoolkit.cli._registry import commands
from devtoolkit.errors import ToolkitError
from devtoolkit.launcher import main
from devtoolkit.model.node_config import coerce
from devtoolkit.services import shell
from devtoolkit.services.cache import DeviceCache
from devtoolkit.simulator.board import VirtualBoard

pytestmark = pytest.mark.vm

PAGES = [name_of(page) for page in pages()]
START = "~~~ start ~~~"  # in a node's console at each start
RESTART = re.compile(r"\breboot'?$")
MADE = set[tuple[str, ...]]()  # what has run already
LANGUAGES = {"sh", "node", "conf", "session", "rest", "python", "toml", "ini", "yaml", "json", "text"}
TOOLS = ("esptool", "mpremote", "ampy")
FINDINGS = ("--doctor", "--pin-check", "--will-it-fit")  # what they find is not the page's affair
# What a node says when a command is not one: everything else is the module's own answer, also that a part is missing.
WRONG = ("is not defined", "no module named", "has no", "unexpected keyword", "takes ", "Invalid key", "for hints type")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the pages name."""
    folder = tmp_path_factory.mktemp("reader")
    doc_fleet.files_of_the_pages(folder)
    return folder


@pytest.fixture(scope="module")
def nodes(place: Path) -> Iterator[dict[str, VirtualBoard]]:
    """The nodes that the pages talk to, known in the user data there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MICROS_USER_DATA", str(place / "user_data"))
        patch.setenv("MICROS_INTERFACES", "127.0.0.1")
        with doc_fleet.fleet() as boards:
            yield boards


@pytest.fixture
def reader(place: Path, nodes: dict[str, VirtualBoard], user_data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Works where the files lie, at home in the same folder."""
    monkeypatch.setenv("MICROS_USER_DATA", str(place / "user_data"))
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.chdir(place)
    for board in nodes.values():
        if shell.hello(board.ip, board.shell_port) is None:
            board.reset()  # the page before failed and left it at its prompt
            doc_fleet.known(board)
    return place


def to_run(page: str) -> list[HostCommand]:
    return [one for one in host_commands(ROOT / page) if not one.inline and not doc_exceptions.reason(one.bare)]


@pytest.mark.parametrize("page", [page for page in PAGES if to_run(page)])
def test_the_commands_of_a_page_run(page: str, reader: Path, nodes: dict[str, VirtualBoard]) -> None:
    for command in to_run(page):
        starts = {name: board.console.count(START) for name, board in nodes.items()}
        if command.is_toolkit:
            run_toolkit(command)
        elif command.words[0] == "curl":
            ask_gateway(command)
        else:
            run_tool(command, nodes["demo"])
        for name, board in nodes.items():
            if RESTART.search(command.bare) and name in command.bare:
                assert board.wait_console(30, START, starts[name] + 1), f"{command.where}: no restart"
        doc_fleet.only(nodes.values())


def run_toolkit(command: HostCommand) -> None:
    words = command.words[1:]
    if words[0] == "--make" and command.words in MADE:
        return  # the same line on another page
    MADE.add(command.words)
    if command.background or words[0] in ("--simulate", "-sim"):
        parsed(command)
        assert words[1] in doc_fleet.NAMES, f"{command.where}: the test powers {', '.join(doc_fleet.NAMES)}"
        return
    yes = () if "--json" in words else ("--yes",)
    code = main([os.path.expanduser(word) for word in (*words, *yes)])  # noqa: PTH111 - as the shell does
    assert code == 0 or (code == 1 and words[0] in FINDINGS), f"{command.where}: exit code {code}"


def run_tool(command: HostCommand, board: VirtualBoard) -> None:
    """esptool, mpremote or ampy at the serial line of the node demo."""
    name, *words = command.words
    assert name in TOOLS, f"{command.where}: how is this run? If it cannot be, doc_exceptions.py wants the reason"
    line = str(paths.simulator() / board.name / "tty")
    done = subprocess.run(
        [str(Path(sys.executable).parent / name), *(line if word == "PTY" else word for word in words)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{command.where}\n{done.stdout}{done.stderr}"
    board.reset()  # ampy leaves a board at its prompt


def ask_gateway(command: HostCommand) -> None:
    """What curl would ask, of a gateway that knows the nodes."""
    asked = argparse.ArgumentParser()
    asked.add_argument("url")
    asked.add_argument("-H", action="append", default=[])
    asked.add_argument("-d")
    asked.add_argument("-N", action="store_true")
    found = asked.parse_args(command.words[1:])
    head = dict(line.split(": ", 1) for line in found.H)
    with running(paths.user_data(), cache=paths.device_cache()) as gateway:
        path = urlsplit(found.url).path
        with gateway.client.stream("POST" if found.d else "GET", path, headers=head, content=found.d) as answer:
            assert answer.status_code == 200, command.where


def parsed(command: HostCommand) -> None:
    try:
        parse(list(command.words[1:]), commands())
    except ToolkitError as problem:
        pytest.fail(f"{command.where}: {problem}")


@pytest.mark.parametrize("page", PAGES)
def test_commands_that_cannot_run_here_are_understood_by_the_parser(page: str) -> None:
    for command in host_commands(ROOT / page):
        if command.is_toolkit and command.words[1:]:
            parsed(command)
        elif command.text.startswith("python3 dev.py"):
            assert command.words[2] in developer_commands(), command.where


def developer_commands() -> set[str]:
    done = subprocess.run([sys.executable, "dev.py", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    return {line.split()[2] for line in done.stdout.splitlines() if line.startswith("python3 dev.py")}


def test_no_exception_is_left_over() -> None:
    texts = [one.bare for page in PAGES for one in host_commands(ROOT / page) if not one.inline]
    assert doc_exceptions.unused(texts) == []


def node_blocks(page: str) -> list[Block]:
    return [one for one in blocks(ROOT / page) if one.language == "node"]


@pytest.mark.parametrize("page", [page for page in PAGES if node_blocks(page)])
def test_the_commands_for_a_node_are_known_to_it(page: str, reader: Path) -> None:
    for block in node_blocks(page):
        wanted = [line for line in map(without_comment, block.lines) if line and not line.startswith("reboot")]
        for command, lines in shell.run(wanted, "demo", DeviceCache(paths.device_cache())).replies:
            told = "\n".join(lines)
            assert not any(sign in told for sign in WRONG), f"{page}:{block.line}: {command}: {told}"


@pytest.mark.parametrize("page", PAGES)
def test_settings_in_the_pages_are_valid(page: str) -> None:
    for block in (one for one in blocks(ROOT / page) if one.language == "conf"):
        for line in filter(None, map(without_comment, block.lines)):
            key, value = line.split(None, 1)
            coerce(key, value)


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is_and_python_is_valid_with_imports_that_exist(page: str) -> None:
    for block in blocks(ROOT / page):
        assert not block.language or block.language in LANGUAGES, f"{page}:{block.line}: {block.language}"
        if block.language == "python":
            for found in ast.walk(ast.parse(block.text, page)):
                if isinstance(found, ast.ImportFrom) and (found.module or "").startswith("devtoolkit"):
                    module = importlib.import_module(found.module or "")
                    for name in found.names:
                        if not hasattr(module, name.name):  # then it is a module of the package
                            importlib.import_module(f"{found.module}.{name.name}")
