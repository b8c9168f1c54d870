"""A node under attack: it must not crash, hang, leak, execute what it receives, or write outside its place."""

import contextlib
import random
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from device_heap import HeapNode, heap_of, running_compiled
from device_node import PORT, Connection, wait_until
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from mutations import mutated

pytestmark = pytest.mark.vm

_HEAP = 700_000  # small enough that a leak of 2 % of what is free is a few kilobytes
_HANG_S = 5
_LEAK = 0.02
_PATHS = """
from Common import data_logger


def log(name, text="x"):
    return data_logger(name, text)


def read(name):
    return data_logger(name)
"""
_CANARY = """
def run():
    open("canary", "w").close()


run()
"""
VALID = (
    b"hello",
    b"version",
    b"help",
    b"help lm",
    b"conf",
    b"noconf",
    b"dump",
    b"devfid",
    b"soctout 30",
    b"guimeta {}",
    b"system clock",
    b"system info >json",
    b"system alarms",
    b"system rssi",
    b'probe echo 1 -2.5 0x1F "a b" \'c\' key=[1, (2,), {"x": None}]',
    b"probe echo 'two\nlines' \"and $ a prompt\"",
    b"probe state >json",
    b"probe fail 'text'",
    b"task list",
    b"task show system.heartbeat",
    b"task kill system.*",
    b"system heartbeat &",
    b"system heartbeat &&50",
    b"system clock\nsystem rssi\r\nhello",
)
# these end or block the node on purpose and have tests of their own
_WANTED_EFFECTS = (b"reboot", b"webrepl", b"login", b"block", b"heap")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeapNode]:
    """One node for all attacks; the folder above it holds bait. Everything a client may load has been loaded."""
    place = tmp_path_factory.mktemp("place")
    (place / "LM_canary.py").write_text(_CANARY)
    (place / "evil.dat").write_text("not yours\n")
    folder = place / "node"
    folder.mkdir()
    (folder / "LM_paths.py").write_text(_PATHS)
    with running_compiled(folder, _HEAP, aioqueue=8) as started:
        with started.connect() as client:
            for command in (*VALID, b"x" * 2000, b"x" * 2100):
                client.send(command)
                client.until("$ ")
        with started.connect() as client:
            client.ask("probe echo 1")
        yield started


@contextlib.contextmanager
def no_leak(node: HeapNode) -> Iterator[None]:
    """After what happens inside, the node answers and has as much free heap as before."""
    with node.connect() as client:
        before = heap_of(client)["free"]
    yield
    with node.connect() as client:
        client.ask("task kill system.*")

        def free() -> int:
            return heap_of(client)["free"]

        wait_until(lambda: free() >= before * (1 - _LEAK), f"the heap is free again ({free()} of {before})", _HANG_S)
        assert node.process is not None
        assert node.process.poll() is None


class Attacker:
    """Sends packets one after the other; each must be answered or end the session, within the limit."""

    def __init__(self, node: HeapNode) -> None:
        self.node = node
        self.client: Connection | None = None
        self.sent = 0

    def attack(self, packet: bytes) -> None:
        if any(word in packet for word in _WANTED_EFFECTS) or not packet:
            packet = b"?"
        if self.client is None:
            self.client = Connection(self.node.address)
            self.client.socket.settimeout(_HANG_S)
            self._reply()
        self.sent += 1
        self.client.send(packet)
        if not self._reply():
            self.client.socket.close()
            self.client = None

    def _reply(self) -> bool:
        """False: the session has ended."""
        assert self.client is not None
        data = b""
        while not data.endswith(b"$ "):
            try:
                piece = self.client.socket.recv(65536)
            except ConnectionResetError:
                return False
            if not piece:
                return False
            data += piece
        return True

    def close(self) -> None:
        if self.client is not None:
            self.client.socket.close()


def _mutated(random_: random.Random, packet: bytes) -> bytes:
    found = mutated(random_, packet, b"\x00\xff\"'\\()[]{}=&>$ \n\t;,.-_", VALID, longest=20)
    return found[:510]  # longer ones wait 30 ms for more; they have their own test


def test_five_thousand_mutated_commands_neither_crash_nor_hang_nor_leak(node: HeapNode) -> None:
    random_ = random.Random(20)
    attacker = Attacker(node)
    with no_leak(node):
        for _ in range(5000):
            attacker.attack(_mutated(random_, random_.choice(VALID)))
        attacker.close()
    assert attacker.sent == 5000


_words = st.sampled_from([*(word for line in VALID for word in line.split()), b"&", b"&&", b">json", b"../", b"__"])
_packets = st.one_of(
    st.binary(min_size=1, max_size=120),
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(_words, min_size=1, max_size=8).map(b" ".join),
)


def test_five_thousand_generated_packets_neither_crash_nor_hang_nor_leak(node: HeapNode) -> None:
    attacker = Attacker(node)

    @seed(7)
    @settings(
        max_examples=100,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(_packets, min_size=50, max_size=50))
    def attack(packets: list[bytes]) -> None:
        for packet in packets:
            attacker.attack(packet)

    with no_leak(node):
        attack()
        attacker.close()
    assert attacker.sent >= 5000


@pytest.mark.parametrize("line", [b"x" * 1023 + b" ", b"probe echo 1\n" + b"y" * 1011], ids=["one", "many"])
def test_lines_of_four_megabytes_are_refused_while_others_are_served(node: HeapNode, line: bytes) -> None:
    with no_leak(node), node.connect() as attacker, node.connect() as other:
        block = line * 64
        sent = 0
        longest = 0.0
        attacker.socket.setblocking(False)
        while sent < 4 << 20:
            with contextlib.suppress(BlockingIOError):
                sent += attacker.socket.send(block[sent % len(block) :])
            start = time.monotonic()
            other.ask("hello")
            longest = max(longest, time.monotonic() - start)
        attacker.socket.settimeout(_HANG_S)
        assert attacker.until("$ ") == "Shell: command too long\nnode01 $ "
        assert attacker.ask("version") == "2.0.0-0\n"
        assert longest < _HANG_S


