"""A gateway that listens nowhere; it runs until the job is stopped."""

import threading
from collections.abc import Callable
from typing import Any

from devtoolkit.gateway.in_window import Condition

URL = "http://127.0.0.1:5005/"


class FakeGateway:
    """Mixed into FakeServices. `keyring` holds passwords by user; None: there is no keyring."""

    _asked: Callable[..., None]
    keyring: dict[str, str] | None = None
    condition = Condition(42, 0, 1, (("Lamp", "10.0.0.2", "ONLINE"), ("FrontDoor", "10.0.0.3", "LOCKED")))

    def gateway(self, wish: Any, on_ready: Callable[[str], object], tell: Callable[[Any], object], handle: Any) -> None:
        self._asked("gateway", wish)
        on_ready(URL)
        handle.say("12:00:00 INFO GET /list/device 200 0.002 s")
        tell(self.condition)
        pause = threading.Event()
        while not handle.cancel.wanted:
            pause.wait(0.02)

    def gateway_secret(self, user: str) -> str:
        return (self.keyring or {}).get(user, "")

    def keep_gateway_secret(self, user: str, password: str) -> None:
        assert self.keyring is not None
        self.keyring[user] = password

    def has_keyring(self) -> bool:
        return self.keyring is not None
