"""Does multicast DNS work on an interface? A question is sent, and must come back to this machine's own listener."""

import os
import socket
import struct
import time

from devtoolkit.settings import SERVICE_TYPE

GROUP, PORT = "224.0.0.251", 5353  # RFC 6762
_LOOP_S = 1.0  # the way back takes microseconds; the machine may be busy


def mdns_problem(ip: str, seconds: float = _LOOP_S) -> str:
    """Why mDNS does not work on the interface with this address; empty when it does. Blocks `seconds` at most."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with listener, sender:
        try:
            _listen(listener, ip)
            number = int.from_bytes(os.urandom(2), "big")
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(ip))
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
            sender.sendto(_question(number), (GROUP, PORT))
        except OSError as error:
            return error.strerror or str(error)
        return "" if _comes_back(listener, number, seconds) else "a packet that was sent did not come back"


def _listen(listener: socket.socket, ip: str) -> None:
    """Port 5353 is shared with whatever else does mDNS on this machine."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "SO_REUSEPORT"):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("", PORT))
    listener.setsockopt(
        socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(ip))
    )


def _question(number: int) -> bytes:
    """Who has our service? `number` tells our own packet apart."""
    name = b"".join(bytes([len(part)]) + part.encode() for part in SERVICE_TYPE.rstrip(".").split(".")) + b"\0"
    return struct.pack("!6H", number, 0, 1, 0, 0, 0) + name + struct.pack("!2H", 12, 1)


def _comes_back(listener: socket.socket, number: int, seconds: float) -> bool:
    wanted = _question(number)
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        listener.settimeout(left)
        try:
            if listener.recv(9000) == wanted:
                return True
        except TimeoutError:
            break
        except OSError:
            return False
    return False
