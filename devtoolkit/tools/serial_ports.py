"""Serial ports of this machine: which there are, and why one cannot be used."""

import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports as pyserial_ports

from devtoolkit.errors import PortBusyError, PortError, PortMissingError

_PROC = Path("/proc")
RP2_VENDOR, ESPRESSIF_VENDOR = "2e8a:", "303a:"  # how the USB ids of boards with USB of their own begin


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A port as the system lists it. `usb_id` is "VID:PID" in lower-case hex, empty when it is no USB port."""

    device: str
    description: str
    usb_id: str = ""
    serial_number: str = ""
    manufacturer: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class Holder:
    """A program that has a port open."""

    pid: int
    program: str


def list_ports() -> tuple[SerialPort, ...]:
    """The serial ports the system knows, sorted; built-in UARTs nobody plugged in (`/dev/ttyS*`) are left out."""
    found = (
        SerialPort(
            device=info.device,
            description=info.description or "",
            usb_id="" if info.vid is None else f"{info.vid:04x}:{info.pid or 0:04x}",
            serial_number=info.serial_number or "",
            manufacturer=info.manufacturer or "",
            location=info.location or "",
        )
        for info in pyserial_ports.comports()
        if info.vid is not None or not info.device.startswith("/dev/ttyS")
    )
    return tuple(sorted(found, key=lambda port: port.device))


def is_url(port: str) -> bool:
    """True for pyserial's URLs (rfc2217://host:port, socket://host:port), which are no devices of this machine."""
    return "://" in port


def holders(port: str) -> tuple[Holder, ...]:
    """Other programs that have the port open: on Linux, as far as this user may see them; elsewhere always empty."""
    if not sys.platform.startswith("linux"):
        return ()
    target = os.path.realpath(port)
    own = os.getpid()
    return tuple(
        Holder(pid, _program(pid))
        for pid in _pids()
        if pid != own and any(str(link) == target and _same_file(file, target) for file, link in _open_files(pid))
    )


def check_port(port: str) -> None:
    """Raises PortMissingError, PortBusyError or PortError when the port cannot be used now; opens nothing."""
    if is_url(port):
        return
    if os.name == "nt":
        if port.upper() not in {known.device.upper() for known in list_ports()}:
            raise missing(port)
        return
    try:
        mode = Path(port).stat().st_mode
    except OSError:
        raise missing(port) from None
    if not stat.S_ISCHR(mode):
        raise PortError(f"{port} is not a serial port.", hint="Choose one of the list: devToolKit.py -l", port=port)
    if not os.access(port, os.R_OK | os.W_OK):
        raise forbidden(port)
    _check_holders(port)


def missing(port: str) -> PortMissingError:
    """The error for a port that does not exist; its hint lists the ports that do."""
    known = ", ".join(known.device for known in list_ports())
    hint = f"Ports there are: {known}." if known else "No port is there: check cable (it must carry data) and driver."
    return PortMissingError(f"There is no serial port {port}.", hint=hint, port=port)


def forbidden(port: str) -> PortError:
    """The error for a port this user may not open."""
    hint = "Close the program that uses it."
    if sys.platform.startswith("linux"):
        hint = "Add yourself to the group that owns it (often dialout or uucp), then log in again."
    return PortError(f"The port {port} may not be opened by this user.", hint=hint, port=port)


def busy(port: str) -> PortBusyError:
    """The error for a port that another program holds, naming that program where the system tells."""
    found = holders(port)
    if not found:
        return PortBusyError(
            f"The port {port} is held by another program.",
            hint="Close serial monitors, IDEs and other uses of the board, then try again.",
            port=port,
        )
    named = ", ".join(f"{holder.program} (process {holder.pid})" for holder in found)
    return PortBusyError(
        f"The port {port} is held by {named}.",
        hint="Close it, then try again.",
        port=port,
        program=found[0].program,
        pid=found[0].pid,
    )


def _check_holders(port: str) -> None:
    if holders(port):
        raise busy(port)


def _pids() -> Iterator[int]:
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            yield int(entry.name)


def _same_file(file: Path, target: str) -> bool:
    """A container has pseudo terminals of its own, with the same names."""
    try:
        return file.samefile(target)
    except OSError:
        return False


def _open_files(pid: int) -> Iterator[tuple[Path, Path]]:
    """The entry in /proc, and what it says."""
    folder = _PROC / str(pid) / "fd"
    try:
        descriptors = list(folder.iterdir())
    except OSError:
        return  # gone, or another user's
    for descriptor in descriptors:
        try:
            yield descriptor, descriptor.readlink()
        except OSError:
            continue


def _program(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return "an unknown program"
