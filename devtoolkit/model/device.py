"""A node as the toolkit knows it."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["ONLINE", "OFFLINE", "BUSY", "LOCKED", "BAD_REPLY"]


@dataclass(frozen=True, slots=True)
class Device:
    """A node's identity and address. ONLINE means: it answered `hello` just now. `latency_s` is that answer's time."""

    uid: str
    fuid: str
    ip: str
    port: int
    status: Status = "OFFLINE"
    version: str | None = None
    latency_s: float | None = None
