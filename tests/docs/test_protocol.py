"""The protocol page: its transcripts are what a node says, its numbers are those of the device source."""

import ast
import json
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import doc_fleet
import pytest
from doc_blocks import DOCS, ROOT, Block, blocks

from devtoolkit.simulator.board import VirtualBoard

pytestmark = pytest.mark.vm

PAGE = DOCS / "reference" / "protocol.md"
PROMPT = re.compile(r"((?:\[\w+\] )*\w+ \$ )(.*)")
VERSION = re.compile(r"\d+\.\d+\.\d+-\d+")
NUMBER = re.compile(r"^\| .* \| (\d+) \| `(\w+)\.(.+)` \|$", re.MULTILINE)
LIMIT_S = 30


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, VirtualBoard]]:
    """node01, and node02 with `auth` on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MICROS_USER_DATA", str(tmp_path_factory.mktemp("protocol")))
        patch.setenv("MICROS_INTERFACES", "127.0.0.1")
        with doc_fleet.fleet(("node01", "node02"), node01={"webui": True}, node02={"auth": True}) as boards:
            yield boards


def of_language(*languages: str) -> list[Block]:
    return [one for one in blocks(PAGE) if one.language in languages]


def matches(told: str, shown: str) -> bool:
    """Whether a text is what the page shows; `...` is anything on one line, a version any version."""
    pattern = re.escape(VERSION.sub("@version@", shown)).replace(r"\.\.\.", ".*")
    return bool(re.fullmatch(pattern.replace("@version@", VERSION.pattern), told))


def turns(block: Block) -> Iterator[tuple[str, str, str]]:
    """(prompt, command, shown reply) of a transcript."""
    at = [number for number, line in enumerate(block.lines) if PROMPT.fullmatch(line)]
    for begin, end in zip(at, [*at[1:], len(block.lines)], strict=True):
        found = PROMPT.fullmatch(block.lines[begin])
        assert found
        yield found[1], found[2], "\n".join(block.lines[begin + 1 : end])


def read(line: socket.socket) -> str:
    """Until the next prompt, or the end of the session."""
    data = b""
    while not data.endswith(b" $ "):
        piece = line.recv(4096)
        if not piece:
            break
        data += piece
    return data.decode()


@pytest.mark.parametrize("block", of_language("session"), ids=lambda block: f"line {block.line}")
def test_a_node_says_what_the_transcript_shows(block: Block, nodes: dict[str, VirtualBoard]) -> None:
    name = PROMPT.fullmatch(block.lines[0])[1].split()[-2]
    board = nodes[name]
    with socket.create_connection((board.ip, board.shell_port), LIMIT_S) as line:
        said = read(line)
        for prompt, command, shown in turns(block):
            assert said.endswith(prompt), f"{command}: {said}"
            line.sendall(command.encode())
            said = read(line)
            told = PROMPT.sub("", said).strip("\n") if said.endswith("$ ") else said.strip("\n")
            assert matches(told, shown), f"{PAGE.name}:{block.line}: {command}: {told!r} is not {shown!r}"


@pytest.mark.parametrize("block", of_language("rest"), ids=lambda block: f"line {block.line}")
def test_the_web_server_answers_what_the_page_shows(block: Block, nodes: dict[str, VirtualBoard]) -> None:
    port = web_port(nodes["node01"])
    for asked, shown in zip(block.lines[::2], block.lines[1::2], strict=True):
        method, path, *body = asked.split(" ", 2)
        data = body[0].encode() if body else None
        request = urllib.request.Request(f"http://{nodes['node01'].ip}:{port}{path}", data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
                told = answer.read().decode()
        except urllib.error.HTTPError as refusal:
            told = f"{refusal.code} {refusal.read().decode()}"
        assert matches(told, shown), f"{asked}: {told!r} is not {shown!r}"


def web_port(board: VirtualBoard) -> int:
    """Where port 80 is on this machine: users without rights for it get another one."""
    ports = json.loads((board.folder / "board.json").read_text()).get("ports", {})
    return int(ports.get("80", 80))


def test_the_numbers_are_those_of_the_source() -> None:
    found = NUMBER.findall(PAGE.read_text())
    assert len(found) >= 20
    for value, module, name in found:
        assert int(value) == constant(ROOT / "micros_source" / "core" / f"{module}.py", name), f"{module}.{name}"


def constant(file: Path, name: str) -> object:
    """The value of `name = const(value)` or `name = value`, anywhere in the file."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            value = node.value.args[0] if isinstance(node.value, ast.Call) else node.value
            return ast.literal_eval(value)
    raise AssertionError(f"{file.name} has no {name}")


@pytest.mark.parametrize(
    ("told", "shown", "same"),
    [
        ("hello:a:micr12OS", "hello:a:micr...OS", True),
        ("3.4.5-6", "2.0.0-0", True),
        ("Saved", "Failed to save", False),
        ("one\ntwo", "one", False),
        ("one\ntwo", "...", False),
    ],
)
def test_a_transcript_that_is_wrong_would_be_found(told: str, shown: str, same: bool) -> None:
    assert matches(told, shown) is same
