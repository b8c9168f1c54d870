"""Addresses of the simulated network: what a device says, and what the host's loopback gets."""

import errno
import os
import socket as _socket

import sim_network
import simcore
import simlink

LOOPBACK_BROADCAST = "127.255.255.255"
_EAI_FAIL = 202  # lwIP: name does not resolve

_template = bytes(_socket.getaddrinfo("127.0.0.1", 0, _socket.AF_INET, _socket.SOCK_STREAM)[0][-1])
_hosts = {}
names = {}  # of simulated servers: name -> address
servers = {}  # address of a simulated server -> function() -> native address that it listens on
_services = {}  # (address of a name of the internet, port) -> (host, port) of the server that plays it
_SERVED = "198.51.100."  # of the range for documentation


def start(cfg):
    _hosts.update(cfg.get("hosts") or {})
    serve(cfg.get("services") or {})


def serve(services):
    """Servers of the host play those of the internet: {"name:port": [host, port]}."""
    for place, native in services.items():
        name, port = place.split(":")
        if name not in names:
            names[name] = _SERVED + str(1 + len(names))
        _services[(names[name], int(port))] = native


def listen(host, answer):
    """(socket, native address) of a server of ours at a free port; `answer()` is called for each datagram."""
    while True:
        at = pack(host, 20000 + int.from_bytes(os.urandom(2), "little") % 12000)
        sock = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
        try:
            sock.bind(at)
        except OSError:  # taken
            sock.close()
            continue
        sock.setblocking(False)
        simcore.add_source(sock, answer)
        return sock, at


def home():
    """The node's address: the station's, when that lies on loopback (a static address may differ from the lease)."""
    ip = sim_network.WLAN._sta._ip[0]
    return ip if ip.startswith("127.") else simcore.cfg["ip"]


def is_any(host):
    return host in ("", "0.0.0.0", "192.168.4.1")


def in_port(port):
    """The host's port for a port the device binds."""
    return (simcore.cfg.get("ports") or {}).get(str(port), port)


def numbers(host):
    """Four octets, or None when it is a name."""
    pieces = host.split(".")
    if len(pieces) == 4:
        try:
            octets = [int(piece) for piece in pieces]
        except ValueError:
            return None
        if all(0 <= n <= 255 for n in octets):
            return octets
    return None


def pack(host, port):
    """Native socket address of a numeric host."""
    if not 0 <= port <= 65535:
        raise OSError(errno.EINVAL)
    out = bytearray(_template)
    out[2] = port >> 8
    out[3] = port & 255
    out[4:8] = bytes(numbers(host))
    return out


def unpack(native):
    """("a.b.c.d", port) of a native socket address."""
    if not native:
        return None
    return ("%d.%d.%d.%d" % tuple(native[4:8]), native[2] << 8 | native[3])


def parts(address):
    """(host, port) of what device code passes: a tuple, or a native address it got from somewhere."""
    if isinstance(address, (bytes, bytearray)):
        return unpack(address)
    return address[0], address[1]


def resolve(host):
    """Numeric address of a name; OSError(-202) when nobody has it, as lwIP says."""
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode()
    if host == "" or numbers(host):
        return host or "0.0.0.0"
    name = host.lower()
    if name.endswith("."):
        name = name[:-1]
    if name == "localhost":
        return "127.0.0.1"
    if name == sim_network.hostname().lower() + ".local":
        return home()
    found = _hosts.get(name)
    if found is None and name.endswith(".local"):
        found = _hosts.get(name[:-6])
    if found is None:
        if simcore.cfg.get("internet") and sim_network.online():
            return unpack(_socket.getaddrinfo(host, 0, _socket.AF_INET, _socket.SOCK_STREAM)[0][-1])[0]
        found = names.get(name)
        if found is None or not sim_network.online():
            raise OSError(-_EAI_FAIL)
    return found


def played(host, port):
    """bool: a server of the simulation plays that one."""
    host = resolve(host)
    return (host, port) in _services or host in servers


def out_target(host, port):
    """Native address for something the device sends to; only loopback and multicast exist unless cfg["internet"]."""
    host = resolve(host)
    if (host, port) in _services:
        return pack(*_services[(host, port)])
    if host in servers:
        return servers[host]()
    if host.startswith(_SERVED):
        raise OSError(errno.ECONNREFUSED)
    octets = numbers(host)
    own = numbers(home())
    if host == "255.255.255.255" or (octets[3] == 255 and octets[:3] == own[:3]):
        return pack(LOOPBACK_BROADCAST, port)
    if is_any(host):
        return pack(home(), in_port(port))
    if octets[0] == 127 or 224 <= octets[0] < 240 or simcore.cfg.get("internet"):
        return pack(host, in_port(port) if host == home() else port)
    raise OSError(errno.EHOSTUNREACH)


def getaddrinfo(host, port, af=0, type=0, proto=0, flags=0):
    """One entry: (family, type, protocol, name, (host, port))."""
    return [(_socket.AF_INET, type or _socket.SOCK_STREAM, proto, "", (resolve(host), int(port)))]


def _op_hosts(message):
    """{"op":"hosts","hosts":{name: ip}}: the whole table; "name.local" and bare names."""
    _hosts.clear()
    _hosts.update({name.lower(): ip for name, ip in message["hosts"].items()})


def _op_services(message):
    """{"op":"services","services":{"name:port": [host, port]}}: added to those that are there."""
    serve(message["services"])


simlink.ops["hosts"] = _op_hosts
simlink.ops["services"] = _op_services
simlink.views["hosts"] = lambda: dict(_hosts)
