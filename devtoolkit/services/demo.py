"""The main job on a virtual board, from an empty flash to a node that answers: for people without hardware."""

from collections.abc import Callable
from dataclasses import dataclass

from devtoolkit import paths
from devtoolkit.errors import NodeUnreachableError
from devtoolkit.model.device import Device
from devtoolkit.pipelines.base import Cancel, Listener
from devtoolkit.services import discovery, shell
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.deploy import Deployer, DeployReport, DeployRequest
from devtoolkit.services.ports import VIRTUAL, open_port
from devtoolkit.services.shell import ShellResult
from devtoolkit.settings import LOOPBACK

BOARD_NAME = "demo"
COMMANDS = ("hello", "system info")
_SEARCH_S = 10.0


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What was deployed, what was found on loopback, and what the node answered."""

    deployed: DeployReport
    found: tuple[Device, ...]
    answers: ShellResult


def run(listener: Listener, cancel: Cancel, on_step: Callable[[str], None]) -> DemoReport:
    """Deploy to `virtual:demo`, find it by mDNS, say `hello` and `system info`; the board is off again afterwards."""
    cache = DeviceCache(paths.device_cache())
    with open_port(f"{VIRTUAL}{BOARD_NAME}") as port:
        on_step(f"A virtual ESP32 is on the serial line {port.device}.")
        request = DeployRequest(board="esp32", port=port.address, name=BOARD_NAME)
        deployed = Deployer(request, listener, cancel, interfaces=(LOOPBACK,)).make()
        on_step("Looking for nodes by mDNS on loopback.")
        device = discovery.wait_for(deployed.uid, cache, seconds=_SEARCH_S, interfaces=(LOOPBACK,))
        if device is None:
            raise NodeUnreachableError(
                "The node does not announce itself.", hint="Run this again; report it if it stays."
            )
        on_step(f"Talking to {device.fuid} at {device.ip}:{device.port}.")
        return DemoReport(deployed, (device,), shell.run(COMMANDS, device.uid, cache))
