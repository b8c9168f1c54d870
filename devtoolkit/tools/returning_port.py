"""Finds a board's port again after it has vanished.

A chip with USB of its own (RP2, ESP32-S2 and later) leaves the bus at a reset and comes back as another device: with
another USB id while its boot ROM runs, often under another name. What stays is its USB serial number (the MAC on ESP
chips, the flash id on RP2).
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from devtoolkit.tools.serial_ports import SerialPort

_SHORTEST = 6  # characters; the ESP32-S2's ROM says 0, many USB-serial chips 0001
Ports = Callable[[], Sequence[SerialPort]]


@dataclass(frozen=True, slots=True)
class PortMemory:
    """What is known of a board's port from before: its name, its USB serial number, and the other ports there were.

    `listed`: the system's list had it (a link to a port is not in there).
    """

    device: str
    serial_number: str
    others: frozenset[str]
    listed: bool


def remember(device: str, ports: Sequence[SerialPort]) -> PortMemory:
    """Note how the port looks now; it may be missing already."""
    own = next((port for port in ports if port.device == device), None)
    others = frozenset(port.device for port in ports if port.device != device)
    return PortMemory(device, own.serial_number if own else "", others, own is not None)


def choose(
    memory: PortMemory, ports: Sequence[SerialPort], usb_ids: Collection[str], unique_id: str = ""
) -> str | None:
    """The board's port among those that are there now, None while it is not there.

    The serial number decides (`unique_id`: what the chip said itself), among equals the name. Without one: the same
    name, or the only port that is new and has one of `usb_ids`. A port whose serial number is another board's is never
    taken.
    """
    wanted = {plain for plain in (_plain(memory.serial_number), _plain(unique_id)) if plain}
    own = [port.device for port in ports if wanted and _plain(port.serial_number) in wanted]
    nameless = [port for port in ports if not (wanted and _plain(port.serial_number))]
    if memory.device in own or memory.device in [port.device for port in nameless]:
        return memory.device
    if own:
        return own[0]
    new = [port.device for port in nameless if port.device not in memory.others and port.usb_id in usb_ids]
    return new[0] if len(new) == 1 else None


def _plain(serial_number: str) -> str:
    """A MAC is written with colons by one firmware and without by the next; `0` and `0001` are nobody's number."""
    plain = re.sub(r"[^0-9a-z]", "", serial_number.lower())
    return plain if len(plain) >= _SHORTEST else ""
