"""The shell against a bare asyncio server (read 2048, write a constant) in the same VM: alternating rounds, medians.

Then a whole connection (connect, hello, exit), and the 99th percentile of a client's `hello` while the node has other
work.
"""

import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import unix_memory  # noqa: F401 - puts the device tests' helpers on the path
from device_heap import HeapNode, compile_folder
from device_node import Connection
from run import Figure

ROUNDS = 15
ASKS = 600  # in each round
CONNECTIONS = 150
BUSY_ASKS = 3000
BARE_PORT = 9108

_BARE = f"""
import asyncio
from Common import micro_task

REPLY = b"x" * 39


async def _serve(reader, writer):
    while await reader.read(2048):
        writer.write(REPLY)
    writer.close()


async def _run():
    server = await asyncio.start_server(_serve, "0.0.0.0", {BARE_PORT})
    await server.wait_closed()


def start():
    return micro_task("bare.server", _run())


async def _fade():
    for step in range(40):
        sum(range(100))
        await asyncio.sleep_ms(5)


def fade():
    return micro_task("bare.fade", _fade())
"""


def _rate(client: Connection, command: bytes, ends: bytes) -> float:
    """Round trips per second."""
    sock = client.socket
    start = time.perf_counter()
    for _ in range(ASKS):
        sock.sendall(command)
        while not sock.recv(4096).endswith(ends):
            pass
    return ASKS / (time.perf_counter() - start)


def _compared(node: HeapNode, command: bytes) -> tuple[float, float]:
    """Median rates of the command and of the bare server."""
    ours, bare = [], []
    with node.connect() as client, Connection(node.address, BARE_PORT) as other:
        for _ in range(ROUNDS):
            ours.append(_rate(client, command, b"$ "))
            bare.append(_rate(other, command, b"x"))
    return statistics.median(ours), statistics.median(bare)


def _connection_ms(node: HeapNode) -> float:
    times = []
    for _ in range(CONNECTIONS):
        start = time.perf_counter()
        with node.connect() as client:
            client.ask("hello")
            client.send("exit")
            client.rest()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def _percentile_ms(node: HeapNode) -> float:
    """99th percentile of `hello`."""
    times = []
    with node.connect() as client:
        for _ in range(BUSY_ASKS):
            start = time.perf_counter()
            client.ask("hello")
            times.append(time.perf_counter() - start)
            time.sleep(0.0005)  # a client that asks now and then, so that the others get their turn
    return statistics.quantiles(times, n=100)[-1] * 1000


def _during(node: HeapNode, work: Callable[[Connection], None]) -> float:
    """The percentile while another client's thread repeats `work`."""
    stop = threading.Event()

    def repeat() -> None:
        with node.connect() as client:
            while not stop.is_set():
                work(client)

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        return _percentile_ms(node)
    finally:
        stop.set()
        thread.join()


def _fade(client: Connection) -> None:
    client.ask("bare fade")
    time.sleep(0.05)


def _slow(client: Connection) -> None:
    """A long reply that is read in small pieces with pauses, then a command byte by byte."""
    client.send("help lm")
    data = b""
    while not data.endswith(b"$ "):
        data += client.socket.recv(64)
        time.sleep(0.001)
    for byte in b"xyz":
        client.send(bytes([byte]))
        client.until("$ ")
        time.sleep(0.005)


def _loop(client: Connection) -> None:
    client.ask("system info &&20")
    client.ask("system clock &&20")
    time.sleep(0.05)


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "node"
        path.mkdir()
        node = HeapNode(path, aioqueue=8)
        (path / "LM_bare.py").write_text(_BARE)
        compile_folder(path)
        try:
            node.start().wait_shell()
            return _figures(node)
        finally:
            node.stop()


def _figures(node: HeapNode) -> list[Figure]:
    with node.connect() as client:
        client.ask("bare start")
        client.ask("system heartbeat")
    hello, bare = _compared(node, b"hello")
    heartbeat, bare_again = _compared(node, b"system heartbeat")
    return [
        Figure("bare asyncio server, same VM", bare, "1/s"),
        Figure("hello", hello, "1/s", hello / bare, "bare (wanted: 0.70)"),
        Figure("hello round trip", 1000 / hello, "ms"),
        Figure("system heartbeat", heartbeat, "1/s", heartbeat / bare_again, "bare (wanted: 0.50)"),
        _at_most(3, "connect + hello + exit", _connection_ms(node)),
        _at_most(50, "99th percentile, nothing else", _percentile_ms(node)),
        _at_most(50, "99th percentile during fades", _during(node, _fade)),
        _at_most(50, "99th percentile beside a slow client", _during(node, _slow)),
        _at_most(50, "99th percentile beside && loops", _during(node, _loop)),
    ]


def _at_most(limit_ms: float, name: str, value_ms: float) -> Figure:
    return Figure(name, value_ms, "ms", value_ms / limit_ms, f"goal of {limit_ms:g} ms")