def test_of_two_hundred_simultaneous_connections_eight_get_in_and_the_others_are_told(node: HeapNode) -> None:
    with no_leak(node):
        texts: dict[socket.socket, bytes] = {}
        for _ in range(25):
            # eight at once fit the backlog; more would only show how the kernel repeats its SYN
            batch = [socket.socket() for _ in range(8)]
            for one in batch:
                one.setblocking(False)
                one.connect_ex((node.address, PORT))
            waiting = set(batch)
            while waiting:
                ready = select.select(waiting, [], [], _HANG_S)[0]
                assert ready, "a connection is neither served nor refused"
                for one in ready:
                    texts[one] = one.recv(100)
                waiting.difference_update(ready)
        assert list(texts.values()).count(b"node01 $ ") == 8
        assert list(texts.values()).count(b"Connection is busy. Bye!Bye!\n\n") == 192
        for one in texts:
            one.close()
        wait_until(lambda: _gets_in(node), "places are free again", _HANG_S)


def _gets_in(node: HeapNode) -> bool:
    with Connection(node.address) as client:
        return client.socket.recv(100) == b"node01 $ "


def test_slow_senders_stall_nobody(node: HeapNode) -> None:
    with no_leak(node), contextlib.ExitStack() as stack:
        drippers = [stack.enter_context(node.connect()) for _ in range(6)]
        other = stack.enter_context(node.connect())
        longest = 0.0
        for byte in b"system clock and so on, byte by byte" * 8:
            for dripper in drippers:
                dripper.send(bytes([byte]) if byte != 32 else b"_")
            start = time.monotonic()
            assert other.ask("hello").startswith("hello:node01:")
            longest = max(longest, time.monotonic() - start)
        assert longest < _HANG_S


def test_half_open_sockets_leave_nothing_behind(node: HeapNode) -> None:
    with no_leak(node):
        for turn in range(120):
            one = socket.create_connection((node.address, PORT), timeout=_HANG_S)
            one.recv(100)
            if turn % 2:
                one.sendall(b"z" * (turn * 20 + 1))
            if turn % 3 == 0:
                one.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionResetError):
                    while one.recv(4096):
                        pass
            elif turn % 3 == 1:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            one.close()
        wait_until(lambda: _gets_in(node), "places are free again", _HANG_S)


_MODULE_NAMES = (
    "../canary run",
    "/canary run",
    "./../canary run",
    "..canary run",
    "..%2fcanary run",
    "canary/../../canary run",
    "../../LM_canary run",
    "__init__ run",
    "os system",
    "sys exit",
    "_probe echo",
    "probe.__class__ x",
    "probe/../probe calls",
)
_FUNCTION_NAMES = (
    "../x",
    "__class__",
    "__init__",
    "__dict__",
    "__globals__",
    "CALLS.append",
    "sys",
    "asyncio",
    "collect",
    "sleep_ms",
    "_worker",
    "not/../there",
)
_PARAMETERS = (
    '__import__("os").remove("main.py")',
    'open("canary","w")',
    "open('canary','w').close()",
    "exec(\"open('canary', 'w')\")",
    "eval('1')",
    "(lambda: open('canary','w'))()",
    "[open('canary','w') for _ in (1,)]",
    "f\"{open('canary','w')}\"",
    "().__class__.__bases__",
    "__builtins__",
    "globals()",
    "key=__import__('os')",
    "__class__=1",
    "1 if open('canary','w') else 2",
    "1+1",
    "*CALLS",
    "**{'a': 1}",
    "a:=1",
    "`canary`",
    "$(touch canary)",
    "; touch canary",
)
_LOG_NAMES = ("../evil", "../evil.dat", "/evil", "a/../../evil", ".hidden", "sub/evil", "../node/main.py", "..")
_KEYS = ("../x y", "/etc/passwd y", "..", "__class__ y", "../../main.py y", ". y", "guimeta/../x y")


def _tree(place: Path) -> dict[str, bytes]:
    """Every file of the place with its content, but the node's own console and error log."""
    files = (
        path for path in sorted(place.rglob("*")) if path.is_file() and path.name not in ("console.txt", "err.log")
    )
    return {str(path.relative_to(place)): path.read_bytes() for path in files}


def test_path_tricks_and_code_as_parameters_execute_nothing_and_write_nothing(node: HeapNode) -> None:
    commands = [
        *_MODULE_NAMES,
        *(f"probe {name}" for name in _FUNCTION_NAMES),
        *(f"probe same {text}" for text in _PARAMETERS),
        *(f"probe {name} {text}" for name in ("../x", "echo") for text in _PARAMETERS),
        *(f"task show {name}" for name in ("../x", "__class__", "*", ".*")),
        *(f"help {name}" for name in ("../", "lm/../..")),
    ]
    before = _tree(node.folder.parent)
    with no_leak(node), node.connect() as client:
        answered = [command for command in commands if "Core error" not in client.ask(command)]
        assert all(command.startswith(("task ", "help ")) for command in answered), answered
        for name in _LOG_NAMES:
            assert client.ask(f'paths log "{name}"') == "False\n"
            assert client.ask(f'paths read "{name}"') == "False\n"
        client.ask("conf", prompt="[configure] node01 $ ")
        for key in _KEYS:
            assert client.ask(key, prompt="[configure] node01 $ ").endswith(("Invalid key\n", "None\n"))
        client.ask("noconf")
    assert _tree(node.folder.parent) == before
