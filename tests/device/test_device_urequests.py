"""The node's HTTP client against local servers: every way to send a body, redirects, TLS, limits, broken answers."""

import ast
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from device_node import install_source, run_vm
from web_servers import Answer, Request, WebServer, black_hole, certificate, reply

pytestmark = pytest.mark.vm

HOST = "example.org"
_CODE = """
import asyncio
import urequests

async def one(way, arguments, options):
    try:
        if way == "fetch":
            return await urequests.fetch(*arguments, **options)
        return getattr(urequests, way)(*arguments, **options)
    except Exception as e:
        return type(e).__name__, str(e)

async def main():
    for call in {calls!r}:
        print(repr(await one(*call)))
    print(repr(urequests.host_cache()))

asyncio.run(main())
"""
Call = tuple[str, tuple[object, ...], dict[str, object]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "node"
    place.mkdir()
    install_source(place)
    return place


def calls(folder: Path, wanted: list[Call], **cfg: object) -> list[object]:
    """Results of the calls on a node, errors as (type, text); the host cache is last."""
    out = run_vm(folder, _CODE.replace("{calls!r}", repr(wanted)), online=True, **cfg)
    return [ast.literal_eval(line) for line in out.splitlines()]


def fetch(url: str, method: str = "GET", **options: object) -> Call:
    return ("fetch", (method, url), options)


def chunked(*pieces: str) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x;name=value\r\n%s\r\n" % (len(p.encode()), p.encode()) for p in pieces)


def library(request: Request) -> Answer:
    """A server with an answer of every kind."""
    path = request.path
    texts: dict[str, Answer] = {
        "/length": reply("plain Ő"),
        "/close": b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
        "/chunks": chunked("one ", "two ", "three") + b"0\r\nTrailer: x\r\n\r\n",
        "/split": [bytes([byte]) for byte in chunked("in pieces") + b"0\r\n\r\n"],
        "/continue": b"HTTP/1.1 100 Continue\r\n\r\n" + reply("after all"),
        "/nothing": b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
        "/json": reply('{"a": [1, 2.5, null]}'),
        "/missing": reply("no such page", "404 Not Found"),
        "/once": reply("", "302 Found", "Location: /length"),
        "/deep/relative?a=/b": reply("", "301 Moved Permanently", "Location: other?x=1"),
        "/deep/other?x=1": reply("relative"),
        "/loop": reply("", "302 Found", "Location: /loop"),
        "/see": reply("", "303 See Other", "Location: /echo"),
        "/keep": reply("", "307 Temporary Redirect", "Location: /echo"),
        "/away": reply("", "302 Found", "Location: http://other.org/echo"),
        "/binary": reply(b"\xff\xfe\x00"),
        "/early": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        "/halfchunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nshort",
        "/badchunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "/negative": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        "/badlength": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "/garbage": b"\x00\x01\x02 nonsense\r\n\r\n",
        "/none": None,
        "/longline": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
        "/manyheaders": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000,
        "/endless": [b"HTTP/1.1 200 OK\r\n\r\n", b"z" * 1_000_000],
        "/big": reply("b" * 5000),
    }
    if path.startswith("/echo"):
        return reply(f"{request.method} {path} {request.headers} {request.body.decode()}")
    return texts[path]


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer(library) as running:
        yield running


GOOD = {
    "/length": (200, "plain Ő"),
    "/close": (200, "until the end"),
    "/chunks": (200, "one two three"),
    "/split": (200, "in pieces"),
    "/continue": (200, "after all"),
    "/nothing": (204, ""),
    "/missing": (404, "no such page"),
    "/once": (200, "plain Ő"),
    "/deep/relative?a=/b": (200, "relative"),
}
BAD = {
    "/loop": ("OSError", "too many redirects"),
    "/binary": ("UnicodeError", ""),
    "/early": ("OSError", "answer ended early"),
    "/halfchunk": ("OSError", "answer ended early"),
    "/badchunk": ("ValueError", "invalid syntax for integer with base 16: 'xyz'"),
    "/negative": ("OSError", "bad chunk"),
    "/badlength": ("OSError", "bad length"),
    "/garbage": ("OSError", "no HTTP answer"),
    "/none": ("OSError", "answer ended early"),
    "/longline": ("OSError", "header too long"),
    "/manyheaders": ("OSError", "header too long"),
    "/endless": ("TooLong", "answer too long"),
}


@pytest.mark.parametrize("way", ["fetch", "request"])
def test_every_kind_of_answer_is_understood_and_every_broken_one_is_an_error(
    folder: Path, server: WebServer, way: str
) -> None:
    expected = BAD | GOOD
    wanted: list[Call] = [(way, ("GET", f"http://{HOST}{path}"), {}) for path in expected]
    *found, cache = calls(folder, wanted, services=server.plays(f"{HOST}:80"))
    assert dict(zip(expected, found, strict=True)) == expected
    assert list(cache) == [HOST]


def test_get_post_json_and_headers_arrive_as_they_were_meant(folder: Path, server: WebServer) -> None:
    url = f"http://{HOST}:8080/echo?q=1#part"
    found = calls(
        folder,
        [
            ("get", (url, {"X-Name": "a b"}), {}),
            ("post", (url,), {"data": "text Ő"}),
            ("post", (url,), {"json": {"a": 1}}),
            ("get", (f"http://{HOST}:8080/json",), {"jsonify": True}),
            fetch(url, "DELETE"),
        ],
        services=server.plays(f"{HOST}:8080"),
    )
    get, post, post_json, parsed, delete = server.requests
    assert (get.method, get.path, get.headers["host"], get.headers["x-name"]) == (
        "GET",
        "/echo?q=1",
        f"{HOST}:8080",
        "a b",
    )
    assert get.headers["connection"] == "close"
    assert (post.body.decode(), post.headers["content-length"]) == ("text Ő", "7")
    assert (post_json.json(), post_json.headers["content-type"]) == ({"a": 1}, "application/json")
    assert found[3] == (200, {"a": [1, 2.5, None]})
    assert parsed.path == "/json"
    assert delete.method == "DELETE"


def test_redirects_change_the_method_as_the_standard_says_and_tell_nothing_to_another_host(
    folder: Path, server: WebServer
) -> None:
    secret = {"Authorization": "secret"}
    calls(
        folder,
        [
            fetch(f"http://{HOST}/see", "POST", data="body"),
            fetch(f"http://{HOST}/keep", "POST", data="body"),
            fetch(f"http://{HOST}/once", headers=secret),
            fetch(f"http://{HOST}/away", headers=secret),
        ],
        services=server.plays(f"{HOST}:80", "other.org:80"),
    )
    seen = [(r.method, r.path, r.body, r.headers.get("authorization")) for r in server.requests]
    assert seen[1] == ("GET", "/echo", b"", None)
    assert seen[3] == ("POST", "/echo", b"body", None)
    assert seen[5] == ("GET", "/length", b"", "secret")
    assert seen[7] == ("GET", "/echo", b"", None)


@pytest.mark.parametrize(
    ("url", "options"),
    [
        (f"http://{HOST}/a b", {}),
        (f"http://{HOST}/a\r\nX: y", {}),
        (f"http://{HOST}\r\n/", {}),
        ("ftp://example.org/", {}),
        ("example.org", {}),
        ("http:///path", {}),
        ("http://user:word@example.org/", {}),
        (f"http://{HOST}:port/", {}),
        (f"http://{HOST}/echo", {"headers": {"A": "b\r\nC: d"}}),
        (f"http://{HOST}/echo", {"headers": {"A\r\nC": "d"}}),
        (f"http://{HOST}/echo", {"headers": {"A: b": "d"}}),
        (f"http://{HOST}/echo", {"method": "GET / HTTP/1.1\r\nX:"}),
    ],
)
def test_what_would_smuggle_lines_into_a_request_is_refused_before_anything_is_sent(
    folder: Path, server: WebServer, url: str, options: dict[str, object]
) -> None:
    method = str(options.pop("method", "GET")) if "method" in options else "GET"
    found = calls(folder, [("fetch", (method, url), options)], services=server.plays(f"{HOST}:80"))
    assert found[0][0] == "ValueError"
    assert server.connections == 0


def test_size_and_time_have_limits_that_a_caller_can_set(folder: Path, server: WebServer) -> None:
    never = threading.Event()
    with (
        WebServer(lambda _: [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nslow", never]) as slow,
        black_hole() as (host, port),
    ):
        services = {
            **server.plays(f"{HOST}:80"),
            **slow.plays("slow.org:80"),
            "deaf.org:80": [host, port],
        }
        found = calls(
            folder,
            [
                fetch(f"http://{HOST}/big", limit=5000),
                fetch(f"http://{HOST}/big", limit=4999),
                fetch("http://slow.org/", timeout_ms=300),
                fetch("http://deaf.org/", timeout_ms=300),
                fetch("http://refused.org/"),
                fetch("http://refused.org:81/"),
                fetch("http://unknown.org/"),
            ],
            services={**services, "refused.org:81": ["127.0.0.1", 1]},
        )
    timeout = ("OSError", "[Errno 110] ETIMEDOUT")
    refused = ("OSError", "[Errno 111] ECONNREFUSED")
    assert found[0] == (200, "b" * 5000)
    assert found[1] == ("TooLong", "answer too long")
    assert found[2:6] == [timeout, timeout, refused, refused]
    assert found[6][0] == "OSError"
    assert "unknown host unknown.org" in found[6][1]


def test_a_host_that_moved_is_found_again(folder: Path) -> None:
    code = """
import asyncio, simlink, urequests
async def main():
    urequests.host_cache()["moved.org"] = "127.0.0.9"
    print(await urequests.fetch("GET", "http://moved.org:%d/", timeout_ms=5000))
    print(urequests.host_cache())
asyncio.run(main())
"""
    with WebServer(lambda _: reply("here")) as server:
        out = run_vm(folder, code % server.port, online=True, hosts={"moved.org": "127.0.0.1"})
    assert out.splitlines() == ["(200, 'here')", "{'moved.org': '127.0.0.1'}"]


@pytest.mark.parametrize("way", ["fetch", "request"])
def test_https_is_encrypted_and_verified_when_the_authority_is_on_the_node(
    folder: Path, tmp_path: Path, way: str
) -> None:
    tls, authority = certificate(tmp_path, "safe.org")
    _, stranger = certificate(tmp_path, "other.org")
    (folder / "safe.org.der").write_bytes(authority)
    (folder / "wrong.org.der").write_bytes(stranger)
    with WebServer(lambda _: chunked("over ", "TLS", "!" * 3000) + b"0\r\n\r\n", tls) as server:
        places = [f"{name}:443" for name in ("safe.org", "wrong.org", "unchecked.org")]
        wanted: list[Call] = [(way, ("POST", f"https://{place[:-4]}/"), {"data": "x" * 3000}) for place in places]
        found = calls(folder, wanted, services=server.plays(*places))
    body = "over TLS" + "!" * 3000
    assert (found[0], found[2]) == ((200, body), (200, body))
    assert found[1][0] in ("OSError", "ValueError")
    assert [len(request.body) for request in server.requests] == [3000, 3000]


def test_a_redirect_may_lead_to_https_but_not_back(folder: Path, tmp_path: Path) -> None:
    tls, _ = certificate(tmp_path, HOST)
    with (
        WebServer(lambda _: reply("", "302 Found", f"Location: http://{HOST}/"), tls) as safe,
        WebServer(lambda _: reply("", "301 Moved", f"Location: https://{HOST}/x")) as plain,
    ):
        found = calls(
            folder,
            [fetch(f"http://{HOST}/")],
            services={**safe.plays(f"{HOST}:443"), **plain.plays(f"{HOST}:80")},
        )
    assert found[0] == ("OSError", "redirect from https to http")
    assert [request.path for request in safe.requests] == ["/x"]
