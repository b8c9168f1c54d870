"""Replies of load modules' endpoints: texts, bytes, files, multipart streams. Imported with the first of them."""

import asyncio
from Debug import console_write, errlog_add
from micropython import const
from Server import ENDPOINTS, Client, limit
from Tasks import Manager, TaskBase
from WebRequest import Refused
from WebPages import send_file

_PAUSE_MS = const(10)  # least time between two pieces of a stream
_MULTIPART = "multipart/"

_failures = {}  # endpoint -> text of its last error, so that a page that asks again and again is logged once


def _log(name, error):
    text = str(error)
    if _failures.get(name) != text:
        _failures[name] = text
        errlog_add("[ERR][web] %s: %s" % (name, text))


async def _called(function, *args):
    """Result of a plain or an async function."""
    result = function(*args)
    return await result if hasattr(result, "send") else result


async def answer(client, name, body):
    """Calls the endpoint and sends what it gives."""
    try:
        reply = await _called(ENDPOINTS[name], *((body,) if " " in name else ()))
        kind, data = reply[:2]
        status = reply[2] if len(reply) > 2 else 200
        _failures.pop(name, None)
    except Exception as e:
        _log(name, e)
        raise Refused(500, str(e))
    if kind.startswith(_MULTIPART):
        await _in_task(client, name, kind, data)
        return
    if status != 200:
        from WebRefusal import status_line

        status = status_line(status)
    if kind.startswith("text/") and "charset" not in kind:
        kind += "; charset=utf-8"
    if hasattr(data, "readinto"):
        await send_file(client, status, kind, data)
    else:
        await client.send(status, kind, data.encode() if isinstance(data, str) else data)


async def _in_task(client, name, kind, data):
    """Runs a stream as task `web.stream_<client>`; the connection ends with it."""
    streams = sum(1 for c in Client.ACTIVE_CLIS.values() if c.kind == "W" and c.running)
    if streams >= limit() - 1:
        raise Refused(503, "", "Retry-After: 5\r\n")
    client.keep = False
    client.running = True
    tag = "web.stream_" + client.id
    Manager.create_task(_stream(client, name, kind, data), tag=tag)
    await TaskBase.TASKS[tag].task


async def _stream(client, name, kind, data):
    head = 'HTTP/1.1 200 OK\r\nContent-Type: %s; boundary="micrOS_boundary"\r\nCache-Control: no-store\r\n'
    part = ("\r\n--micrOS_boundary\r\nContent-Type: %s\r\n\r\n" % data["content-type"]).encode()
    try:
        await client.write((head % kind + "Connection: close\r\n\r\n").encode())
        while True:
            client.phase(0)
            try:
                piece = await _called(data["callback"])
            except Exception as e:
                _log(name, e)
                break
            if piece is None:
                break
            await client.write(part)
            await client.write(piece.encode() if isinstance(piece, str) else piece)
            await asyncio.sleep_ms(_PAUSE_MS)
        await client.write(b"\r\n--micrOS_boundary--\r\n")
    except OSError as e:
        console_write("[web] %s: %s" % (client.id, e))
    finally:
        if "close" in data:
            data["close"]()
