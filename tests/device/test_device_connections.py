"""Places for clients: the limit, who has to go, and that nobody stalls the others."""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from device_node import Connection, Node, running, wait_until

pytestmark = pytest.mark.vm


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Node]:
    """A node with three places that gives an idle one away after five seconds, the least there is."""
    with running(tmp_path / "node", aioqueue=1, soctout=0) as started:
        yield started


def test_a_full_node_says_busy_and_takes_the_next_when_one_has_left(small: Node) -> None:
    with small.connect() as a, small.connect() as b, small.connect() as c:
        with Connection(small.address) as late:
            assert late.rest() == "Connection is busy. Bye!Bye!\n\n"
        for open_one in (a, b, c):
            assert open_one.ask("version") == "2.0.0-0\n"
        b.send("exit")
        assert b.rest() == "Bye!\n\n"
        with small.connect() as d:
            assert d.ask("version") == "2.0.0-0\n"


def test_a_client_that_only_drips_bytes_has_to_go_and_the_newcomer_is_counted(small: Node) -> None:
    with small.connect() as dripper, small.connect() as b, small.connect() as c:
        evicted = False
        deadline = time.monotonic() + 15
        newcomer = None
        while newcomer is None:
            assert time.monotonic() < deadline
            with contextlib.suppress(OSError):
                dripper.ask("x")
            b.ask("hello")
            c.ask("hello")
            late = Connection(small.address)
            first = late.socket.recv(100).decode()
            if first.startswith("Connection is busy"):
                late.socket.close()
                time.sleep(0.1)
            else:
                newcomer = late
        dripper.socket.settimeout(2)
        with contextlib.suppress(ConnectionResetError):
            evicted = dripper.rest().endswith("Bye!\n\n")
        assert evicted
        ids = newcomer.ask("task show server")
        assert ids.count("S") == 3, "the newcomer has the evicted place"
        with Connection(small.address) as late:
            assert late.rest() == "Connection is busy. Bye!Bye!\n\n"
        newcomer.socket.close()


def test_a_place_is_free_again_when_the_peer_vanishes(small: Node) -> None:
    for _ in range(8):
        with small.connect() as c:
            assert c.ask("hello").startswith("hello:")
            c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    with small.connect() as c:
        wait_until(lambda: c.ask("task show server").count("S") == 1, "only this client is registered")


def test_a_client_that_does_not_read_its_reply_stalls_nobody(small: Node) -> None:
    with small.connect() as lazy, small.connect() as c:
        lazy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        lazy.send("conf")
        lazy.until("$ ")
        lazy.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            for _ in range(2000):
                lazy.socket.send(b"dump\n" * 100)
        start = time.monotonic()
        for _ in range(20):
            assert c.ask("hello").startswith("hello:")
        assert time.monotonic() - start < 5
