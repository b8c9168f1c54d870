"""The parts of a powered board put together: the machine, its control socket, and the notice that others find it by.

Imported late, so that looking for boards costs no asyncio.
"""

import asyncio
import os
from pathlib import Path

from devtoolkit.simulator import registry
from devtoolkit.simulator.board import RP2
from devtoolkit.simulator.control import Control
from devtoolkit.simulator.identity import Identity
from devtoolkit.simulator.link import LinkServer
from devtoolkit.simulator.machine import Machine
from devtoolkit.simulator.registry import RunningBoard
from devtoolkit.simulator.rp2_machine import Rp2Machine
from devtoolkit.simulator.serial_port import PortWatch


async def power_on(
    loop: asyncio.AbstractEventLoop, watch: PortWatch, folder: Path, identity: Identity
) -> tuple[Machine, LinkServer]:
    """Start the board whose state lies in `folder`; returns the machine and its control server, for `power_off`."""
    kind = Rp2Machine if identity.chip == RP2 else Machine
    machine = kind(loop, watch, folder, identity)
    try:
        machine.hosts = lambda: {one.name: one.ip for one in registry.identities(folder.parent)}
        server = LinkServer(Control(machine).handle, machine.observers.discard)
        await server.start()
        try:
            await machine.start()
            _announce(folder, machine, server)
            machine.usb.moved = lambda: _announce(folder, machine, server)
        except BaseException:
            await server.stop()
            raise
    except BaseException:
        await machine.close()
        raise
    return machine, server


async def power_off(machine: Machine, server: LinkServer) -> None:
    """Stop both; the notice is left to who holds the folder's lock."""
    await server.stop()
    await machine.close()


def _announce(folder: Path, machine: Machine, server: LinkServer) -> None:
    one = machine.identity
    registry.announce(
        folder,
        RunningBoard(one.name, os.getpid(), machine.port.path, one.ip, one.shell_port, server.address, server.token),
    )
