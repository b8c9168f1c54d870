"""Topics and discovery messages for Home Assistant. Pure.

Below the base topic: `bridge/availability`, and for each node `<uid>/availability`, `<uid>/<object>/state` and
`<uid>/<object>/set`. All but `set` are retained, so that Home Assistant knows them after its own restart.
"""

import json
from dataclasses import dataclass, field
from typing import NamedTuple

from devtoolkit import __version__
from devtoolkit.gateway.mqtt_entities import Answer, Config, Entity, identifier
from devtoolkit.gateway.mqtt_settings import Broker
from devtoolkit.model.device import Device
from devtoolkit.services.survey import NodeReport

ONLINE, OFFLINE = "online", "offline"
ORIGIN = "micrOS gateway"
_KINDS: tuple[tuple[str, Config], ...] = (  # by how a measured key begins; what Home Assistant calls it
    ("temp", {"device_class": "temperature", "unit_of_measurement": "°C"}),
    ("hum", {"device_class": "humidity", "unit_of_measurement": "%"}),
    ("press", {"device_class": "pressure", "unit_of_measurement": "hPa"}),
    ("illuminance", {"device_class": "illuminance", "unit_of_measurement": "lx"}),
    ("co2", {"device_class": "carbon_dioxide", "unit_of_measurement": "ppm"}),
)


@dataclass(frozen=True, slots=True)
class Sensor:
    """A figure that comes with every round; nothing can be commanded."""

    object_id: str
    name: str
    special: Config
    component: str = field(default="sensor", init=False)
    poll: str = field(default="", init=False)

    def config(self) -> Config:
        return {"state_class": "measurement", **self.special}

    def state(self, _answer: Answer) -> str | None:
        return None  # it comes with the report

    def command(self, _payload: str, _answer: Answer) -> str:
        raise ValueError("it is a sensor")


_FACTS: dict[str, tuple[str, Config]] = {
    "memory_used": ("memory used", {"unit_of_measurement": "%"}),
    "fs_used": ("file system used", {"unit_of_measurement": "%"}),
    "cpu_celsius": ("processor temperature", {"device_class": "temperature", "unit_of_measurement": "°C"}),
    "uptime_s": ("time since boot", {"device_class": "duration", "unit_of_measurement": "s"}),
    "alarms": ("entries in the error log", {}),
}
_PERCENT = ("memory_used", "fs_used")  # shares of 1 in a report


def sensors(report: NodeReport) -> tuple[tuple[Sensor, str], ...]:
    """The sensors of a node with their states: what its modules measure, and figures of its own."""
    found = []
    for key, (name, special) in _FACTS.items():
        value = getattr(report, key)
        if value is not None:
            figure = value * 100 if key in _PERCENT else value
            found.append((Sensor(key, name, {"entity_category": "diagnostic", **special}), figure))
    for reading in report.readings:
        object_id = identifier(f"{reading.module}_{reading.function}_{reading.key}")
        special = next((kind for begin, kind in _KINDS if reading.key.startswith(begin)), {})
        found.append((Sensor(object_id, f"{reading.module} {reading.key.replace('_', ' ')}", special), reading.value))
    return tuple((sensor, f"{figure:.10g}") for sensor, figure in found)


class SetTopic(NamedTuple):
    """Whom a message wants to set."""

    node: str
    object_id: str


class ConfigTopic(NamedTuple):
    """Whose discovery message it is."""

    component: str
    node: str
    object_id: str


@dataclass(frozen=True, slots=True)
class Topics:
    """The names of all topics of one broker."""

    broker: Broker

    @property
    def bridge(self) -> str:
        return f"{self.broker.base}/bridge/availability"

    @property
    def birth(self) -> str:
        """Where Home Assistant says that it has started."""
        return f"{self.broker.discovery}/status"

    @property
    def subscriptions(self) -> tuple[str, ...]:
        return (f"{self.broker.base}/+/+/set", self.birth, f"{self.broker.discovery}/+/+/+/config")

    def node(self, uid: str) -> str:
        """A node's uid as it stands in topics."""
        return identifier(uid)

    def availability(self, uid: str) -> str:
        return f"{self.broker.base}/{self.node(uid)}/availability"

    def state(self, uid: str, entity: Entity) -> str:
        return f"{self.broker.base}/{identifier(uid)}/{entity.object_id}/state"

    def config(self, uid: str, entity: Entity) -> str:
        return f"{self.broker.discovery}/{entity.component}/{identifier(uid)}/{entity.object_id}/config"

    def wanted(self, topic: str) -> SetTopic | None:
        """Read a `set` topic."""
        words = topic.removeprefix(f"{self.broker.base}/").split("/")
        return SetTopic(words[0], words[1]) if len(words) == 3 and words[2] == "set" else None

    def announced(self, topic: str) -> ConfigTopic | None:
        """Read a discovery topic."""
        words = topic.removeprefix(f"{self.broker.discovery}/").split("/")
        return ConfigTopic(*words[:3]) if len(words) == 4 and words[3] == "config" else None


def discovery(topics: Topics, device: Device, entity: Entity) -> str:
    """The message that makes Home Assistant show the entity."""
    uid = identifier(device.uid)
    message: Config = {
        "name": entity.name,
        "unique_id": f"micros_{uid}_{entity.object_id}",
        "availability": [{"topic": topics.bridge}, {"topic": topics.availability(device.uid)}],
        "availability_mode": "all",
        "device": _device(device, uid),
        "origin": {"name": ORIGIN, "sw_version": __version__},
        **entity.config(),
    }
    if entity.component != "button":
        message["state_topic"] = topics.state(device.uid, entity)
    if entity.component != "sensor":
        message["command_topic"] = f"{topics.broker.base}/{uid}/{entity.object_id}/set"
    return json.dumps(message, sort_keys=True)


def _device(device: Device, uid: str) -> Config:
    shown: Config = {"identifiers": [f"micros_{uid}"], "name": device.fuid, "manufacturer": "micrOS"}
    return shown | ({"sw_version": device.version} if device.version else {})


def is_ours(message: bytes) -> bool:
    """Whether a discovery message was made by a gateway."""
    try:
        origin = json.loads(message).get("origin")
        return isinstance(origin, dict) and origin.get("name") == ORIGIN
    except (ValueError, AttributeError):
        return False
