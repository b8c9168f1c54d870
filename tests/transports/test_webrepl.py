"""The WebREPL client against MicroPython's protocol, served by the real VM of a virtual board."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from powercut_node import CutNode

from devtoolkit.errors import BadReplyError, NodeBusyError, NodeError, NodeLockedError, NodeUnreachableError
from devtoolkit.transports.webrepl import WebRepl, WebReplLimits

pytestmark = pytest.mark.vm

PASSWORD = "ADmin123"
CONTENT = bytes(range(256)) * 17 + b"tail"
SHORT = WebReplLimits(login_s=0.5, stall_s=0.5)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CutNode]:
    """A node in update mode."""
    made = CutNode(tmp_path_factory.mktemp("node"), {".if_mode": b"webrepl"}, wait=False)
    try:
        assert made.board.wait_console(20, "WebREPL server started")
        yield made
    finally:
        made.close()


def using(node: CutNode, work: Callable[[WebRepl], Awaitable[object]], password: str = PASSWORD) -> None:
    async def run() -> None:
        async with asyncio.timeout(60), WebRepl.connect(node.board.ip, password) as repl:
            await work(repl)

    asyncio.run(run())


def test_files_go_both_ways_over_one_connection(node: CutNode) -> None:
    async def work(repl: WebRepl) -> None:
        sent: list[int] = []
        received: list[int] = []
        await repl.put("data.bin", CONTENT, sent.append)
        await repl.put("empty", b"")
        assert await repl.get("data.bin", received.append) == CONTENT
        assert await repl.get("empty") == b""
        assert await repl.version() >= (1, 21, 0)
        assert sent == sorted(sent)
        assert received == sorted(received)
        assert (sent[-1], received[-1]) == (len(CONTENT), len(CONTENT))
        assert len(sent) == 5

    using(node, work)


def test_a_wrong_password_is_refused_at_once_and_locks_nothing(node: CutNode) -> None:
    for wrong in ("wrong", "much too long"):
        with pytest.raises(NodeLockedError) as refused:
            using(node, lambda repl: repl.version(), wrong)
        assert wrong not in str(refused.value)
    using(node, lambda repl: repl.version())


def test_a_second_client_is_told_that_the_place_is_taken(node: CutNode) -> None:
    async def work(repl: WebRepl) -> None:
        with pytest.raises(NodeBusyError):
            async with WebRepl.connect(node.board.ip, PASSWORD):
                pass
        assert await repl.version() >= (1, 21, 0)

    using(node, work)


def test_a_missing_file_and_a_missing_folder_end_the_session_with_an_error_that_says_so(node: CutNode) -> None:
    for broken in (lambda repl: repl.get("nosuch"), lambda repl: repl.put("no/such", b"x")):
        with pytest.raises(NodeUnreachableError, match="such"):
            using(node, broken)
    using(node, lambda repl: repl.version())


def test_what_is_typed_runs_and_its_output_comes_back_byte_by_byte(tmp_path: Path) -> None:
    heard = bytearray()

    async def until(end: bytes) -> None:
        while not heard.endswith(end):
            await asyncio.sleep(0.01)

    async def work(repl: WebRepl) -> None:
        listening = asyncio.ensure_future(repl.listen(heard.extend))
        repl.type(b"\x03")  # the loader still watches; then the prompt is there
        await until(b"\r\n>>> ")
        repl.type(b"print(6 * 7, chr(228))\r")
        await until("42 ä\r\n>>> ".encode())
        listening.cancel()

    node = CutNode(tmp_path, {".if_mode": b"webrepl"}, wait=False)
    try:
        assert node.board.wait_console(20, "WebREPL server started")
        using(node, work)
    finally:
        node.close()


def serve(answer: bytes, *, close: bool = False) -> Iterator[int]:
    """A port at which something else answers."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(20)
        import threading

        def run() -> None:
            line, _ = door.accept()
            with line:
                line.recv(4096)
                line.sendall(answer)
                if not close:
                    line.settimeout(20)
                    while line.recv(4096):
                        pass

        thread = threading.Thread(target=run)
        thread.start()
        yield door.getsockname()[1]
        thread.join(20)


@pytest.mark.parametrize(
    ("answer", "close", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", True, BadReplyError),
        (b"220 mail server\r\n", True, BadReplyError),
        (b"", False, BadReplyError),
        (b"", True, NodeBusyError),
    ],
)
def test_what_is_no_webrepl_is_an_error_that_says_so(answer: bytes, close: bool, expected: type[NodeError]) -> None:
    async def visit(port: int) -> None:
        async with WebRepl.connect("127.0.0.1", PASSWORD, port, SHORT):
            pass

    for port in serve(answer, close=close):
        with pytest.raises(expected):
            asyncio.run(visit(port))


def test_where_nothing_listens_the_node_is_not_reachable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]

    async def visit() -> None:
        async with WebRepl.connect("127.0.0.1", PASSWORD, port, SHORT):
            pass

    with pytest.raises(NodeUnreachableError, match="refused"):
        asyncio.run(visit())
