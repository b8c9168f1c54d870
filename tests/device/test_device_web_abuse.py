"""The web server under attack: status codes, no crash, no leak, and a shell that does not notice."""

import contextlib
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from device_heap import HeapNode, heap_of
from device_node import Node, wait_until
from module_bench import bench
from mutations import mutated
from web_client import PORTS, WEB_PORT, WebConnection, get, request, start_web, web_node

pytestmark = pytest.mark.vm

_HEAP = 700_000  # small enough that a leak of 2 % of what is free is a few kilobytes
_LEAK = 0.02
_MUTATED = 1200
_VALID = (
    b"GET / HTTP/1.1\r\nHost: node\r\n\r\n",
    b"GET /rest HTTP/1.1\r\n\r\n",
    b"GET /rest/probe/echo/%22a-b%22/-5 HTTP/1.1\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n",
    b"GET /rest/system/help HTTP/1.1\r\nAuthorization: Basic eDp5\r\n\r\n",
    b"GET /web/../page.css?x=%2e HTTP/1.1\r\n\r\n",
    b'POST /rest HTTP/1.1\r\nContent-Length: 21\r\n\r\n{"cmd": "probe echo"}',
    b'POST /rest/probe/echo HTTP/1.1\r\nContent-Length: 12\r\n\r\n{"x": [1, 2]}'[:-1],
    b"POST /rest HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
    b"DELETE /index.html HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
)
# these end or block the node on purpose and have tests of their own
_WANTED_EFFECTS = (b"reboot", b"block", b"heap")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A compiled node on which everything that an attack may load has been loaded."""
    started = web_node(tmp_path_factory.mktemp("web") / "node", _HEAP, compiled=True)
    assert isinstance(started, HeapNode)
    (started.folder / "index.html").write_text("<p>home</p>")
    try:
        start_web(started)
        for packet in _VALID:
            _attack(started, packet)
        _many(started, 20)
        yield started
    finally:
        started.stop()


def _attack(node: Node, packet: bytes) -> bytes:
    """Sends, says that nothing follows, and takes what comes until the node closes."""
    data = b""
    with WebConnection(node.address) as connection, contextlib.suppress(ConnectionError):
        connection.send(packet)
        connection.socket.shutdown(socket.SHUT_WR)
        while piece := connection.socket.recv(65536):
            data += piece
    return data


def _many(node: Node, count: int) -> list[int]:
    """Statuses of so many connections that are open at once; 0: closed without a word."""
    connections = []
    with node.connect() as shell:
        for _ in range(count):
            connections.append(socket.create_connection((node.address, WEB_PORT), timeout=20))
            shell.ask("hello")  # a full listen queue would make the next one wait for a second
    statuses = []
    for connection in connections:
        with connection, contextlib.suppress(ConnectionError):
            data = b""
            with contextlib.suppress(ConnectionError):
                connection.sendall(request("GET", "/rest", "Connection: close"))
            with contextlib.suppress(ConnectionError):
                while piece := connection.recv(4096):
                    data += piece
            statuses.append(int(data.split()[1]) if data else 0)
    return statuses


@contextlib.contextmanager
def _no_leak(node: Node) -> Iterator[None]:
    """After what happens inside, the node answers and has as much free heap as before."""
    with node.connect() as client:
        before = heap_of(client)["free"]
    yield
    with node.connect() as client:

        def free() -> int:
            return heap_of(client)["free"]

        wait_until(lambda: "W" not in client.ask("task show server"), "no web client is registered")
        wait_until(lambda: free() >= before * (1 - _LEAK), f"the heap is free again ({free()} of {before})", 5)
    assert get(node, "/rest").status == 200
    assert node.process is not None
    assert node.process.poll() is None


def test_mutated_requests_neither_crash_nor_hang_nor_leak(node: Node) -> None:
    random_ = random.Random(80)
    answered = 0
    with _no_leak(node):
        for _ in range(_MUTATED):
            packet = mutated(random_, random_.choice(_VALID), b"\x00\xff\r\n %:/-\"'\\()[]{}=&>.?", _VALID, longest=40)
            if any(word in packet for word in _WANTED_EFFECTS):
                continue
            reply = _attack(node, packet)
            assert reply == b"" or reply.startswith(b"HTTP/1.1 "), (packet, reply)
            answered += reply != b""
    assert answered > _MUTATED // 2


@pytest.mark.parametrize(
    ("start", "status"),
    [(b"GET /", 414), (b"GET / HTTP/1.1\r\nX: ", 431), (b"GET / HTTP/1.1\r\n", 431)],
    ids=["address", "one header", "many headers"],
)
def test_a_megabyte_of_head_is_refused_while_others_are_served(node: Node, start: bytes, status: int) -> None:
    line = b"X-More: 1\r\n" if start.endswith(b"\n") else b"x" * 11
    with _no_leak(node), WebConnection(node.address) as attacker, node.connect() as shell:
        attacker.send(start)
        with contextlib.suppress(ConnectionError):
            for _ in range(16):
                attacker.send(line * 6000)
                assert shell.ask("hello").startswith("hello:")
        assert attacker.reply().status == status


def test_a_body_that_is_too_long_or_never_ends_is_refused(node: Node) -> None:
    deep = b"[" * 2000 + b"]" * 2000
    nested = request("POST", "/rest/probe/echo", f"Content-Length: {len(deep)}") + deep
    # The collector takes any word on the stack for a pointer and may keep one such value; what grows is a leak.
    _attack(node, nested)
    with _no_leak(node):
        head = request("POST", "/rest", "Content-Length: 100000000")
        assert _attack(node, head + b"x" * 100_000).startswith(b"HTTP/1.1 413 ")
        assert _attack(node, request("POST", "/rest", "Content-Length: 50") + b"short") == b""
        assert _attack(node, b'POST /rest HTTP/1.1\r\nContent-Length: 4096\r\n\r\n"' + b"[" * 4095) != b""
        reply = _attack(node, nested)
        assert reply.split()[1] in (b"400", b"500")


def test_two_hundred_connections_are_served_or_refused_and_the_shell_does_not_notice(node: Node) -> None:
    with _no_leak(node), node.connect() as shell:
        statuses = _many(node, 200)
        assert shell.ask("hello").startswith("hello:")
        assert set(statuses) <= {0, 200, 503}
        assert statuses.count(200) >= 8
        assert 503 in statuses or 0 in statuses


def test_busy_places_are_not_given_away_and_the_rest_is_told_so(node: Node) -> None:
    held = [WebConnection(node.address) for _ in range(8)]
    try:
        for connection in held:
            connection.send(b"GET /rest HTTP/1.1\r\n")  # begun, not ended
        with node.connect() as shell:
            wait_until(lambda: shell.ask("task show server").count("W") == 8, "all places are taken")

            def refused() -> bool:
                with WebConnection(node.address) as late:
                    reply = late.reply()
                    assert reply.headers["retry-after"] == "1"
                    return reply.status == 503

            assert refused()
            assert shell.ask("hello").startswith("hello:")
        held[0].send(b"\r\n")
        assert held[0].reply().status == 200
        assert get(node, "/rest").status == 200, "the place of an idle connection is given away"
    finally:
        for connection in held:
            connection.socket.close()


def test_a_sender_that_drips_is_cut_off_by_the_total_time(tmp_path: Path) -> None:
    settings = {"webui": True, "aioqueue": 3}
    with bench(tmp_path / "node", settings=settings, config={"ports": PORTS}) as b:
        address = b.node.address
        with WebConnection(address) as head, WebConnection(address) as body, WebConnection(address) as idle:
            head.send(b"GET /rest HTTP/1.1\r\n")
            body.send(b"POST /rest HTTP/1.1\r\nContent-Length: 100\r\n\r\n")
            assert idle.get("/rest").status == 200
            for _ in range(4):
                b.set("leap", ms=2_700)
                with contextlib.suppress(ConnectionError):
                    head.send(b"X")
                    body.send(b"x")
            assert head.reply().status == 408
            assert body.reply().status == 408
            assert idle.get("/rest").status == 200
            b.set("leap", ms=101_000)
            assert idle.is_closed()


def test_a_client_that_takes_nothing_loses_its_place(tmp_path: Path) -> None:
    files = {
        "LM_big.py": 'from Common import rest_endpoint\n\n\ndef start():\n    return rest_endpoint("big", _big)\n\n\n'
    }
    files["LM_big.py"] += (
        'def _big():\n    return "multipart/form-data", {"callback": _piece, "content-type": "a/b"}\n\n\n'
    )
    files["LM_big.py"] += "def _piece():\n    return bytes(50000)\n"
    with bench(tmp_path / "node", settings={"webui": True}, config={"ports": PORTS}, files=files) as b:
        b.call("big start")
        with WebConnection(b.node.address) as lazy:
            lazy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            lazy.send(request("GET", "/big"))
            wait_until(lambda: "web.stream" in b.call("task list"), "the stream runs")
            listed = b.call("task show server")
            assert "W" in listed
            # leaps until the last segment has waited 30 s for the client
            wait_until(lambda: b.set("leap", ms=5_000) and "W" not in b.call("task show server"), "it is gone")
        assert "[ERR]" not in b.call("system alarms")
