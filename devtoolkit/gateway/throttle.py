"""Wrong passwords make the next try wait: per client address, longer each time."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

FREE_TRIES = 5
_LONGEST_S = 300.0
_FORGET_S = 900.0
_MOST = 4096  # addresses that are remembered


@dataclass(slots=True)
class Throttle:
    """Counts failures per address; an IPv6 network of 64 bits, which one host may have, counts as one address."""

    clock: Callable[[], float] = time.monotonic
    _failures: "OrderedDict[str, tuple[int, float]]" = field(default_factory=OrderedDict)

    def wait_s(self, address: str) -> float:
        """How long this address has to wait before a try is looked at; 0 when it need not."""
        count, at = self._failures.get(_key(address), (0, 0.0))
        if count < FREE_TRIES:
            return 0.0
        pause = min(_LONGEST_S, 2.0 ** (count - FREE_TRIES))
        return max(0.0, at + pause - self.clock())

    def failed(self, address: str) -> None:
        """A wrong password came from this address."""
        key, now = _key(address), self.clock()
        count, at = self._failures.pop(key, (0, now))
        self._failures[key] = (1 if now - at > _FORGET_S else count + 1, now)
        while len(self._failures) > _MOST:
            self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """The right one came: its failures are forgotten."""
        self._failures.pop(_key(address), None)


def _key(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
