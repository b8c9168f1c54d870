"""
WebCli: the web server on port 80, its REST interface, and the way to pages and module endpoints.

Requests are HTTP/1.1 (1.0 is answered and closed). Connections stay open for the next request; one that waits gives its
place away to a newcomer. Pages, endpoints, refusals, POST and passwords are imported with the first request that needs
them.
"""

import gc
import json
import time

import asyncio
from Config import MASK, SECRETS, cfgget
from Debug import console_write, errlog_add
from LoadModule import call
from micropython import const
from Server import ENDPOINTS, Client, _show_clients, limit
from Tasks import exec_text

_PORT = const(80)
_SEGMENT = const(1024)
_WRITE_MS = const(30000)  # for the next segment
_FRESH_MS = const(1000)  # a new connection may take so long to its first byte before it counts as idle
_SWEEP_MS = const(500)
_SECRET_SIZE = const(5)  # shorter texts are in any reply by chance
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "


class WebCli(Client):
    """One connection. `within` is the limit of what it does now in ms (0: none), counted from `last`."""

    REST_ENDPOINTS = ENDPOINTS

    def __init__(self, stream):
        super().__init__("W", stream)
        self.data = b""  # received and not used yet
        self.head = b""  # of the present request
        self.lower = b""
        self.keep = True
        self.idle = True  # between two requests: may be evicted
        self.served = False
        self.plain = b""  # the last request that needed no closer look, for those who send it again and again
        self.command = None  # of it
        self.patience = cfgget("soctout") * 1000
        self.within = 0
        self.reading = False

    def phase(self, within, idle=False, reading=False):
        """A new thing begins that may take `within` ms."""
        self.last = time.ticks_ms()
        self.within = within
        self.idle = idle
        self.reading = reading

    def evict(self):
        """Gives the place away. Cutting an idle connection is allowed at any time; the client opens another."""
        Client.ACTIVE_CLIS.pop(self.id, None)
        _show_clients()
        self.task.cancel()

    def evictable(self, now):
        return self.idle and (self.served or time.ticks_diff(now, self.last) > _FRESH_MS)

    # --- sending

    async def write(self, data):
        """Sends bytes in segments, so that others get their turn. Raises OSError."""
        view = memoryview(data)
        for start in range(0, len(view), _SEGMENT):
            self.phase(_WRITE_MS)
            self.stream.write(view[start : start + _SEGMENT])
            await self.stream.drain()

    def head_of(self, status, kind, size, header=""):
        """Head of a reply; `status` is 200 or a text as '404 Not Found'."""
        text = "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s%s\r\n" % (
            "200 OK" if status == 200 else status,
            kind,
            size,
            header,
            "" if self.keep else "Connection: close\r\n",
        )
        return text.encode()

    async def send(self, status, kind, data, header=""):
        """A whole reply."""
        head = self.head_of(status, kind, len(data), header)
        if len(data) > _SEGMENT:
            self.stream.write(head)
            await self.write(data)
            return
        self.stream.write(head + data)
        if self.stream.out_buf:
            self.phase(_WRITE_MS)
            await self.stream.drain()

    async def rest(self, command):
        """Runs one command and sends `{"result": ..., "state": ...}`. Without a command: what node this is."""
        self.phase(0)
        lines = []  # that a module streams
        try:
            state, text = _executed(command, lines.append)
            if state is None:
                state, text = await text
        except Exception as e:
            state, text = False, "[ERROR] rest internal error: %s" % e
        if state:
            if lines and not text:
                text = "\n".join(lines)
            status = 200
            form = '{"result": %s, "state": true}'
        else:
            from WebRefusal import status_of

            status = status_of(text)
            form = '{"result": %s, "state": false}'
        data = (form % _masked(text if _is_json(command, text) else json.dumps(text))).encode()
        if status == 200 and self.keep and len(data) < _SEGMENT:
            self.stream.write(b"".join((_OK, str(len(data)).encode(), b"\r\n\r\n", data)))
            if self.stream.out_buf:
                self.phase(_WRITE_MS)
                await self.stream.drain()
        else:
            await self.send(status, "application/json", data)

    async def serve(self):
        """All requests of this connection."""
        view = memoryview(bytearray(_SEGMENT))
        try:
            while self.keep:
                if not self.data:
                    self.phase(self.patience, True)
                    size = await self.stream.readinto(view)
                    if not size:
                        if size is None:
                            continue
                        break
                    self.data = bytes(view[:size])
                if self.data != self.plain or cfgget("auth"):
                    self.command = None if cfgget("auth") else _plain_command(self.data)
                    self.plain = b"" if self.command is None else self.data
                if self.command is None:
                    from WebRequest import handle

                    if not await handle(self, view):
                        break
                else:
                    self.data = b""
                    await self.rest(self.command)
                self.served = True
        except OSError as e:
            console_write("[web] %s: %s" % (self.id, e))
        except Exception as e:
            errlog_add("[ERR][web] %s" % e)
        finally:
            self.close()
            gc.collect()  # as at the end of a shell session


