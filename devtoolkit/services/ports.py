"""From an address a user writes to something the tools can open.

`virtual:NAME` powers on a virtual board for as long as it is needed (or uses the one that is already running);
everything else is a serial port's name or a pyserial URL and passes through.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from devtoolkit import paths
from devtoolkit.errors import UsageError
from devtoolkit.simulator.board import VirtualBoard, check_name, running

VIRTUAL = "virtual:"


@dataclass(frozen=True, slots=True)
class OpenPort:
    """`device` is what the tools open. `virtual` is the virtual board's name, or None for a real port."""

    address: str
    device: str
    virtual: str | None = None


def virtual_name(address: str) -> str | None:
    """NAME of `virtual:NAME`, None for a real port. Raises UsageError for a name that cannot be one."""
    if not address.startswith(VIRTUAL):
        return None
    name = address.removeprefix(VIRTUAL)
    if not check_name(name):
        raise UsageError(
            f"{address!r} is not a virtual board's name.",
            hint="Use letters, digits, - and _, for example virtual:demo.",
        )
    return name


@contextmanager
def open_port(address: str) -> Iterator[OpenPort]:
    """The port, ready for the tools; a virtual board that was powered on for this is powered off at the end."""
    name = virtual_name(address)
    if name is None:
        yield OpenPort(address, address)
        return
    live = running(name, paths.simulator())
    if live:
        yield OpenPort(address, live.port, name)
        return
    with VirtualBoard.open(name, root=paths.simulator()) as board:
        yield OpenPort(address, board.port, name)
