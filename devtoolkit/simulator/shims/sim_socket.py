"""`socket` of the virtual board: the node has its own loopback address and nothing else.

Addresses are (host, port) tuples in both directions, as on the ESP32. "0.0.0.0" means the node's address; ports may be
remapped; names come from the fleet's table. A UDP socket on 0.0.0.0 also hears broadcasts and joined groups: they
arrive on inner sockets, are queued here, and an empty datagram from a socket of ours wakes the outer one, so
`select.poll` and asyncio see one ordinary file descriptor. While the simulated Wi-Fi is down listeners are gone,
connections stall, connects and sends are refused and datagrams are lost.
"""

import errno
import select
import socket as _socket
import sys as _sys

import sim_dns
import sim_faults
import sim_network
import simcore
import simlink
from sim_netaddr import getaddrinfo  # noqa: F401 - part of this module's interface
from sim_netaddr import LOOPBACK_BROADCAST, home, in_port, is_any, out_target, pack, parts, played, unpack
from sim_socket_reads import POLLIN, StreamReads

AF_INET = _socket.AF_INET
AF_INET6 = _socket.AF_INET6
SOCK_STREAM = _socket.SOCK_STREAM
SOCK_DGRAM = _socket.SOCK_DGRAM
SOCK_RAW = _socket.SOCK_RAW
SOL_SOCKET = _socket.SOL_SOCKET
SO_REUSEADDR = _socket.SO_REUSEADDR
SO_BROADCAST = _socket.SO_BROADCAST
SO_KEEPALIVE = _socket.SO_KEEPALIVE
IPPROTO_IP, IPPROTO_TCP, IPPROTO_UDP = 0, 6, 17
IP_ADD_MEMBERSHIP = _socket.IP_ADD_MEMBERSHIP
IP_DROP_MEMBERSHIP = _socket.IP_DROP_MEMBERSHIP
TCP_NODELAY = 1

_IP_MULTICAST_IF = 9 if _sys.platform == "darwin" else 32
_POLLOUT = 4
_GET_FILENO, _CLOSE, _POLL = 10, 4, 3  # stream ioctls of the VM
_SLICE_MS = 20  # how often a blocking call looks whether Wi-Fi is back
_MAX_QUEUED = 16  # broadcasts kept per socket; lwIP keeps fewer

_listening = []  # listeners give their address back while Wi-Fi is down
_deferred = []  # native sockets to close when Wi-Fi is back: a lost node sends no FIN
_down = True
_idle = _socket.socket(AF_INET, SOCK_DGRAM)  # never readable: what TCP sockets are polled on while Wi-Fi is down


