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
                # The node may have given this host up, in the middle of a script too.
                with contextlib.suppress(ConnectionError):
                    self._play(connection, script)

    def _play(self, connection: socket.socket, script: Sequence[bytes | None]) -> None:
        for piece in script:
            if piece is None:
                self.heard.append(connection.recv(2048))
            else:
                connection.sendall(piece)
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


def out_of(node: Bench, tag: str) -> str:
    """Output of a finished task."""
    node.until(lambda _: f"No        {tag}" in node.ask("task list"))
    return node.ask(f"task show {tag}")


def test_the_suffix_sends_any_command_as_it_stands(node: Bench) -> None:
    answer = [b"cook $ ", None, b"hot\ncook $ "]
    with peer(node, "cook", *[answer] * 5) as other:
        shown = node.ask("rgb color 1 2 3 >>cook.local")
        assert shown == " verdict: Task started: task show con.cook.rgb\n tag: con.cook.rgb"
        assert out_of(node, "con.cook.rgb") == "hot"
        assert node.json("task list >>cook.local")["tag"] == "con.cook.task"
        assert out_of(node, "con.cook.task") == "hot"
        node.ask("system info >json >>cook.local")
        assert out_of(node, "con.cook.system") == "hot"
        node.ask(f"demo add \">>\" 'a b' &&500 >>{other.address}")
        assert out_of(node, f"con.{'.'.join(other.address.split('.')[2:])}.demo") == "hot"
        assert "[intercon]" not in node.ask("demo hello '>>'")
    assert [heard for heard in other.heard if heard not in (b"", b"exit")] == [
        b"rgb color 1 2 3",
        b"task list",
        b"system info >json",
        b"demo add \">>\" 'a b' &&500",
    ]


@pytest.mark.parametrize("command", ["system clock >>", ">>cook.local", ">>"])
def test_a_suffix_without_host_or_command_is_explained(node: Bench, command: str) -> None:
    assert node.ask(command) in ("Shell: <command> >>host", node.ask("unknown"))


def test_a_boothook_commands_another_node_once_the_network_is_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    other = Peer([b"far $ ", None, b"ok\nfar $ "])
    hook = {"boothook": "system clock >>far.local; system heartbeat"}
    try:
        with bench(tmp_path_factory.mktemp("hook"), settings=hook, config={"hosts": {"far.local": other.address}}) as b:
            assert out_of(b, "con.far.system") in ("ok", "")
            b.ask("system clock >>far.local")
            b.until(lambda _: other.heard)
    finally:
        other.close()
    assert other.heard[0] == b"system clock"


LOCKED = [b"[password] vault $ ", None, b"AuthOk\nvault $ ", None, b"gold\nvault $ "]


def test_a_kept_password_opens_the_node_it_was_kept_for(node: Bench) -> None:
    assert node.call("intercon allow 'vault.local' 'Sesam7xyz'") == "True"
    with peer(node, "vault", LOCKED, [b"[password] vault $ ", None, b"AuthFailed\nBye!\n"]) as other:
        assert sent(node, "vault", "system clock") == ("gold", "2.0.0-0")
        out, streamed = sent(node, "vault", "system clock")
    assert out == ""
    assert "[intercon] vault.local: refuses the password" in streamed
    assert other.heard[:2] == [b"Sesam7xyz", b"system clock"]
    with peer(node, "vault", *[[b"[password] thief $ "]] * 4) as thief:
        sent(node, "vault", "system clock")
    assert set(thief.heard) == {b""}, "a host of another name hears no password"
    assert node.call("intercon allow 'vault.local' ''") == "True"
    with peer(node, "vault", [b"[password] vault $ "]) as other:
        assert "wants a password" in sent(node, "vault", "system clock")[1]
    assert node.files(".peers.key") == "{}"


def test_a_node_with_auth_on_shows_its_own_password(tmp_path_factory: pytest.TempPathFactory) -> None:
    prompt = "[password] node01 $ "
    other = Peer(LOCKED)
    folder = tmp_path_factory.mktemp("auth")
    hook = {"auth": True, "appwd": "Sesam7xyz"}
    try:
        config = {"hosts": {"vault.local": other.address}}
        with bench(folder, settings=hook, config=config) as b, b.node.connect(prompt) as shell:
            shell.ask("Sesam7xyz")
            shell.ask("system clock >>vault.local")
            b.until(lambda _: b"system clock" in other.heard)
    finally:
        other.close()
    assert other.heard[0] == b"Sesam7xyz"


def test_a_host_that_moved_is_looked_up_again(node: Bench) -> None:
    with peer(node, "gypsy", [b"gypsy $ ", None, b"one\ngypsy $ "]):
        assert sent(node, "gypsy", "system clock")[0] == "one"
    with peer(node, "gypsy", [b"gypsy $ ", None, b"two\ngypsy $ "]) as other:
        assert sent(node, "gypsy", "system clock")[0] == "two"
        assert node.json("intercon addr_cache")["gypsy.local"] == other.address


def given_up(node: Bench, tag: str, after_s: int) -> None:
    """The task ends when so much time has passed since its last step (a leap may come before that step)."""
    node.until(
        lambda _: f"No        {tag}" in node.ask("task list") or not node.set("leap", ms=after_s * 1000)["ok"], 20
    )
    assert node.ask(f"task show {tag}") == ""


def test_a_silent_or_dripping_host_stalls_nobody_and_is_given_up(node: Bench) -> None:
    drip = [b"drip $ ", None, *[b"x"] * 40]
    for name, script, after_s in (("mute", [], 21), ("drip", drip, 61)):
        with peer(node, name, script) as other, node.node.connect() as caller:
            caller.ask(f"system clock >>{name}.local")
            node.until(lambda _, o=other: o.connections)
            assert node.ask("hello").startswith("hello:node01")
            given_up(node, f"con.{name}.system", after_s)


def test_a_host_that_accepts_no_connection_stalls_nobody(node: Bench) -> None:
    with contextlib.ExitStack() as stack:
        address = f"127.{random.randint(64, 126)}.{random.randint(1, 254)}.{random.randint(2, 254)}"
        server = stack.enter_context(socket.create_server((address, PORT), backlog=0))
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(server.getsockname())
        node.set("hosts", hosts={"wall.local": address})
        with node.node.connect() as caller:
            caller.ask("system clock >>wall.local")
        assert node.ask("hello").startswith("hello:node01")
        node.until(lambda _: node.json("intercon addr_cache").get("wall.local"))
        given_up(node, "con.wall.system", 6)


def test_the_address_cache_has_an_end(node: Bench) -> None:
    nobody = f"127.{random.randint(64, 126)}.{random.randint(1, 254)}.{random.randint(2, 254)}"
    node.set("hosts", hosts={f"h{n}.local": nobody for n in range(20)})
    for n in range(20):
        with node.node.connect() as caller:  # the error line of the one before would come after its prompt
            caller.ask(f"system clock >>h{n}.local")
    node.until(lambda _: "Yes       con.h" not in node.ask("task list"))
    assert len(node.json("intercon addr_cache")) <= 16
