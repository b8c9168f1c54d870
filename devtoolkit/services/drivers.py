"""USB-serial chips and their drivers on the three systems: what is missing for a port, and how to get it.

The facts are `drivers/*.toml`, one file per kind of chip. Nothing here installs anything: on Windows and macOS the
maker's page is named, on Linux one command to copy.
"""

import functools
import os
import re
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from devtoolkit import paths
from devtoolkit.errors import DataFileError
from devtoolkit.services import datafile
from devtoolkit.tools.serial_ports import SerialPort, list_ports

System = Literal["linux", "macos", "windows"]
RULES_FILE = "/etc/udev/rules.d/60-micros-boards.rules"  # below 73, where `uaccess` is given to who sits there
_GROUPS = ("dialout", "uucp")  # Debian and Fedora; Arch
_SCHEMA = 1
_SYSTEMS: dict[str, System] = {"win32": "windows", "darwin": "macos"}  # by `sys.platform`


@dataclass(frozen=True, slots=True)
class SystemDriver:
    """A chip's driver on one system. `page` is the maker's, empty where there is nothing to get."""

    included: bool
    install: str
    page: str


@dataclass(frozen=True, slots=True)
class Driver:
    """One kind of USB-serial chip; `usb_ids` are VID:PID in lower-case hex."""

    id: str
    title: str
    usb_ids: tuple[str, ...]
    linux: SystemDriver
    macos: SystemDriver
    windows: SystemDriver

    def on(self, system: System) -> SystemDriver:
        """The chip's driver on this system."""
        return {"linux": self.linux, "macos": self.macos, "windows": self.windows}[system]


@dataclass(frozen=True, slots=True)
class Access:
    """Linux: who may open the ports. `rules` whether our udev rule is there, `group` who owns the ports."""

    group: str = "dialout"
    member: bool = False
    rules: bool = False
    forbidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DriverFinding:
    """One thing about drivers: `ok`, or what to do (`text`, then a `command` to copy or a `page` to open)."""

    subject: str
    ok: bool
    text: str
    command: str = ""
    page: str = ""


@functools.cache
def drivers(folder: Path | None = None) -> tuple[Driver, ...]:
    """All kinds of chips, by id."""
    return tuple(_load(file) for file in sorted((folder or paths.drivers()).glob("*.toml")))


def driver_for(usb_id: str) -> Driver | None:
    """The chip behind a port's USB id."""
    return next((one for one in drivers() if usb_id.lower() in one.usb_ids), None)


def this_system() -> System:
    """Linux stands for every other POSIX system as well."""
    return _SYSTEMS.get(sys.platform, "linux")


def findings(
    ports: Sequence[SerialPort] | None = None, system: System | None = None, access: Access | None = None
) -> tuple[DriverFinding, ...]:
    """What is right and wrong with drivers and permissions here; for `--doctor` and the first-use help.

    Without `ports` those of this machine. Empty ports mean: nothing is plugged in, or no driver has made a port of it.
    """
    known_ports = list_ports() if ports is None else tuple(ports)
    here = system or this_system()
    found = [_port(port, here) for port in known_ports if port.usb_id]
    if not found:
        found = _nothing_plugged_in(here)
    if here == "linux":
        found.append(_access(access or linux_access(known_ports)))
    return tuple(found)


def linux_access(ports: Sequence[SerialPort]) -> Access:
    """Who may open serial ports on this machine."""
    try:
        import grp  # POSIX only
    except ImportError:
        return Access(member=True, rules=True)
    forbidden = tuple(port.device for port in ports if not os.access(port.device, os.R_OK | os.W_OK))
    known = {entry.gr_name: entry.gr_gid for entry in grp.getgrall()}
    group = next((name for name in _GROUPS if name in known), _GROUPS[0])
    mine = {*os.getgroups(), os.getegid()}
    return Access(group, os.geteuid() == 0 or known.get(group) in mine, Path(RULES_FILE).exists(), forbidden)


def udev_rule() -> str:
    """The rule that lets who sits at the machine open the ports, and keeps the modem manager off them."""
    vendors = "|".join(sorted({usb_id.partition(":")[0] for one in drivers() for usb_id in one.usb_ids}))
    return (
        f'SUBSYSTEM=="tty", ATTRS{{idVendor}}=="{vendors}", TAG+="uaccess", '
        'ENV{ID_MM_DEVICE_IGNORE}="1", ENV{ID_MM_PORT_IGNORE}="1"'
    )


def linux_command(group: str) -> str:
    """One line to copy: rule, reload, group. We never run it."""
    return (
        f"echo '{udev_rule()}' | sudo tee {RULES_FILE} && sudo udevadm control --reload-rules && "
        f'sudo udevadm trigger --subsystem-match=tty && sudo usermod -aG {group} "$USER"'
    )


def asked_before() -> bool:
    """Whether this user has been asked about drivers already."""
    file = _file()
    if not file.exists():
        return False
    with datafile.locked(file):
        value, _note = datafile.read_object(file)
    return value.get("asked") is True


def remember_asked(*, opened: bool) -> None:
    """Not to be asked again. Raises DataFileError."""
    file = _file()
    with datafile.locked(file):
        datafile.write_object(file, {"schema": _SCHEMA, "asked": True, "opened": opened})


def _file() -> Path:
    return paths.user_data() / "driver_conf.json"


def _port(port: SerialPort, system: System) -> DriverFinding:
    chip = driver_for(port.usb_id)
    subject = f"{port.device} ({port.usb_id})"
    if chip is None:
        return DriverFinding(subject, True, "A USB serial port with a chip that this toolkit does not know.")
    return DriverFinding(subject, True, f"{chip.title}: the driver works. {chip.on(system).install}")


def _nothing_plugged_in(system: System) -> list[DriverFinding]:
    if system == "linux":
        text = "No USB serial port is there: plug the board in, with a cable that carries data; Linux has all drivers."
        return [DriverFinding("no port", False, text)]
    text = "No USB serial port is there: plug the board in, with a cable that carries data, or install its driver."
    chips = [(one, one.on(system)) for one in drivers()]
    wanted = [DriverFinding(one.title, False, it.install, page=it.page) for one, it in chips if it.page]
    return [DriverFinding("no port", False, text), *wanted]


def _access(access: Access) -> DriverFinding:
    subject = "permission"
    if access.forbidden:
        text = f"You may not open {', '.join(access.forbidden)}. Copy this command into a terminal, then log in again."
        return DriverFinding(subject, False, text, command=linux_command(access.group))
    if access.member or access.rules:
        how = "a udev rule" if access.rules else f"the group {access.group}"
        return DriverFinding(subject, True, f"You may open serial ports ({how}).")
    text = f"You are not in the group {access.group}. Copy this command into a terminal, then log in again."
    return DriverFinding(subject, False, text, command=linux_command(access.group))


def _load(file: Path) -> Driver:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        systems = {
            name: SystemDriver(bool(table[name]["included"]), str(table[name]["install"]), table[name].get("page", ""))
            for name in ("linux", "macos", "windows")
        }
        usb_ids = tuple(str(one) for one in table["usb_ids"])
        if not all(re.fullmatch(r"[0-9a-f]{4}:[0-9a-f]{4}", one) for one in usb_ids):
            raise ValueError(f"usb_ids = {usb_ids}")
        return Driver(file.stem, str(table["title"]), usb_ids, **systems)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataFileError(f"{file} is no driver file: {error}.", hint="Compare it with its neighbours.") from error
