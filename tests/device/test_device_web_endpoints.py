"""Endpoints of load modules: replies of every form, streams, and that neither stalls the others."""

import socket
from collections.abc import Iterator

import pytest
from device_node import Connection, Node, wait_until
from web_client import PORTS, WebConnection, get, request, start_web, web_node

pytestmark = pytest.mark.vm

_PIECES = 5
_MODULE = f"""
import asyncio
from Common import rest_endpoint

_count = 0
_closed = []


def _broken():
    raise ValueError("no camera")


async def _slow():
    await asyncio.sleep_ms(1500)
    return "text/plain", "slow"


def _piece():
    global _count
    _count += 1
    return b"piece %d" % _count if _count % {_PIECES + 1} else None


async def _text_piece():
    await asyncio.sleep_ms(1)
    return "text"


def _stream(piece, kind="multipart/x-mixed-replace"):
    return lambda: (
        kind,
        {{"callback": piece, "content-type": "image/jpeg", "close": lambda: _closed.append(1)}},
    )


def register():
    rest_endpoint("text", lambda: ("text/html", "<p>ä</p>"))
    rest_endpoint("photo", lambda: ("image/jpeg", bytes(range(256)) * 200))
    rest_endpoint("view", lambda: ("image/jpeg", memoryview(bytearray(b"jpeg"))))
    rest_endpoint("file", lambda: ("text/plain", open("big.bin", "rb")))
    rest_endpoint("gone", lambda: ("text/plain", "No camera", 404))
    rest_endpoint("/deep/path/", lambda: ("text/plain", "deep"))
    rest_endpoint("broken", _broken)
    rest_endpoint("slow", _slow)
    rest_endpoint("post", lambda body: ("text/plain", body + body, 201), method="POST")
    rest_endpoint("post", lambda: ("text/plain", "got"))
    rest_endpoint("stream", _stream(_piece))
    rest_endpoint("endless", _stream(_text_piece, "multipart/form-data"))
    rest_endpoint("fails", _stream(_broken))
    return True


def closed():
    return len(_closed)
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    started = web_node(tmp_path_factory.mktemp("web") / "node", aioqueue=4)
    (started.folder / "LM_ends.py").write_text(_MODULE)
    (started.folder / "big.bin").write_bytes(bytes(range(251)) * 100)
    try:
        start_web(started)
        with started.connect() as shell:
            assert shell.ask("ends register") == "True\n"
        yield started
    finally:
        started.stop()


@pytest.fixture
def web(node: Node) -> Iterator[WebConnection]:
    with WebConnection(node.address) as connection:
        yield connection


def _closed(shell: Connection) -> int:
    return int(shell.ask("ends closed"))


def test_an_endpoint_answers_with_text_bytes_and_files(web: WebConnection) -> None:
    text = web.get("/text?refresh=1")
    assert (text.text, text.headers["content-type"]) == ("<p>ä</p>", "text/html; charset=utf-8")
    photo = web.get("/photo")
    assert (photo.body, photo.headers["content-type"]) == (bytes(range(256)) * 200, "image/jpeg")
    assert web.get("/view").body == b"jpeg"
    assert web.get("/file").body == bytes(range(251)) * 100
    gone = web.get("/gone")
    assert (gone.status, gone.reason, gone.text) == (404, "Not Found", "No camera")


def test_an_endpoint_is_found_by_its_name_and_what_follows_it(web: WebConnection) -> None:
    for target in ("/deep/path", "/deep/path/", "/deep/path/more", "/deep/path?x", "/deep%2Fpath"):
        assert web.get(target).text == "deep"
    for target in ("/deep", "/deep/pathological", "/Deep/path"):
        assert web.get(target).status == 404
    names = web.get("/rest").json["result"]["usr_endpoints"]
    assert "deep/path" in names
    assert not any(" " in name for name in names)


def test_a_post_reaches_its_own_callback_with_the_body(web: WebConnection) -> None:
    posted = web.post("/post", b"abc")
    assert (posted.status, posted.body) == (201, b"abcabc")
    assert web.get("/post").text == "got"
    assert web.post("/text", b"abc").status == 405
    assert web.post("/post", bytes(4097)).status == 413


def test_a_failed_callback_is_told_and_logged_once(node: Node, web: WebConnection) -> None:
    for _ in range(3):
        reply = web.get("/broken")
        assert (reply.status, reply.text) == (500, "no camera")
    with node.connect() as shell:
        assert shell.ask("system alarms").count("[ERR][web] broken: no camera") == 1
        shell.ask("system alarms True")


def test_a_stream_sends_its_pieces_and_ends(node: Node, web: WebConnection) -> None:
    with node.connect() as shell:
        before = _closed(shell)
        web.send(request("GET", "/stream"))
        head = web.reply()
        assert head.headers["content-type"] == 'multipart/x-mixed-replace; boundary="micrOS_boundary"'
        body = web.rest()
        pieces = "".join(
            f"\r\n--micrOS_boundary\r\nContent-Type: image/jpeg\r\n\r\npiece {number}"
            for number in range(1, _PIECES + 1)
        )
        assert body.decode() == pieces + "\r\n--micrOS_boundary--\r\n"
        wait_until(lambda: _closed(shell) == before + 1, "the stream's close is called")


def test_a_stream_is_a_task_that_can_be_killed(node: Node, web: WebConnection) -> None:
    web.send(request("GET", "/endless"))
    assert web.reply().headers["content-type"] == 'multipart/form-data; boundary="micrOS_boundary"'
    assert web.multipart(3) == [("image/jpeg", b"text")] * 3
    with node.connect() as shell:
        before = _closed(shell)
        port = web.socket.getsockname()[1]
        tag = next(word for word in shell.ask("task list").split() if word.startswith("web.stream_W"))
        assert tag.endswith(f":{port}")
        assert shell.ask(f"task kill {tag}") == f"Kill: {tag}|True\n"
        web.rest()
        wait_until(lambda: _closed(shell) == before + 1, "the stream's close is called")


def test_a_stream_ends_when_its_client_goes_or_its_callback_fails(node: Node) -> None:
    with node.connect() as shell:
        before = _closed(shell)
        with WebConnection(node.address) as gone:
            gone.send(request("GET", "/endless"))
            gone.reply()
            gone.multipart(1)
            gone.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        wait_until(lambda: _closed(shell) == before + 1, "the stream of a gone client ends")
        assert shell.ask("system alarms") == " OK alarm: 0\n", "a client that goes is no error"
        with WebConnection(node.address) as fails:
            fails.send(request("GET", "/fails"))
            fails.reply()
            assert fails.rest() == b"\r\n--micrOS_boundary--\r\n"
        assert "[ERR][web] fails: no camera" in shell.ask("system alarms")
        shell.ask("system alarms True")


def test_streams_leave_a_place_for_other_requests(node: Node) -> None:
    streams = [WebConnection(node.address) for _ in range(3)]
    try:
        for stream in streams:
            stream.send(request("GET", "/endless"))
            assert stream.reply().status == 200
        with WebConnection(node.address) as fourth:
            fourth.send(request("GET", "/endless"))
            assert fourth.reply().status == 503
        assert get(node, "/rest/probe/echo").status == 200
    finally:
        for stream in streams:
            stream.socket.close()
    with node.connect() as shell:
        wait_until(lambda: "W" not in shell.ask("task show server"), "the streams end with their clients")


def test_streams_and_slow_callbacks_keep_nobody_waiting(node: Node) -> None:
    with WebConnection(node.address) as stream, WebConnection(node.address) as slow, node.connect() as shell:
        stream.send(request("GET", "/endless"))
        stream.reply()
        slow.send(request("GET", "/slow"))
        for _ in range(50):
            stream.multipart(1)
            assert shell.ask("hello").startswith("hello:")
        slow.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            slow.socket.recv(1)
        slow.socket.settimeout(20)
        assert slow.reply().text == "slow"


def test_an_endpoint_switches_the_web_server_on_with_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    off = web_node(tmp_path_factory.mktemp("web") / "off", webui=False)
    (off.folder / "LM_ends.py").write_text(_MODULE)
    try:
        off.start(ports=PORTS).wait_shell()
        with off.connect() as shell:
            shell.send("ends register")
            assert off.wait_exit() is not None
        assert off.stored()["webui"] is True
    finally:
        off.stop()
