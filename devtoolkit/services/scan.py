"""Which addresses are asked when nobody announces itself, and how many of them at once."""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import replace

from devtoolkit.services.hello import HELLO_LIMITS
from devtoolkit.transports.interfaces import Interface

MOST_HOSTS = 1024  # of one network; of a larger one the block of this size around the own address
# A host in the same network answers a connection within milliseconds; the absent ones are what takes the time.
SCAN_LIMITS = replace(HELLO_LIMITS, connect_s=0.5, busy_tries=1)
_MOST_AT_ONCE = 1024
_USUAL_FILES = 256  # the smallest usual soft limit (macOS)
_LINK_LOCAL = ipaddress.IPv4Network("169.254.0.0/16")


def at_once() -> int:
    """How many connections may be open at a time: half the soft limit of open files."""
    try:
        import resource  # late: not on Windows, where a socket is no file
    except ImportError:
        return _MOST_AT_ONCE // 2
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = soft if soft != resource.RLIM_INFINITY else 2 * _MOST_AT_ONCE
    return max(1, min(_MOST_AT_ONCE, (soft or _USUAL_FILES) // 2))


def hosts(interfaces: Iterable[Interface]) -> tuple[str, ...]:
    """The addresses worth a try in the networks of these interfaces, each once.

    The own addresses, links to a single peer and link-local networks are left out. All of 127.x would be 16 million
    addresses, so of loopback only the own address is tried (where the original's simulator listens).
    """
    chosen = tuple(interfaces)
    own = {interface.ip for interface in chosen if not interface.loopback}
    found = (host for interface in chosen for host in _of(interface) if host not in own)
    return tuple(dict.fromkeys(found))


def _of(interface: Interface) -> Iterator[str]:
    network = interface.network
    if interface.loopback:
        yield interface.ip
    elif network.num_addresses >= 4 and not network.subnet_of(_LINK_LOCAL):
        if network.num_addresses > MOST_HOSTS:
            prefix = 32 - (MOST_HOSTS - 1).bit_length()
            network = ipaddress.IPv4Network(f"{interface.ip}/{prefix}", strict=False)
        yield from map(str, network.hosts())
