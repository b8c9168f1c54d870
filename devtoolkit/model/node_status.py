"""A node as it answered a question about its state."""

from dataclasses import dataclass

from devtoolkit.model.device import Device, Status


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A device as it answered just now. `reason` says why it is not ONLINE; `last_seen` is Unix time.

    The rest is None unless details were asked for and the node gave them: heap in use (bytes, percent), time since
    boot as the node writes it (days h:m:s). `site` is empty for this machine's own.
    """

    uid: str
    fuid: str
    ip: str
    port: int
    status: Status
    version: str | None = None
    latency_s: float | None = None
    reason: str = ""
    last_seen: float | None = None
    memory_used: int | None = None
    memory_percent: float | None = None
    uptime: str | None = None
    site: str = ""

    @property
    def device(self) -> Device:
        """Without what only a status has."""
        return Device(self.uid, self.fuid, self.ip, self.port, self.status, self.version, self.latency_s, self.site)
