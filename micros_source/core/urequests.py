"""
A small HTTP/1.1 client (RFC 9112): chunked bodies, redirects, TLS where the port has it, limits for time and size.

`await fetch(...)` lets everything else go on. `request`, `get` and `post` wait, as ever; they are for modules that were
written for them. An https server is verified when its certificate authority lies in `<host>.der` on the node; without
that file the connection is encrypted only.
"""

import errno
import time

import asyncio
import Resolver
from micropython import const

_SILENCE_MS = const(3000)  # `request`: longest wait for one piece
_TIMEOUT_MS = const(10000)  # for all, redirects included
_LIMIT = const(16384)  # bytes of a body
_LINE = const(1024)
_HEADERS = const(64)
_PIECE = const(256)
_REDIRECTS = const(4)
_HOSTS = const(8)

_addresses = {}


class TooLong(OSError):
    """The answer's body is longer than allowed; `start` holds its first bytes."""

    def __init__(self, start):
        super().__init__("answer too long")
        self.start = start


class _Meanwhile:
    """How `fetch` waits."""

    resolve = staticmethod(Resolver.address)
    ready = staticmethod(Resolver.ready)


class _AtOnce:
    """How `request` waits: nothing else runs."""

    def __init__(self):
        self.end = time.ticks_add(time.ticks_ms(), _TIMEOUT_MS)

    async def resolve(self, host):
        import socket

        return socket.getaddrinfo(host, 0)[0][-1][0]

    async def ready(self, sock, write=False):
        import select

        poller = select.poll()
        poller.register(sock, select.POLLOUT if write else select.POLLIN)
        left = min(_SILENCE_MS, time.ticks_diff(self.end, time.ticks_ms()))
        if left <= 0 or not poller.poll(left):
            raise OSError(errno.ETIMEDOUT)


def _checked(text, what):
    """The text without what would begin a new line or word of the request. Raises ValueError."""
    if any(ord(c) < 33 or ord(c) == 127 for c in text):
        raise ValueError("bad character in the %s" % what)
    return text


def _parts(url):
    """(is it https, host, port, path) of a URL. Raises ValueError."""
    scheme, _, rest = _checked(url, "URL").partition("://")
    cut = min([at for at in (rest.find(c) for c in "/?#") if at >= 0] or [len(rest)])
    host, _, port = rest[:cut].partition(":")
    path = rest[cut:].split("#")[0]
    if scheme.lower() not in ("http", "https") or not host or "@" in host or port and not port.isdigit():
        raise ValueError("no http URL")
    tls = scheme.lower() == "https"
    return tls, host, int(port or (443 if tls else 80)), path if path.startswith("/") else "/" + path


def _joined(url, location):
    """The URL that a redirect means. Raises OSError for one that gives up https."""
    scheme, _, rest = url.partition("://")
    if location.startswith("//"):
        location = scheme + ":" + location
    elif "://" not in location.split("?")[0]:
        host, _, path = rest.partition("/")
        if not location.startswith("/"):
            folder = path.split("?")[0]
            location = "/" + folder[: folder.rfind("/") + 1] + location
        location = "%s://%s%s" % (scheme, host.split("?")[0], location)
    if scheme.lower() == "https" and not location.lower().startswith("https:"):
        raise OSError("redirect from https to http")
    return location


def _head(method, host, path, headers, body):
    lines = ["%s %s HTTP/1.1" % (_checked(method, "method"), path), "Host: " + host, "Connection: close"]
    for name in headers:
        value = str(headers[name])
        if ":" in _checked(name, "header") or any(ord(c) < 32 or ord(c) == 127 for c in value):
            raise ValueError("bad character in the header")
        lines.append("%s: %s" % (name, value))
    if body or method == "POST":
        lines.append("Content-Length: %d" % len(body))
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _secured(sock, host):
    """TLS on a connected socket. Raises OSError or ValueError."""
    try:
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    except (ImportError, AttributeError):
        raise OSError("no TLS on this board")
    context.verify_mode = ssl.CERT_NONE
    try:
        with open(host + ".der", "rb") as f:
            context.load_verify_locations(cadata=f.read())
        context.verify_mode = ssl.CERT_REQUIRED
    except OSError as e:
        if e.errno != errno.ENOENT:
            raise
    return context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)


