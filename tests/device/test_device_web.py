"""The web server by raw bytes: the grammar of GET, POST, status codes, connections, pages, passwords."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from device_node import Node, wait_until
from web_client import Reply, WebConnection, basic, get, request, start_web, web_node

pytestmark = pytest.mark.vm

_PAGE = "<!doctype html><title>Über</title>"
_MODULE = """
import asyncio
from Common import rest_endpoint


def register():
    return rest_endpoint("hello", lambda: ("text/plain", "hi"))


async def slow(ms):
    await asyncio.sleep_ms(ms)
    return {"waited": ms}


def leak():
    from Config import cfgget

    return {"all": [cfgget("appwd"), cfgget("stapwd")], "name": cfgget("devfid")}


def told():
    from Config import cfgget

    return "my passwords: %s %s" % (cfgget("appwd"), cfgget("stapwd"))


def looks_like_json():
    return "{broken"
"""
# As iOS shortcuts send a "Get Contents of URL", padded to 512 bytes of headers.
_PHONE = (
    "Accept: */*",
    "User-Agent: BackgroundShortcutRunner/2607.1.3 CFNetwork/1410.0.3 Darwin/22.6.0",
    "Accept-Language: de-DE,de;q=0.9",
    "Accept-Encoding: gzip, deflate",
    "Connection: keep-alive",
)


def _prepared(node: Node) -> Node:
    (node.folder / "LM_webtest.py").write_text(_MODULE)
    (node.folder / "index.html").write_text(_PAGE)
    (node.folder / "web" / "more").mkdir(parents=True)
    (node.folder / "web" / "more" / "page.css").write_text("p {}")
    (node.folder / "web" / "data.json").write_text("[1]")
    (node.folder / "web" / "big.txt").write_text("0123456789" * 2000)
    (node.folder / "web" / ".hidden.html").write_text("hidden")
    (node.folder / "web" / "prog.py").write_text("x = 1")
    (node.folder / ".appwd.key").write_text("secret")
    (node.folder / "notes.txt").write_text("private")
    return start_web(node)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    started = web_node(tmp_path_factory.mktemp("web") / "node")
    try:
        yield _prepared(started)
    finally:
        started.stop()


@pytest.fixture
def web(node: Node) -> Iterator[WebConnection]:
    with WebConnection(node.address) as connection:
        yield connection


def _padded(target: str) -> bytes:
    """A phone's request with exactly 512 bytes of headers."""
    bare = request("GET", target, *_PHONE, "X-Pad: ")
    headers = len(bare.partition(b"\r\n")[2])
    return request("GET", target, *_PHONE, "X-Pad: " + "x" * (512 - headers))


@pytest.mark.parametrize(
    ("target", "result"),
    [
        ("/rest/probe/echo/1/2", "((1, 2), [])"),
        ("/rest/probe/echo-1-2", "((1, 2), [])"),
        ("/rest/probe-echo-1-2-", "((1, 2), [])"),
        ("/rest/probe/echo/%22one/word%22", "(('one word',), [])"),
        ("/rest/probe/echo/%E2%80%9Cone/word%E2%80%9D", "(('one word',), [])"),
        ("/rest/probe/echo/%e2%80%9cx%e2%80%9d", "(('x',), [])"),
        ("/rest/probe/echo/“x”", "(('x',), [])"),
        ("/rest/probe/echo/key=%22value%22", "((), [('key', 'value')])"),
        ("/rest/probe/echo/key=%E2%80%9Cvalue%E2%80%9D/3", None),
        ("/rest/probe/echo/%22a-b%22", "(('a-b',), [])"),
        ("/rest/probe/echo/'2024-05-01'", "(('2024-05-01',), [])"),
        ("/rest/probe/echo/%27a-b%27", "(('a-b',), [])"),
        ("/rest/probe/echo/-5/x=-6", "((-5,), [('x', -6)])"),
        ("/rest/probe-echo--5", "((-5,), [])"),
        ("/rest/probe/echo/[-1,-2]", "(([-1, -2],), [])"),
        ("/rest/probe/echo/2024-05-01", "((2024, 5, 1), [])"),
        ("/rest/probe/echo/%22a%20b%3E%2Fc%2Dd%22", "(('a b>/c-d',), [])"),
        ('/rest/probe/echo/"raw/quotes"', "(('raw quotes',), [])"),
        ("/rest/probe/echo/%22%C3%A4%22", "(('\\xe4',), [])"),
        ("/rest/probe/echo/%22it's%22", '(("it\'s",), [])'),
        (r"/rest/probe/echo/%22a\%22-b%22", "(('a\"-b',), [])"),
        ("/rest/probe//echo//1/", "((1,), [])"),
        ("/rest/probe/echo/1%2B1", None),
    ],
)
def test_a_get_is_read_as_phones_write_it(web: WebConnection, target: str, result: str | None) -> None:
    for packet in (request("GET", target), _padded(target)):
        web.send(packet)
        reply = web.reply()
        assert reply.headers["content-type"] == "application/json"
        if result is None:
            assert (reply.status, reply.json["state"]) == (400, False)
        else:
            assert (reply.status, reply.json) == (200, {"result": result, "state": True})


