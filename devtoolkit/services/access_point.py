"""Which node the entry `__device_on_AP__` means: the one whose own network this computer has joined.

Real nodes are at 192.168.4.1 there. A virtual node with its network open is reached at its loopback address; that takes
its place where this computer is in no such network.
"""

from devtoolkit import paths
from devtoolkit.errors import SimulatorError, UsageError
from devtoolkit.model.device import Device
from devtoolkit.services.cache_entries import AP_ADDRESS, AP_UID, RESERVED
from devtoolkit.settings import SHELL_PORT, chosen_interfaces
from devtoolkit.simulator.board import RunningBoard, list_boards, running
from devtoolkit.simulator.control import ControlClient
from devtoolkit.transports.interfaces import own_interfaces

NAME = RESERVED[AP_UID][2]


def node_on_access_point() -> Device:
    """Where the node is now. Raises UsageError when several virtual ones have their network open."""
    real = Device(AP_UID, NAME, AP_ADDRESS, SHELL_PORT)
    if any(interface.contains(AP_ADDRESS) for interface in own_interfaces(chosen_interfaces())):
        return real
    virtual = [board for board in _running() if _has_network_open(board)]
    if len(virtual) > 1:
        names = ", ".join(board.name for board in virtual)
        raise UsageError(
            f"Several virtual nodes have their own network open: {names}.", hint="Name one by its address, or stop one."
        )
    return Device(AP_UID, NAME, virtual[0].ip, virtual[0].shell_port) if virtual else real


def _running() -> list[RunningBoard]:
    root = paths.simulator()
    return [board for name in list_boards(root) if (board := running(name, root))]


def _has_network_open(board: RunningBoard) -> bool:
    try:
        with ControlClient(board.control, board.token) as control:
            answer = control.request("vm", message={"op": "get"})["answer"]
        return bool(answer["wifi"]["ap"]["active"]) and not answer["wifi"]["sta"]["joined"]
    except (SimulatorError, KeyError):
        return False  # it is off, or just restarting
