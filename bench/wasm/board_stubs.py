"""
What a board's firmware has and the WebAssembly build lacks: machine, network, socket, streams, ntptime, esp.

Runs in the WebAssembly VM before the first measurement, so its own classes cost nothing in the figures; the objects
that the system makes of them (sockets, streams, pins) count, as they do on a board.
"""
# MicroPython, and signatures that the system calls:
# ruff: noqa: ARG001, ARG002, ARG004, RUF006, RUF012

import asyncio
import os
import sys
import time


class _Pin:
    IN = 0
    OUT = 1
    PULL_UP = 2

    def __init__(self, number, mode=0, pull=-1):
        self.number = number
        self.level = 0

    def value(self, level=None):
        if level is None:
            return self.level
        self.level = level
        return None


class _PWM:
    """For imports only: no load module starts an output before it is asked to."""


class _RTC:
    def datetime(self, moment=None):
        return (2026, 1, 1, 3, 0, 0, 0, 0)


class Machine:
    Pin = _Pin
    PWM = _PWM
    RTC = _RTC

    @staticmethod
    def unique_id():
        return b"\x02\x00\x00\x00\x00\x4d"

    @staticmethod
    def freq(*hz):
        return 240000000

    @staticmethod
    def reset():
        raise SystemExit

    soft_reset = reset


class _Wlan:
    def __init__(self, interface):
        self.interface = interface

    def isconnected(self):
        return self.interface == 0

    def active(self, state=None):
        return self.interface == 0

    def ifconfig(self, state=None):
        return ("192.168.1.77", "255.255.255.0", "192.168.1.1", "192.168.1.1")

    def config(self, *key, **values):
        return b"\x02\x00\x00\x00\x00\x4d"

    def status(self, key=None):
        return -50

    def scan(self):
        return []

    def connect(self, *names):
        pass

    disconnect = connect


_WLANS = (_Wlan(0), _Wlan(1))


class Network:
    STA_IF = 0
    AP_IF = 1

    @staticmethod
    def WLAN(interface):
        return _WLANS[interface]

    @staticmethod
    def hostname(name=None):
        return name


class _Socket:
    def __init__(self, family=2, kind=1, proto=0):
        self.fd = 0

    def setsockopt(self, *option):
        pass

    setblocking = settimeout = listen = setsockopt

    def bind(self, address):
        if address[1] == 5353:
            raise OSError(112)  # the system's own responder holds it

    def sendto(self, data, address):
        self.fd = address[1]
        return len(data)

    def recv(self, size):
        return b"\x1c\x02" + bytes(38) + b"\xec\x00\x00\x00" + bytes(4)  # a time server's answer

    def write(self, data):
        return len(data)

    def close(self):
        pass


class Socket:
    socket = _Socket
    AF_INET = 2
    SOCK_STREAM = 1
    SOCK_DGRAM = 2
    SOL_SOCKET = 0xFFF
    SO_REUSEADDR = 4
    IP_ADD_MEMBERSHIP = 3
    TCP_NODELAY = 1

    @staticmethod
    def getaddrinfo(host, port, *more):
        return [(2, 1, 0, "", (host, port))]


class Stream:
    """The fields of `asyncio.Stream`; what is read comes from `WAITING`, what is written is kept in `SAID`."""

    WAITING = []
    SAID = []

    def __init__(self, s, e):
        self.s = s
        self.e = e
        self.out_buf = b""

    def get_extra_info(self, key):
        return self.e["peername"]

    async def readinto(self, buffer):
        while not Stream.WAITING:
            await asyncio.sleep_ms(5)
        data = Stream.WAITING.pop(0)
        buffer[: len(data)] = data
        return len(data)

    def write(self, data):
        Stream.SAID.append(bytes(data))

    async def drain(self):
        self.out_buf = b""


class _Server:
    async def serve(self, listener, callback):
        self.listener = listener
        await never.wait()

    async def wait_closed(self):
        await self.task


async def start_server(callback, host, port, backlog=5):
    listener = _Socket()
    server = _Server()
    server.task = asyncio.create_task(server.serve(listener, callback))
    CALLBACKS.append(callback)
    return server


def connect():
    """A client comes."""
    stream = Stream(_Socket(), {"peername": ("192.168.1.20", 50000)})
    asyncio.create_task(CALLBACKS[0](stream, None))


def ask(command):
    """The client sends."""
    Stream.SAID.clear()
    Stream.WAITING.append(command)


class NtpTime:
    @staticmethod
    def time():
        return 820000000


class Esp:
    @staticmethod
    def osdebug(level):
        pass


class Os:
    @staticmethod
    def uname():
        return ("esp32", "esp32", "1.27.0", "v1.27.0", "Generic ESP32 module with ESP32")


class _IoQueue:
    def queue_read(self, sock):
        if sock.fd == 123:
            asyncio.core._task_queue.push(asyncio.current_task())  # the answer is there


CALLBACKS = []
never = asyncio.Event()
for _name in dir(os):
    if not _name.startswith("__"):
        setattr(Os, _name, getattr(os, _name))
for _name, _module in (
    ("machine", Machine),
    ("network", Network),
    ("socket", Socket),
    ("ntptime", NtpTime),
    ("esp", Esp),
    ("os", Os),
):
    sys.modules[_name] = _module
asyncio.run = asyncio.create_task
asyncio.start_server = start_server
asyncio.core._io_queue = _IoQueue()
# warm: what the firmware's own modules allocate at first use
for _name in ("json", "struct", "binascii", "collections", "micropython", "gc", "select", "random"):
    __import__(_name)


async def _nothing():
    pass


async def _warm():
    await asyncio.wait_for_ms(_nothing(), 50)


asyncio.create_task(_warm())
time.localtime()