def test_the_node_says_what_it_is(node: Node, web: WebConnection) -> None:
    wanted = {"result": {"micrOS": "2.0.0-0", "node": "node01"}, "state": True}
    assert web.get("/rest").json == web.get("/rest/").json == wanted
    assert web.get("/rest/webtest/register").json["result"] == "True"
    wanted["result"]["usr_endpoints"] = ["hello"]
    assert web.get("/rest").json == web.post("/rest", b"").json == wanted
    assert get(node, "/hello").text == "hi"


def test_results_have_the_types_of_the_rest_grammar(web: WebConnection) -> None:
    info = web.get("/rest/system/info").json["result"]
    assert info["upython"].startswith("v1.")
    assert "heartbeat" in web.get("/rest/system/help").json["result"]
    assert web.get("/rest/system/heartbeat").json == {"result": "<3 heartbeat <3", "state": True}
    assert web.get("/rest/probe/same/[1,2]").json["result"] == "[1, 2]", "a list is text, only dict and help are not"
    assert web.get("/rest/probe/same/5").json["result"] == "5"
    assert web.get("/rest/webtest/looks_like_json").json["result"] == "{broken"
    assert "LM_webtest.py" in web.get("/rest/lmpacman/listmods").json["result"].split("\n"), "streamed lines"


def test_tasks_work_over_rest_and_free_words_do_not(web: WebConnection) -> None:
    assert web.get("/rest/probe/work").json["state"]
    assert "worker" in web.get("/rest/task/list").json["result"]["active"]
    assert web.get("/rest/task/show/worker").json["state"]
    assert web.get("/rest/task/kill/worker").json == {"result": "Kill: worker|True", "state": True}
    assert web.get("/rest/task/kill/no.such").status == 404
    for word in ("hello", "version", "conf", "dump", "reboot", "webrepl", "help"):
        reply = web.get(f"/rest/{word}")
        assert (reply.status, reply.json["state"]) == (400, False)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/rest/nosuch/thing", 404),
        ("/rest/probe/nosuch", 404),
        ("/rest/probe/_worker", 404),
        ("/rest/probe/echo/word", 400),
        ("/rest/probe/echo/(", 400),
        ("/rest/probe/same", 400),
        ("/rest/probe/same/wrong=1", 400),
        ("/rest/probe/fail", 500),
    ],
)
def test_a_failed_call_has_a_status_and_the_same_json(web: WebConnection, target: str, status: int) -> None:
    reply = web.get(target)
    assert reply.status == status
    assert set(reply.json) == {"result", "state"}
    assert reply.json["state"] is False
    assert reply.json["result"].startswith("Core error: LM_")
    assert web.get("/rest/probe/echo").status == 200, "the connection goes on"


def test_post_takes_a_command_or_parameters(web: WebConnection) -> None:
    def result(target: str, body: object) -> object:
        reply = web.post(target, body, "Content-Type: application/json")
        assert reply.status == 200, reply
        return reply.json["result"]

    assert result("/rest", {"cmd": "probe echo 'a-b' -5"}) == "(('a-b', -5), [])"
    assert result("/rest/probe/echo", {"y": ["ä'\"", None, True, -1.5]}) == (
        "((), [('y', ['\\xe4\\'\"', None, True, -1.5])])"
    )
    assert result("/rest/probe/echo", [1, "two & >json", {"k": []}]) == "((1, 'two & >json', {'k': []}), [])"
    assert result("/rest/probe/echo", b"") == "((), [])"
    for body in (b"{", b"5", b'"x"', b'{"a b": 1}', b"\xff"):
        assert web.post("/rest/probe/echo", body).status == 400
    assert web.post("/rest", {"command": "x"}).status == 400
    assert web.post("/rest", {"cmd": "conf"}).json["state"] is False
    expect = request("POST", "/rest", "Content-Length: 29", "Expect: 100-continue")
    web.send(expect)
    assert web.reply().status == 100
    web.send(b'{"cmd": "probe echo 1 2 3 4"}')
    assert web.reply().json["result"] == "((1, 2, 3, 4), [])"


