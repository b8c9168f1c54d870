"""The REST gateway inside the window. The launcher says how it is served: front ends do not know each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from devtoolkit.errors import UsageError
from devtoolkit.gui.seam._base import Seam

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle

KEYRING = "micrOS DevToolKit gateway"  # the keyring's service; its name there is the user


@dataclass(frozen=True, slots=True)
class GatewayWish:
    """What the window's gateway is started with. `mqtt`: address of a broker, empty for none."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    mqtt: str = ""


class GatewayCondition(Protocol):
    """How a running gateway is; `nodes`: name, address and state (empty: not asked yet) of those it serves."""

    @property
    def requests(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def refused(self) -> int: ...
    @property
    def nodes(self) -> tuple[tuple[str, str, str], ...]: ...


# wish, on_ready(url), tell(condition), log(line), ended() -> bool; blocks until it has ended
Serve = Callable[
    [
        GatewayWish,
        Callable[[str], object],
        Callable[[GatewayCondition], object],
        Callable[[str], object],
        Callable[[], bool],
    ],
    None,
]


def _unknown(*_wish: object) -> None:
    raise UsageError("This window was not opened by the launcher.", hint="Open it with devToolKit.py")


serve: Serve = _unknown  # set by the launcher


class Gateways(Seam):
    """The REST gateway."""

    def gateway(
        self,
        wish: GatewayWish,
        on_ready: Callable[[str], object],
        tell: Callable[[GatewayCondition], object],
        handle: Handle,
    ) -> None:
        """Serve until the job is stopped; its log lines are the job's."""
        serve(wish, on_ready, tell, handle.say, lambda: handle.cancel.wanted)

    def gateway_secret(self, user: str) -> str:
        """The password that the keyring keeps for this user of the gateway, empty where there is none."""
        from devtoolkit.services import keyring_store

        return keyring_store.get(KEYRING, user) or ""

    def keep_gateway_secret(self, user: str, password: str) -> None:
        """Into the system's keyring. Raises DataFileError."""
        from devtoolkit.services import keyring_store

        keyring_store.put(KEYRING, user, password)

    def has_keyring(self) -> bool:
        from devtoolkit.services import keyring_store

        return keyring_store.available()
