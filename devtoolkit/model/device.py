"""A node as the toolkit knows it."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["ONLINE", "OFFLINE", "BUSY", "LOCKED", "BAD_REPLY"]


@dataclass(frozen=True, slots=True)
class Device:
    """A node's identity and address. ONLINE means: it answered `hello` just now. `latency_s` is that answer's time.

    `site`: who can reach it, empty for this machine.
    """

    uid: str
    fuid: str
    ip: str
    port: int
    status: Status = "OFFLINE"
    version: str | None = None
    latency_s: float | None = None
    site: str = ""

    @property
    def label(self) -> str:
        """Its name, with its site where that is another one."""
        return f"{self.site}/{self.fuid}" if self.site else self.fuid
