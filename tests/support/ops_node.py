"""A virtual node with a lamp, switches, a servo and a thermometer, for tests of what stands around a gateway."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from devtoolkit import paths
from devtoolkit.model.device import Device
from devtoolkit.services import shell, simulation
from devtoolkit.services.cache import DeviceCache
from devtoolkit.simulator import registry
from devtoolkit.simulator.control import ControlClient
from devtoolkit.simulator.hardware import Hardware

LOADED = (
    *("rgb load_n_init", "dimmer load_n_init", "switch load_n_init", "servo sduty 77"),
    *("dht22 measure", "bme280 measure", "light_sensor illuminance"),
)


@dataclass(frozen=True)
class OpsNode:
    """A powered node whose modules are loaded, and what is wired to it."""

    device: Device
    hardware: Hardware
    user_data: Path

    @property
    def cache(self) -> DeviceCache:
        return DeviceCache(self.user_data / "device_conn_cache.json")

    def say(self, *commands: str) -> tuple[str, ...]:
        """Lines of the answers, over a session of its own."""
        replies = shell.run(commands, self.device.fuid, self.cache).replies
        return tuple(line for _command, lines in replies for line in lines)


@contextmanager
def ops_node_in(folder: Path, name: str) -> Iterator[OpsNode]:
    """Powered until the block ends; the user's data meanwhile lie in `folder`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MICROS_USER_DATA", str(folder))
        patch.setenv("MICROS_INTERFACES", "127.0.0.1")
        with simulation.power_on((name,)) as (node,):
            board = registry.running(name, paths.simulator())
            assert board is not None
            with ControlClient(board.control, board.token) as control:
                found = OpsNode(node.device, Hardware.over(control), folder)
                found.hardware.dht22.put(temperature=21.5, humidity=40.0)
                found.hardware.bme280.put(temperature=20.0, humidity=50.0, pressure=1000.0)
                found.hardware.light.lux = 300
                found.say(*LOADED)
                yield found
