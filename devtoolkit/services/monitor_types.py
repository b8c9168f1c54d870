"""What a monitor tells: lines, values, and what became of the node. Light to import, for the window's own thread."""

from dataclasses import dataclass

from devtoolkit.model.device import Device


@dataclass(frozen=True, slots=True)
class Line:
    """One quantity over time. `key` is stable; `source`: the call that gives it, empty for what every node tells."""

    key: str
    name: str
    unit: str = ""
    source: str = ""


LATENCY = Line("latency", "Latency", "ms")
MEMORY = Line("memory", "Free memory", "%")
CPU = Line("cpu", "CPU load", "%")
STORAGE = Line("storage", "Free storage", "%")
UPTIME = Line("uptime", "Uptime", "h")
OWN = (LATENCY, MEMORY, CPU, STORAGE, UPTIME)


@dataclass(frozen=True, slots=True)
class Reached:
    """A session is open."""

    device: Device


@dataclass(frozen=True, slots=True)
class Offered:
    """What can be read from the modules that are loaded now, as calls."""

    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sampled:
    """What the node said; `at` is Unix time."""

    at: float
    values: tuple[tuple[Line, float], ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """The node does not answer; it is tried again until the watch ends."""

    at: float
    reason: str


Event = Reached | Offered | Sampled | Lost
