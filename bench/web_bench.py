"""REST against a bare asyncio HTTP reply (read 1024, write a constant) in the same VM: alternating rounds, medians.

Then a whole connection (connect, GET, close), the dashboard page, and the shell's 99th percentile while a multipart
stream, a 5 s handler and REST clients are served.
"""

import contextlib
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import unix_memory  # noqa: F401 - puts the device tests' helpers on the path
from device_heap import board_heap, compile_folder
from device_node import Node
from run import Figure
from web_client import WebConnection, get, request, start_web, web_node

from devtoolkit import paths

ROUNDS = 15
ASKS = 500  # in each round
CONNECTIONS = 150
BUSY_ASKS = 3000
BARE_PORT = 9108
FRAME = 12_000  # bytes of a camera's picture in VGA size

_BARE = f"""
import asyncio
from Common import micro_task, rest_endpoint

REPLY = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: 44\\r\\n\\r\\n" + b"x" * 44
FRAME = bytes({FRAME})


async def _serve(reader, writer):
    while await reader.read(1024):
        writer.write(REPLY)
    writer.close()


async def _run():
    server = await asyncio.start_server(_serve, "0.0.0.0", {BARE_PORT})
    await server.wait_closed()


def _stream():
    return "multipart/x-mixed-replace", {{"callback": lambda: FRAME, "content-type": "image/jpeg"}}


async def _slow():
    await asyncio.sleep(5)
    return "text/plain", "done"


def start():
    rest_endpoint("bare/stream", _stream)
    rest_endpoint("bare/slow", _slow)
    return micro_task("bare.server", _run())
"""


def _rate(connection: WebConnection, packet: bytes, ends: bytes) -> float:
    """Round trips per second."""
    sock = connection.socket
    start = time.perf_counter()
    for _ in range(ASKS):
        sock.sendall(packet)
        while not sock.recv(4096).endswith(ends):
            pass
    return ASKS / (time.perf_counter() - start)


def _compared(node: Node, packet: bytes) -> tuple[float, float, float]:
    """Median rates of REST and of the bare server for the same request, and the median ratio of neighbouring rounds."""
    ours, bare = [], []
    with WebConnection(node.address) as client, WebConnection(node.address, BARE_PORT) as other:
        for _ in range(ROUNDS):
            ours.append(_rate(client, packet, b"true}"))
            bare.append(_rate(other, packet, b"x"))
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    return statistics.median(ours), statistics.median(bare), statistics.median(ratios)


def _ms(work: Callable[[], object]) -> float:
    times = []
    for _ in range(CONNECTIONS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def percentile_ms(node: Node, asks: int = BUSY_ASKS) -> float:
    """99th percentile of the shell's `hello`."""
    times = []
    with node.connect() as client:
        for _ in range(asks):
            start = time.perf_counter()
            client.ask("hello")
            times.append(time.perf_counter() - start)
            time.sleep(0.0005)  # a client that asks now and then, so that the others get their turn
    return statistics.quantiles(times, n=100)[-1] * 1000


@contextlib.contextmanager
def _repeating(work: Callable[[], object]) -> Iterator[None]:
    """Another thread repeats `work` meanwhile."""
    stop = threading.Event()

    def repeat() -> None:
        while not stop.is_set():
            work()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _beside_web(node: Node) -> tuple[float, float]:
    """The shell's percentile beside a stream, a waiting handler and REST; frames per second of the stream."""
    frames = 0
    with WebConnection(node.address) as camera, WebConnection(node.address) as rest:
        camera.send(request("GET", "/bare/stream"))
        camera.reply()

        def take() -> None:
            nonlocal frames
            camera.multipart(1)
            frames += 1
            rest.get("/rest/system/clock")

        with _repeating(lambda: get(node, "/bare/slow")), _repeating(take):
            start = time.perf_counter()
            percentile = percentile_ms(node)
            rate = frames / (time.perf_counter() - start)
    return percentile, rate


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        node = web_node(Path(folder) / "node", board_heap(), compiled=True)
        (node.folder / "LM_bare.py").write_text(_BARE)
        compile_folder(node.folder)
        page = paths.micros_source() / "web" / "index.html"
        (node.folder / "index.html").write_bytes(page.read_bytes())
        try:
            start_web(node)
            return _figures(node)
        finally:
            node.stop()


def _figures(node: Node) -> list[Figure]:
    with node.connect() as client:
        client.ask("bare start")
        client.ask("system heartbeat")  # the task has begun to listen
    heartbeat = request("GET", "/rest/system/heartbeat")
    ours, bare, ratio = _compared(node, heartbeat)
    browser = request("GET", "/rest/system/heartbeat", *(f"X-Header-{number}: {'x' * 30}" for number in range(12)))
    ours_long, _, ratio_long = _compared(node, browser)
    percentile, rate = _beside_web(node)
    size = len(get(node, "/").body)
    return [
        Figure("bare asyncio HTTP reply, same VM", bare, "1/s"),
        Figure("REST system heartbeat", ours, "1/s", ratio, "bare (wanted: 0.50)"),
        Figure("the same with 12 more headers", ours_long, "1/s", ratio_long, "bare (wanted: 0.50)"),
        Figure("connect + REST + close", _ms(lambda: get(node, "/rest/system/heartbeat")), "ms"),
        Figure(f"connect + page of {size} bytes", _ms(lambda: get(node, "/")), "ms"),
        Figure("shell, 99th percentile, nothing else", percentile_ms(node), "ms"),
        Figure("beside stream, 5 s handler and REST", percentile, "ms", percentile / 50, "50 ms"),
        Figure(f"stream, pictures of {FRAME} bytes", rate, "1/s"),
    ]