@pytest.mark.parametrize(
    ("packet", "status"),
    [
        (b"GET /rest HTTP/1.1\r\n\r\n", 200),
        (b"GET /rest HTTP/1.1\n\n", 200),
        (b"GET /rest HTTP/1.0\r\n\r\n", 200),
        (b"HEAD / HTTP/1.1\r\n\r\n", 200),
        (b"GET /rest\r\n\r\n", 400),
        (b"\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
        (b"G\xc3T / HTTP/1.1\r\n\r\n", 400),
        (b"GET rest HTTP/1.1\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\n\r\n", 400),
        (b"GET /rest/probe/echo/\xff HTTP/1.1\r\n\r\n", 400),
        (b"GET /rest/%zz HTTP/1.1\r\n\r\n", 400),
        (b"GET /rest/%f HTTP/1.1\r\n\r\n", 400),
        (b"GET /nosuch HTTP/1.1\r\n\r\n", 404),
        (b"GET /restful HTTP/1.1\r\n\r\n", 404),
        (b"DELETE /rest HTTP/1.1\r\n\r\n", 405),
        (b"HEAD /rest/system/heartbeat HTTP/1.1\r\n\r\n", 405),
        (b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 405),
        (b"POST /rest HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /rest HTTP/1.1\r\nContent-Length: 4097\r\n\r\n", 413),
        (b"POST /rest HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /rest HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n", 400),
        (b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 5000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
    ],
)
def test_every_request_gets_the_status_it_deserves(node: Node, packet: bytes, status: int) -> None:
    with WebConnection(node.address) as connection:
        connection.send(packet)
        reply = connection.reply(with_body=not packet.startswith(b"HEAD /"))
        assert reply.status == status
        if status >= 400:
            assert reply.body in (f"{status} {reply.reason}".encode(), b"")
            assert reply.headers["content-type"] == "text/plain"
        if packet.startswith(b"GET /rest HTTP/1.0") or status in (413, 414, 431, 505):
            assert reply.headers["connection"] == "close"


def test_one_connection_serves_many_requests_however_they_are_cut(web: WebConnection) -> None:
    for _ in range(20):
        assert web.get("/rest/probe/echo").status == 200
    for byte in request("GET", "/rest/probe/echo/7"):
        web.send(bytes([byte]))
    assert web.reply().json["result"] == "((7,), [])"
    web.send(b"".join(request("GET", f"/rest/probe/echo/{number}") for number in range(5)))
    assert [web.reply().json["result"] for _ in range(5)] == [f"(({number},), [])" for number in range(5)]
    post = request("POST", "/rest", "Content-Length: 22") + b'{"cmd": "probe echo"} '
    web.send(post[:60] + b"")
    web.send(post[60:] + request("GET", "/rest/probe/echo/8", "CONNECTION: Close"))
    assert web.reply().json["result"] == "((), [])"
    assert web.reply().json["result"] == "((8,), [])"
    assert web.is_closed()


def test_a_session_ends_by_exit_and_by_the_peer(node: Node) -> None:
    with WebConnection(node.address) as connection:
        connection.send(b"exit")
        assert connection.is_closed()
    with node.connect() as shell:
        wait_until(lambda: "W" not in shell.ask("task show server"), "no web client is registered")


def test_pages_come_from_their_places_and_from_nowhere_else(node: Node, web: WebConnection) -> None:
    page = web.get("/")
    assert (page.status, page.text, page.headers["content-type"]) == (200, _PAGE, "text/html; charset=utf-8")
    assert web.get("/index.html?x=1").text == _PAGE
    assert web.get("/more/page.css").headers["content-type"] == "text/css; charset=utf-8"
    assert web.get("/more%2fpage.css").text == "p {}"
    assert web.get("/data.json").json == [1]
    assert web.get("/big.txt").text == "0123456789" * 2000
    web.send(request("HEAD", "/big.txt"))
    assert web.reply(with_body=False).headers["content-length"] == "20000"
    (node.folder / "index.html").unlink()
    missing = web.get("/")
    (node.folder / "index.html").write_text(_PAGE)
    assert (missing.status, missing.body, missing.headers["content-type"]) == (404, b"404 Not Found", "text/plain")


@pytest.mark.parametrize(
    "target",
    [
        "/node_config.json",
        "/../node_config.json",
        "/web/../node_config.json",
        "/%2e%2e/node_config.json",
        "/..%2fnode_config.json",
        "/more/..%2f..%2fnode_config.json",
        "/more/../../index.html",
        "/./node_config.json",
        "//node_config.json",
        "/%2fetc/passwd",
        "/\\..\\node_config.json",
        "/node_config.json%00.html",
        "/.appwd.key",
        "/.hidden.html",
        "/main.py",
        "/prog.py",
        "/LM_probe.py",
        "/err.log",
        "/notes.txt",
        "/web",
        "/web/",
        "/more",
        "/more/",
    ],
)
def test_path_tricks_reach_no_other_file(web: WebConnection, target: str) -> None:
    assert web.get(target).status == 404


def test_secrets_are_masked_whatever_a_module_gives_out(web: WebConnection) -> None:
    leak = web.get("/rest/webtest/leak")
    assert leak.json == {"result": {"all": ["********", "********"], "name": "node01"}, "state": True}
    assert web.get("/rest/webtest/told").json["result"] == "my passwords: ******** ********"


def test_a_slow_call_keeps_neither_the_shell_nor_other_requests_waiting(node: Node, web: WebConnection) -> None:
    with WebConnection(node.address) as waiting, node.connect() as shell:
        waiting.send(request("GET", "/rest/webtest/slow/1500"))
        for _ in range(50):
            assert shell.ask("hello").startswith("hello:")
            assert web.get("/rest/probe/echo").status == 200
        waiting.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            waiting.socket.recv(1)
        waiting.socket.settimeout(20)
        assert waiting.reply().json == {"result": {"waited": 1500}, "state": True}


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node that asks for its password."""
    started = web_node(tmp_path_factory.mktemp("web") / "locked", auth=True, appwd="geheim77")
    try:
        yield _prepared(started)
    finally:
        started.stop()


def _ask(node: Node, source: str, target: str, *headers: str) -> Reply:
    """One request from a loopback address of choice: each has a lock-out of its own."""
    with WebConnection(node.address, source=source) as connection:
        return connection.get(target, *headers)


@pytest.mark.parametrize("target", ["/rest", "/rest/system/heartbeat", "/", "/nosuch"])
def test_with_auth_on_everything_asks_for_the_password(locked: Node, target: str) -> None:
    refused = _ask(locked, "127.0.0.2", target)
    assert refused.status == 401
    assert refused.headers["www-authenticate"] == 'Basic realm="node01", charset="UTF-8"'
    assert _ask(locked, "127.0.0.2", target, basic("geheim77")).status == (404 if target == "/nosuch" else 200)


def test_a_wrong_password_locks_the_address_out_of_web_and_shell(locked: Node) -> None:
    def wrong() -> Reply:
        return _ask(locked, "127.0.0.3", "/rest", basic("falsch99"))

    assert wrong().status == 401
    second = _ask(locked, "127.0.0.3", "/rest", basic("geheim77"))
    assert (second.status, second.headers["retry-after"]) == (429, "1")
    assert _ask(locked, "127.0.0.4", "/rest", basic("geheim77")).status == 200, "another address is not concerned"
    wait_until(lambda: _ask(locked, "127.0.0.3", "/rest", basic("geheim77")).status == 200, "the wait is over")
    for broken in ("Authorization: Basic !!!", "Authorization: Basic", "Authorization: Bearer geheim77"):
        wait_until(lambda header=broken: _ask(locked, "127.0.0.5", "/rest", header).status == 401, broken)


def test_with_webui_off_nothing_listens_and_nothing_is_loaded(tmp_path: Path) -> None:
    plain = web_node(tmp_path / "node", webui=False)
    try:
        plain.start(ports={"80": 8080}).wait_shell()
        with pytest.raises(ConnectionRefusedError):
            WebConnection(plain.address)
        with plain.connect() as shell:
            assert "Web" not in shell.ask("lmpacman module").replace("WebRepl", "")
    finally:
        plain.stop()
