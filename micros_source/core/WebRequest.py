"""
A request that is not a plain GET of a command: reading it to its end, and the way to what answers it. Imported with the
first such request.
"""

from Config import cfgget
from micropython import const

_MAX_HEAD = const(4096)  # a browser sends 500 to 900 bytes
_MAX_BODY = const(4096)
_REQUEST_MS = const(10000)  # for the whole of it, so a dripping sender does not keep its place


class Refused(Exception):
    """This request gets an error: `status`, `text` for the body, `header` line."""

    def __init__(self, status, text="", header=""):
        self.status = status
        self.text = text
        self.header = header


def header(client, name):
    """Value of a header of the present request, b'' when it is not there; `name` in lower case."""
    start = client.lower.find(b"\n" + name + b":")
    if start < 0:
        return b""
    start += len(name) + 2
    end = client.head.find(b"\n", start)
    return client.head[start : end if end > 0 else len(client.head)].strip()


async def _more(client, view):
    """Adds what comes to `data`; False at the peer's end."""
    size = await client.stream.readinto(view)
    if size:
        client.data += view[:size]
    return size != 0


async def _read_head(client, view):
    """False when the client ends. What follows the head stays in `data`."""
    while True:
        end, gap = client.data.find(b"\r\n\r\n"), 4
        if end < 0:
            end, gap = client.data.find(b"\n\n"), 2
        if 0 <= end <= _MAX_HEAD:
            break
        if len(client.data) > _MAX_HEAD:
            raise Refused(431 if b"\n" in client.data[:_MAX_HEAD] else 414)
        if client.data.strip() == b"exit" or not await _more(client, view):
            return False
    client.head = client.data[:end]
    client.lower = client.head.lower()
    client.data = client.data[end + gap :]
    return True


async def _read_body(client, view):
    if header(client, b"transfer-encoding"):
        raise Refused(411)
    size = header(client, b"content-length") or b"0"
    if not size.isdigit():
        raise Refused(400)
    size = int(size)
    if size > _MAX_BODY:
        raise Refused(413)
    if header(client, b"expect"):
        client.stream.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    while len(client.data) < size:
        if not await _more(client, view):
            raise OSError("ended in the body")
    body, client.data = client.data[:size], client.data[size:]
    return body


def _start_line(client):
    """(method, target)."""
    end = client.head.find(b"\n")
    line = (client.head[:end] if end > 0 else client.head).strip()
    method, _, rest = line.partition(b" ")
    target, _, version = rest.rpartition(b" ")
    if target[:1] != b"/" or version[:5] != b"HTTP/" or not method.isalpha():
        raise Refused(400)
    if version[5:7] != b"1.":
        raise Refused(505)
    client.keep = version != b"HTTP/1.0" and b"close" not in header(client, b"connection").lower()
    return method, target


async def _request(client, view):
    """Answers the request that begins in `data`, whatever it is. False when the client ends."""
    client.phase(_REQUEST_MS, reading=True)
    if not await _read_head(client, view):
        return False
    method, target = _start_line(client)
    if cfgget("auth"):
        from WebAuth import check

        check(client)
    body = b""
    if b"\ncontent-length:" in client.lower or b"\ntransfer-encoding:" in client.lower:
        body = await _read_body(client, view)
    client.phase(0)
    if target[:5] == b"/rest" and target[5:6] in b"/":
        if method == b"GET":
            from WebText import command

            text = command(target[6:])
        else:
            from WebPost import command

            text = command(method, target, body)
        await client.rest(text.strip())
    else:
        from WebPages import answer

        await answer(client, method, target, body)
    return True


async def handle(client, view):
    """Answers one request, of which a part is in `client.data`. False when the client ends."""
    try:
        return await _request(client, view)
    except OSError:
        raise
    except Exception as e:
        from WebRefusal import answer

        return await answer(client, e, view)
    finally:
        client.head = client.lower = b""  # up to 8 kB, and the connection may now wait for long
