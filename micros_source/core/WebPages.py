"""
Pages and module endpoints. Imported with the first request that is not REST.

A page is a file of the folder `web`, or one that lies in the root and has the ending of a page: what else lies there
(settings, keys, logs, programs) is never served.
"""

import os

from Server import ENDPOINTS
from WebRequest import Refused

_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "ico": "image/x-icon",
    "webp": "image/webp",
    "woff2": "font/woff2",
    "txt": "text/plain; charset=utf-8",
    "json": "application/json",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
}
_IN_ROOT = ("html", "css", "js", "svg", "png", "jpg", "gif", "ico")


def _endpoint(method, path):
    """Name of the endpoint that this path reaches, or None."""
    prefix = "" if method == b"GET" else str(method, "ascii") + " "
    while path:
        if prefix + path in ENDPOINTS:
            return prefix + path
        path = path.rpartition("/")[0]
    return None


def _good(name):
    """bool: a plain file name; no `..`, nothing hidden."""
    return name[:1] not in ("", ".") and all(c.isalpha() or c.isdigit() or c in "._-" for c in name)


def _is_file(path):
    try:
        return not os.stat(path)[0] & 0x4000
    except OSError:
        return False


def page(path):
    """(file, content type) of a path, or None."""
    path = path or "index.html"
    kind = path.rpartition(".")[2].lower()
    if kind not in _TYPES or not all(_good(name) for name in path.split("/")):
        return None
    if _is_file("web/" + path):
        return "web/" + path, _TYPES[kind]
    if "/" not in path and kind in _IN_ROOT and _is_file(path):
        return path, _TYPES[kind]
    return None


async def send_file(client, status, kind, file, with_body=True, header=""):
    """Sends an open file from its beginning and closes it."""
    try:
        size = file.seek(0, 2)
        file.seek(0)
        client.stream.write(client.head_of(status, kind, size, header))
        view = memoryview(bytearray(1024))
        while with_body and size > 0:
            count = file.readinto(view)
            if not count:
                raise OSError("the file got shorter")
            await client.write(view[: min(count, size)])
            size -= count
    finally:
        file.close()


async def answer(client, method, target, body):
    """Answers with a page or an endpoint. Raises Refused."""
    path = target.partition(b"?")[0]
    if b"%" in path:
        from WebText import decoded

        path = decoded(path)
    path = str(path, "utf-8")[1:]
    name = _endpoint(method, path)
    if name is not None:
        from WebEndpoint import answer

        await answer(client, name, body)
        return
    found = page(path)
    if found is None and (method == b"GET" or _endpoint(b"GET", path) is None):
        raise Refused(404)
    if method not in (b"GET", b"HEAD") or found is None:
        raise Refused(405, "", "Allow: GET%s\r\n" % (", HEAD" if found else ""))
    await send_file(client, 200, found[1], open(found[0], "rb"), method == b"GET", "Cache-Control: no-cache\r\n")
