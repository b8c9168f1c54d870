"""The line to the board process: newline-delimited JSON over TCP. Messages: see simshims."""

import errno
import json
import os as _os
import socket as _socket

import simcore

_sock = None
_inbox = b""
_outbox = b""
_OUTBOX_MAX = 65536  # events beyond it are dropped: a board process that does not read must not stop the node

ops = {}  # op name -> function(message) -> dict of answer fields or None
views = {}  # snapshot part -> function() -> JSON value


def up():
    return _sock is not None


def connect(address, token):
    global _sock
    sock = _socket.socket()
    sock.connect(_socket.getaddrinfo(address[0], address[1], 0, _socket.SOCK_STREAM)[0][-1])
    sock.setblocking(False)
    _sock = sock
    send({"token": token, "ev": "up"})
    simcore.add_source(sock, _readable)


def die():
    """End this process now. The unix port has no `_exit`, and SystemExit could be caught by device code."""
    while True:
        _os.system("kill -9 $PPID")


def send(message):
    """Queue one message and push out what fits; without a link nothing happens."""
    global _outbox
    if _sock is None:
        return
    if len(_outbox) < _OUTBOX_MAX:
        _outbox += json.dumps(message).encode() + b"\n"
    flush()


def flush():
    global _outbox
    while _outbox:
        try:
            _outbox = _outbox[_sock.send(_outbox) :]
        except OSError as exc:
            if exc.errno != errno.EAGAIN:
                die()
            _retry.start(5)
            return


def interrupted():
    """A Ctrl-C was held back and has to come again. Allocates nothing; while a message is half sent nothing happens."""
    if _sock is not None and not _outbox:
        _sock.send(b'{"ev":"interrupted"}\n')


_retry = simcore.Job(lambda _: flush())


def final(message):
    """Send a last message, then stand still until the board process ends this VM (or itself goes away)."""
    _sock.setblocking(True)
    send(message)
    while True:
        try:
            if not _sock.recv(1024):
                break
        except OSError:
            break
    die()


def _readable():
    global _inbox
    try:
        data = _sock.recv(4096)
    except OSError as exc:
        if exc.errno == errno.EAGAIN:
            return
        data = b""
    if not data:
        die()
    _inbox += data
    while True:
        end = _inbox.find(b"\n")
        if end < 0:
            return
        line = _inbox[:end]
        _inbox = _inbox[end + 1 :]
        if line:
            _handle(line)


def _handle(line):
    answer = {"ok": True}
    try:
        message = json.loads(line)
        answer["re"] = message.get("id")
        handler = ops.get(message.get("op"))
        if handler is None:
            raise ValueError("unknown op " + str(message.get("op")))
        answer.update(handler(message) or {})
    except Exception as exc:
        answer["ok"] = False
        answer["error"] = "%s: %s" % (type(exc).__name__, exc)
    send(answer)


def _get(_message):
    return {name: view() for name, view in views.items()}


ops["get"] = _get
ops["ping"] = lambda _message: None


class Changes:
    """Rate-limited events: the newest value per key, at most every `every` ms; the last value is never lost."""

    def __init__(self, event, key, every=20):
        self.event = event
        self.key = key
        self.every = every
        self.waiting = {}
        self.job = simcore.Job(self._send)
        self.last = simcore.ticks_add(simcore.ticks_ms(), -every)

    def put(self, key, value):
        if _sock is None:
            return
        first = not self.waiting
        self.waiting[key] = value
        if first:
            gone = simcore.ticks_diff(simcore.ticks_ms(), self.last)
            self.job.start(self.every - gone if gone < self.every else 0)

    def _send(self, _):
        self.last = simcore.ticks_ms()
        for key, value in self.waiting.items():
            send({"ev": self.event, self.key: key, "value": value})
        self.waiting.clear()
