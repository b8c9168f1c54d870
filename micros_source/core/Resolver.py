"""
Names to addresses and TCP connections while everything else goes on.

MicroPython's own look-up stops the event loop until the name server has answered, for many seconds when it does not. So
the question is asked here: by DNS (RFC 1035) of the network's name server, for `<name>.local` by a one-shot mDNS query
(RFC 6762, 5.1), which is answered by unicast because it does not come from port 5353.
"""

import errno
import os
import socket
import struct

import asyncio
from micropython import const

_GROUP = const("224.0.0.251")
_WAITS_MS = (400, 800, 1600)  # each try may be lost: they are datagrams
_IPV4 = const(b"\x00\x01\x00\x01")  # type A, class IN
_RECURSE = const(0x0100)
_NO_NAME = const(-2)


def is_ipv4(text):
    """bool: the text is an IPv4 address."""
    parts = text.split(".")
    return len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)


def ready(sock, write=False):
    """Waits until a socket can be read, or written."""
    queue = asyncio.core._io_queue
    yield (queue.queue_write if write else queue.queue_read)(sock)


def _question(name):
    """The encoded name with type and class. Raises ValueError for what is no host name."""
    data = b""
    for label in name.split("."):
        label = label.encode()
        if not 0 < len(label) < 64 or min(label) <= 32:
            raise ValueError("bad host name")
        data += bytes([len(label)]) + label
    return data + b"\x00" + _IPV4


def _after_name(data, at):
    """Where a name ends: its labels, or the pointer that stands for their rest."""
    while data[at]:
        if data[at] >= 0xC0:
            return at + 2
        at += 1 + data[at]
    return at + 1


def _answer(data, number, question):
    """The address in an answer to our question, '' when there is none of that name; None: it is something else."""
    try:
        got, flags, questions, answers = struct.unpack_from(">HHHH", data)
        if got not in (number, 0) or not flags & 0x8000:
            return None
        at = 12
        if questions:
            if data[at : at + len(question)].lower() != question:
                return None
            at += len(question)
        elif not question.endswith(b"\x05local\x00" + _IPV4):
            return None
        elif data[at : at + len(question) - 4].lower() != question[:-4]:
            return None  # mDNS may leave the question out: the record itself has to name the host
        for _ in range(answers):
            at = _after_name(data, at)
            kind, _, _, size = struct.unpack_from(">HHIH", data, at)
            at += 10
            if kind == 1 and size == 4:
                return "%d.%d.%d.%d" % tuple(data[at : at + 4])
            at += size
        return ""
    except (ValueError, IndexError, TypeError):
        return None  # too short for what it says


async def _listen(sock, server, number, question):
    while True:
        await ready(sock)
        data, sender = sock.recvfrom(512)
        if server == _GROUP or sender[0] == server:
            found = _answer(data, number, question)
            if found is not None:
                return found


async def _ask(server, port, name):
    question = _question(name)
    number = struct.unpack("H", os.urandom(2))[0] or 1
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        target = socket.getaddrinfo(server, port)[0][-1]
        flags = 0 if server == _GROUP else _RECURSE
        for wait in _WAITS_MS:
            sock.sendto(struct.pack(">HHHHHH", number, flags, 1, 0, 0, 0) + question, target)
            try:
                return await asyncio.wait_for_ms(_listen(sock, server, number, question), wait)
            except asyncio.TimeoutError:
                pass
    finally:
        sock.close()
    return ""


async def address(host):
    """IPv4 address of a host name, as text. Raises OSError when nobody knows it, after at most 2.8 s."""
    if is_ipv4(host):
        return host
    from Network import ifconfig

    host = host.lower()
    local = host.endswith(".local")
    server = _GROUP if local else ifconfig()[1][3]
    if server == "0.0.0.0":
        raise OSError(_NO_NAME, "no name server")
    found = await _ask(server, 5353 if local else 53, host)
    if not found:
        raise OSError(_NO_NAME, "unknown host %s" % host)
    return found


async def connect(numbers, port, ready=ready):
    """
    A connected non-blocking socket. The caller limits the time; `ready(sock, write)` is how it waits. Raises OSError.
    """
    sock = socket.socket()
    try:
        sock.setblocking(False)
        try:
            sock.connect(socket.getaddrinfo(numbers, port)[0][-1])
        except OSError as e:
            if e.errno != errno.EINPROGRESS:
                raise
        await ready(sock, True)
        try:
            sock.send(
                b""
            )  # where the port can tell, raises what the connect ended with; elsewhere the first write does
        except OSError as e:
            if e.errno != errno.EAGAIN:
                raise
    except BaseException:  # a task that is cancelled closes it as well
        sock.close()
        raise
    return sock
