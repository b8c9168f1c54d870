"""This machine's IPv4 addresses and their networks."""

import ipaddress
from dataclasses import dataclass

import ifaddr

_LOOPBACK_NET = ipaddress.IPv4Network("127.0.0.0/8")


@dataclass(frozen=True, slots=True)
class Interface:
    """One IPv4 address of this machine with its network."""

    ip: str
    network: ipaddress.IPv4Network

    @property
    def loopback(self) -> bool:
        """Whether it leads to this machine only."""
        return self.network.subnet_of(_LOOPBACK_NET)

    def contains(self, ip: str) -> bool:
        """Whether this address lies in the interface's network."""
        try:
            return ipaddress.IPv4Address(ip) in self.network
        except ValueError:
            return False


def own_interfaces(chosen: tuple[str, ...] | None) -> tuple[Interface, ...]:
    """This machine's IPv4 addresses, or those of `chosen` that it has. Loopback is all of 127.x."""
    found = []
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            if entry.is_IPv4 and isinstance(entry.ip, str):
                address = ipaddress.IPv4Interface(f"{entry.ip}/{entry.network_prefix}")
                network = _LOOPBACK_NET if address.is_loopback else address.network
                found.append(Interface(entry.ip, network))
    if chosen is None:
        return tuple(found)
    return tuple(interface for interface in found if interface.ip in chosen)
