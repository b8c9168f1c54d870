"""A node commands another host: which prompts it accepts, how often it tries, what it tells its caller."""

import contextlib
import random
import socket
import threading
from collections.abc import Iterator, Sequence

import pytest
from module_bench import Bench, bench

pytestmark = pytest.mark.vm
PORT = 9008


class Peer:
    """A host that answers each connection with its next script: pieces to send, None: wait for a command."""

    def __init__(self, *scripts: Sequence[bytes | None]) -> None:
        self.address = f"127.{random.randint(64, 126)}.{random.randint(1, 254)}.{random.randint(2, 254)}"
        self.heard: list[bytes] = []
        self.connections = 0
        self._scripts = list(scripts)
        self._server = socket.create_server((self.address, PORT))
        self._server.settimeout(10)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        for script in self._scripts:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                connection.settimeout(10)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for piece in script:
                    if piece is None:
                        self.heard.append(connection.recv(2048))
                    else:
                        connection.sendall(piece)
                with contextlib.suppress(ConnectionError):
                    self.heard.append(connection.recv(2048))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(10)


@contextlib.contextmanager
def peer(node: Bench, name: str, *scripts: Sequence[bytes | None]) -> Iterator[Peer]:
    """A peer that the node knows as `name`.local."""
    other = Peer(*scripts)
    node.set("hosts", hosts={f"{name}.local": other.address})
    try:
        yield other
    finally:
        other.close()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("intercon")) as started:
        yield started


def sent(node: Bench, name: str, command: str) -> tuple[str, str]:
    """(output of the finished task, lines that were streamed to the caller)"""
    with node.node.connect() as caller:
        caller.ask(f"intercon sendcmd '{name}.local' '{command}'")
        tag = f"con.{name}.{command.split()[0]}"
        node.until(lambda _: f"No        {tag}" in node.ask("task list"))
        caller.send("version")
        return node.ask(f"task show {tag}"), caller.until("$ ").rsplit("\n", 2)[0]


def test_an_answer_in_pieces_becomes_one_line_and_the_connection_is_left_politely(node: Bench) -> None:
    with peer(node, "split", [b"spl", b"it $ ", None, b" X: 1\n Y", b": 2\nspl", b"it $ "]) as other:
        assert sent(node, "split", "servo status")[0] == "X: 1  Y: 2"
    assert other.heard == [b"servo status", b"exit"]


def test_a_host_with_another_name_gets_no_command_in_four_tries(node: Bench) -> None:
    with peer(node, "twin", *[[b"stranger $ "]] * 5) as other:
        out, streamed = sent(node, "twin", "servo sduty")
        assert other.connections == 4
    assert out == ""
    assert "[intercon] prompt mismatch: stranger, expected twin" in streamed
    assert set(other.heard) == {b""}


def test_a_busy_host_is_asked_again(node: Bench) -> None:
    busy = [b"Connection is busy. Bye!Bye!\n\n"]
    with peer(node, "crowd", busy, busy, [b"crowd $ ", None, b"done\ncrowd $ "]) as other:
        assert sent(node, "crowd", "system clock")[0] == "done"
    assert other.connections == 3


def test_a_host_that_wants_a_password_is_reported_and_gets_none(node: Bench) -> None:
    with peer(node, "safe", [b"[password] safe $ "]) as other:
        out, streamed = sent(node, "safe", "system clock")
    assert (out, other.heard) == ("", [b""])
    assert "[intercon] safe.local: wants a password" in streamed


def test_configure_mode_and_good_bye_end_an_answer(node: Bench) -> None:
    with peer(
        node, "conf", [b"conf $ ", None, b"[configure] conf $ "], [b"conf $ ", None, b"Reboot.\nBye!\n"]
    ) as other:
        assert sent(node, "conf", "conf")[0] == ""
        assert sent(node, "conf", "reboot")[0] == "Reboot. Bye!"
    assert other.heard == [b"conf", b"exit", b"reboot", b""]


def test_a_missing_host_is_told_to_the_caller_and_the_shell_goes_on(node: Bench) -> None:
    out, streamed = sent(node, "nowhere", "system clock")
    assert out == ""
    assert "[intercon] NoHost: " in streamed
    assert node.call("system heartbeat") == "<3 heartbeat <3"


def test_one_exchange_per_host_and_module_runs_at_a_time(node: Bench) -> None:
    with peer(node, "slow", [b"slow $ ", None, None, b"slow $ "]) as other:
        node.call("intercon sendcmd 'slow.local' 'system clock'")
        node.until(lambda _: other.heard)
        assert node.json("intercon sendcmd host='slow.local' cmd='system top'") == {
            "verdict": "Task is Busy",
            "tag": "con.slow.system",
        }
        assert node.call("task kill con.slow.system") == "Kill: con.slow.system|True"