class _Connection:
    """One exchange. `how` waits; `size` bytes are read at once, `limit` bytes of a body are taken."""

    def __init__(self, how, size, limit):
        self.how = how
        self.size = size
        self.limit = limit
        self.sock = None
        self.data = b""  # read, not yet used

    async def open(self, tls, host, port):
        known = _addresses.get(host)
        try:
            self.sock = await Resolver.connect(known or await self._look_up(host), port, self.how.ready)
        except OSError:
            if not known:
                raise
            self.sock = await Resolver.connect(await self._look_up(host), port, self.how.ready)  # it may have moved
        if tls:
            self.sock = _secured(self.sock, host)

    async def _look_up(self, host):
        _addresses.pop(host, None)
        found = await self.how.resolve(host)
        if len(_addresses) >= _HOSTS:
            _addresses.pop(next(iter(_addresses)))
        _addresses[host] = found
        return found

    async def send(self, data):
        data = memoryview(data)
        while data:
            sent = self.sock.write(data)
            if sent is None:
                await self.how.ready(self.sock, True)
            else:
                data = data[sent:]

    async def more(self):
        """Reads a piece. False at the end of the connection."""
        while True:
            piece = self.sock.read(self.size)
            if piece is not None:
                self.data += piece
                return len(piece) > 0
            await self.how.ready(self.sock)

    async def line(self):
        """One line without its end."""
        while True:
            end = self.data.find(b"\n")
            if end > _LINE or (end < 0 and len(self.data) > _LINE):
                raise OSError("header too long")
            if end >= 0:
                text, self.data = self.data[:end], self.data[end + 1 :]
                return text.decode().strip()
            if not await self.more():
                raise OSError("answer ended early")

    async def head(self):
        """(status code, {header in lower case: value})"""
        words = (await self.line()).split(None, 2)
        if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdigit():
            raise OSError("no HTTP answer")
        headers = {}
        for _ in range(_HEADERS):
            line = await self.line()
            if not line:
                return int(words[1]), headers
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        raise OSError("header too long")

    async def take(self, body, count):
        """Moves `count` bytes into `body`; None: all until the end of the connection."""
        while count is None or count > 0:
            if not self.data and not await self.more():
                if count is None:
                    return
                raise OSError("answer ended early")
            piece = self.data if count is None else self.data[:count]
            self.data = self.data[len(piece) :]
            if len(body) + len(piece) > self.limit:
                raise TooLong(bytes(body) + piece)
            body.extend(piece)
            if count is not None:
                count -= len(piece)

    async def body(self, headers):
        body = bytearray()
        if "chunked" in headers.get("transfer-encoding", "").lower():
            count = 1
            while count:
                count = int((await self.line()).split(";")[0], 16)
                if count < 0:
                    raise OSError("bad chunk")
                await self.take(body, count)
                while await self.line():  # the end of a chunk, or trailers
                    pass
        else:
            count = headers.get("content-length")
            if count is not None and not count.isdigit():
                raise OSError("bad length")
            await self.take(body, None if count is None else int(count))
        return body


async def _exchange(connection, method, parts, headers, body):
    """(status, headers, body) of one request."""
    tls, host, port, path = parts
    name = host if port == (443 if tls else 80) else "%s:%d" % (host, port)
    head = _head(method, name, path, headers, body)
    try:
        await connection.open(tls, host, port)
        await connection.send(head + body)
        status, found = 100, {}
        while 100 <= status < 200:  # 1xx: the answer is still to come
            status, found = await connection.head()
        empty = method == "HEAD" or status in (204, 304)
        return status, found, b"" if empty else await connection.body(found)
    except BaseException:  # a time-out ends it by cancelling
        _addresses.pop(host, None)  # the next try looks the host up again
        raise
    finally:
        if connection.sock:
            connection.sock.close()


async def _follow(how, method, url, data, json, headers, size, jsonify, limit, redirects):
    headers = dict(headers or {})
    headers.setdefault("User-Agent", "micrOS")
    if json is not None:
        from json import dumps

        data = dumps(json)
        headers["Content-Type"] = "application/json"
    body = data.encode() if isinstance(data, str) else data or b""
    for _ in range(redirects + 1):
        parts = _parts(url)
        status, found, answer = await _exchange(_Connection(how, size, limit), method, parts, headers, body)
        if not redirects or status not in (301, 302, 303, 307, 308) or "location" not in found:
            return status, _value(answer, jsonify)
        url = _joined(url, found["location"])
        if status < 307 and method not in ("GET", "HEAD"):
            method, body = "GET", b""
            headers.pop("Content-Type", None)
        if _parts(url)[1] != parts[1]:
            headers = {"User-Agent": headers["User-Agent"]}  # what was meant for one host is not told to another
    raise OSError("too many redirects")


def _value(body, jsonify):
    if jsonify:
        from json import loads

        return loads(body)
    return bytes(body).decode()


async def fetch(
    method,
    url,
    data=None,
    json=None,
    headers=None,
    jsonify=False,
    timeout_ms=_TIMEOUT_MS,
    limit=_LIMIT,
    redirects=_REDIRECTS,
):
    """
    (status code, text of the body, or what its JSON means). `data` is a text or bytes, `json` an object. Raises OSError
    (ETIMEDOUT when the whole takes longer than timeout_ms, TooLong above `limit` bytes), ValueError for a body or URL
    that is none.
    """
    try:
        work = _follow(_Meanwhile, method, url, data, json, headers, _PIECE, jsonify, limit, redirects)
        return await asyncio.wait_for_ms(work, timeout_ms)
    except asyncio.TimeoutError:
        raise OSError(errno.ETIMEDOUT)


def request(method, url, data=None, json=None, headers=None, sock_size=256, jsonify=False):
    """The same, waiting: up to 3 s for each piece of `sock_size` bytes, 10 s for all."""
    work = _follow(_AtOnce(), method, url, data, json, headers, sock_size, jsonify, _LIMIT, _REDIRECTS)
    try:
        work.send(None)
    except StopIteration as e:
        return e.value
    raise OSError(errno.EAGAIN)  # never: nothing in it gives way


def get(url, headers={}, sock_size=256, jsonify=False):
    """`request("GET")`"""
    return request("GET", url, None, None, headers, sock_size, jsonify)


def post(url, data=None, json=None, headers={}, sock_size=256, jsonify=False):
    """`request("POST")`"""
    return request("POST", url, data, json, headers, sock_size, jsonify)


def host_cache():
    """{host: address} of the last hosts that were asked."""
    return _addresses