def _secrets(value):
    """The texts to hide of a setting's value, as they stand in JSON."""
    parts = [json.dumps(part.strip())[1:-1] for part in value.split(";")]
    return [part for part in parts if len(part) >= _SECRET_SIZE]


_hidden = {}  # value of a secret setting -> what to hide


def _masked(text):
    """No secret leaves in a reply, whatever a module gives out."""
    for key in SECRETS:
        value = cfgget(key)
        parts = _hidden.get(value)
        if parts is None:
            if len(_hidden) > len(SECRETS):
                _hidden.clear()
            parts = _hidden[value] = _secrets(value)
        for part in parts:
            if part in text:
                text = text.replace(part, MASK)
    return text


def _node_info():
    from Shell import Shell

    info = '{"micrOS": %s, "node": %s' % (json.dumps(Shell.MICROS_VERSION), json.dumps(cfgget("devfid")))
    names = sorted(name for name in ENDPOINTS if " " not in name)
    if names:
        info += ', "usr_endpoints": ' + json.dumps(names)
    return info + "}"


def _is_json(command, text):
    """bool: the text is the JSON of a dict or a help, not a text that looks like it."""
    first = text[:1]
    if first != "{" and (first != "[" or command.split(None, 2)[1:2] != ["help"]):
        return False
    try:
        json.loads(text)
        return True
    except ValueError:
        return False


def _executed(command, say):
    """(bool, text), or (None, what to await for them)."""
    if not command:
        return True, _node_info()
    if "&" in command or ">" in command or " " not in command or command[:5] == "task ":
        return exec_text(command + " >json", say, True)
    return call(command, say, True, True)


def _plain_command(data):
    """
    The command when the packet is one whole, plain GET of it: the usual case in a fraction of the time. None: look
    closer.
    """
    if data[:10] != b"GET /rest/" or data[-4:] != b"\r\n\r\n":
        return None
    end = data.find(b"\r\n")
    if data.find(b"\r\n\r\n", end) != len(data) - 4 or data[end - 9 : end] != b" HTTP/1.1":
        return None
    low = data.lower()
    if b"\ncontent-l" in low or b"\ntransfer-" in low or b"close" in low:
        return None
    try:
        text = str(data[10 : end - 9], "utf-8")
    except UnicodeError:
        return None
    if len(text) != end - 19 or "%" in text or "-" in text or '"' in text or "'" in text or " " in text:
        return None
    return text.replace("/", " ").strip()


async def _accept(stream, _):
    """A new connection: the place of the longest idle one when all are taken, else 503."""
    client = WebCli(stream)
    peers = [c for c in Client.ACTIVE_CLIS.values() if c.kind == "W"]
    if len(peers) >= limit():
        now = time.ticks_ms()
        idle = [c for c in peers if c.evictable(now)]
        if not idle:
            from WebRefusal import busy

            busy(client)
            return
        max(idle, key=lambda c: time.ticks_diff(now, c.last)).evict()
    client.register()
    await client.serve()


async def _sweep():
    """Ends what takes longer than it may."""
    while True:
        await asyncio.sleep_ms(_SWEEP_MS)
        now = time.ticks_ms()
        for client in list(Client.ACTIVE_CLIS.values()):
            if client.kind == "W" and client.within and time.ticks_diff(now, client.last) > client.within:
                if client.reading:
                    from WebRefusal import timed_out

                    timed_out(client)
                client.evict()


async def _run():
    try:
        await asyncio.start_server(_accept, "0.0.0.0", _PORT, limit() + 1)
    except OSError as e:
        errlog_add("[ERR][web] port %d: %s" % (_PORT, e))
        return
    console_write("[web] on port %d" % _PORT)
    await _sweep()


def start():
    """Starts the web server."""
    asyncio.create_task(_run())