class socket(StreamReads):
    def __init__(self, af=AF_INET, type=SOCK_STREAM, proto=0, _native=None):
        if af != AF_INET:
            raise OSError(errno.EOPNOTSUPP)
        self._type = type
        self._s = _native or _socket.socket(af, type)
        self._wait = -1  # ms; -1 waits for ever, 0 never waits
        self._bound = None
        self._inner = []
        self._queue = []
        self._wake = None
        self._backlog = -1
        self._open = True

    def _off(self):
        """A TCP socket while Wi-Fi is down: nothing comes and goes."""
        return _down and self._type == SOCK_STREAM

    # --- polling -----------------------------------------------------------------------------------------------------

    def ioctl(self, request, arg):
        if request == _GET_FILENO:
            return self.fileno()
        if request == _CLOSE:
            self.close()
            return 0
        if request == _POLL:  # TLS on top asks like this
            poller = select.poll()
            poller.register(_idle if self._off() else self._s, arg)
            ready = poller.poll(0)
            return ready[0][1] if ready else 0
        return -errno.EINVAL

    def fileno(self):
        return (_idle if self._off() else self._s).fileno()

    def setblocking(self, flag):
        self.settimeout(None if flag else 0)

    def settimeout(self, seconds):
        self._wait = -1 if seconds is None else int(seconds * 1000)
        self._s.setblocking(seconds != 0)

    def _ready(self, events):
        """Wait as the blocking mode says, until the native call may be made; OSError(EAGAIN or ETIMEDOUT)."""
        left = self._wait
        while self._off():
            if left == 0:
                raise OSError(errno.ETIMEDOUT if self._wait else errno.EAGAIN)
            step = _SLICE_MS if left < 0 else min(left, _SLICE_MS)
            simcore.wait(step)
            left -= step if left > 0 else 0
        if self._wait and not simcore.wait(None if left < 0 else left, self._s, events):
            raise OSError(errno.ETIMEDOUT)

    # --- addresses ---------------------------------------------------------------------------------------------------

    def bind(self, address):
        host, port = parts(address)
        if self._type == SOCK_DGRAM and port == 5353 and not simcore.cfg.get("mdns_port_free"):
            raise OSError(errno.EADDRINUSE)  # the ESP32 system's own mDNS responder holds it
        if self._type == SOCK_STREAM and any(port == sock._bound[1] for sock in _listening):
            raise OSError(errno.EADDRINUSE)  # also while Wi-Fi is down
        self._s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        self._bound = (host, port)
        self._s.bind(pack(home() if is_any(host) else host, in_port(port)))
        if self._type == SOCK_DGRAM and port and is_any(host):
            self._hear(LOOPBACK_BROADCAST, in_port(port), None)

    def _hear(self, host, port, group):
        """Open an inner socket for datagrams that are not sent to the node's own address."""
        inner = _socket.socket(AF_INET, SOCK_DGRAM)
        inner.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        try:
            inner.bind(pack(host, port))
            if group:
                inner.setsockopt(0, IP_ADD_MEMBERSHIP, group)
        except OSError:  # one loopback address only (macOS): unicast still works
            inner.close()
            return
        inner.setblocking(False)
        self._inner.append(inner)
        if self._wake is None:
            self._wake = _socket.socket(AF_INET, SOCK_DGRAM)
            self._wake.bind(pack(home(), 0))
        simcore.add_source(inner, lambda: self._take(inner))

    def _take(self, inner):
        data, sender = inner.recvfrom(2048)
        if not _down and sim_faults.multicast() and len(self._queue) < _MAX_QUEUED:
            self._queue.append((data, sender))
            self._wake.sendto(b"", pack(home(), in_port(self._bound[1])))

    def _leave_home(self):
        if self._bound is None:
            self._bound = (home(), 0)
            self._s.bind(pack(home(), 0))

    def connect(self, address):
        host, port = parts(address)
        sim_network.require_online()
        target = out_target(host, port)
        self._leave_home()
        if self._wait == 0 or self._type == SOCK_DGRAM:
            self._s.connect(target)
            return
        self._s.setblocking(False)
        try:
            self._s.connect(target)
        except OSError as exc:
            if exc.errno != errno.EINPROGRESS:
                raise
            self._ready(_POLLOUT)
            self._s.send(b"")  # raises what the connect ended with
        finally:
            self._s.setblocking(True)

    def listen(self, backlog=5):
        self._backlog = backlog
        if self not in _listening:
            _listening.append(self)
        if _down:
            self._s.close()
        else:
            self._s.listen(backlog)

    def accept(self):
        self._ready(POLLIN)
        native, peer = self._s.accept()
        return socket(_native=native), unpack(peer)

    def setsockopt(self, level, option, value):
        if level == 0 and option == IP_ADD_MEMBERSHIP:
            group = ".".join(str(n) for n in bytes(value)[:4])
            self._hear(group, in_port(self._bound[1]), bytes(value)[:4] + pack(home(), 0)[4:8])
        elif level == SOL_SOCKET and option != 20:  # 20: lwIP's "call me back" hook, used by WebREPL
            self._s.setsockopt(level, option, value)

    def _plug(self):
        """A listener gets its address back."""
        self._s = _socket.socket(AF_INET, SOCK_STREAM)
        self._s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        self._s.setblocking(self._wait != 0)
        host, port = self._bound
        self._s.bind(pack(home() if is_any(host) else host, in_port(port)))
        self._s.listen(self._backlog)

    # --- data --------------------------------------------------------------------------------------------------------

    def _check_write(self):
        if _down:
            raise OSError(errno.ECONNABORTED)
        if sim_faults.delay_ms():
            simcore.wait(sim_faults.delay_ms())

    def send(self, data):
        self._check_write()
        return self._s.send(data)

    def sendall(self, data):
        self._check_write()
        return self._s.sendall(data)

    def write(self, data):
        self._check_write()
        return self._s.write(data)

    def sendto(self, data, address):
        host, port = parts(address)
        sim_network.require_online()
        target = sim_dns.native() if port == 53 else out_target(host, port)
        if port == 5353 and sim_dns.is_question(data):
            self._leave_home()
            self._s.sendto(data, sim_dns.native())
        if port != 53 and simcore.cfg.get("quiet") and not played(host, port):
            return len(data)
        self._leave_home()
        if (target[4] >= 224 or target[4:8] == b"\x7f\xff\xff\xff") and not sim_faults.multicast():
            return len(data)
        if target[4] >= 224 and target[4] < 240:
            self._s.setsockopt(0, _IP_MULTICAST_IF, bytes(pack(home(), 0)[4:8]))
        elif target[4:8] == b"\x7f\xff\xff\xff":
            self._s.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)
        return self._s.sendto(data, target)

    def recvfrom(self, size):
        while True:
            self._ready(POLLIN)
            data, sender = self._s.recvfrom(size)
            if self._wake is not None and not data and self._queue:
                data, sender = self._queue.pop(0)
                return data[:size], unpack(sender)
            if self._type == SOCK_STREAM or not _down:  # a datagram for a node without Wi-Fi is lost
                return data, unpack(sender)

    def recv(self, size):
        if self._type == SOCK_DGRAM:
            return self.recvfrom(size)[0]
        self._ready(POLLIN)
        return self._s.recv(size)

    def close(self):
        if not self._open:
            return
        self._open = False
        for inner in self._inner:
            simcore.drop_source(inner)
            inner.close()
        if self._wake is not None:
            self._wake.close()
        if self in _listening:
            _listening.remove(self)
        if self._off() and self._backlog < 0:
            _deferred.append(self._s)
        else:
            self._s.close()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()

    def __repr__(self):
        return "<socket %d>" % self.fileno() if self._open else "<socket closed>"


def _wifi(online):
    global _down
    _down = not online
    for sock in _listening:
        if online:
            simcore.guarded(socket._plug, sock)
        else:
            sock._s.close()
    while online and _deferred:
        _deferred.pop().close()
    simcore.rewatch(lambda sock: isinstance(sock, socket))


sim_network.listeners.append(_wifi)
simlink.views["sockets"] = lambda: {"listening": [sock._bound for sock in _listening], "down": _down}
