"""What the doctor looks at, one function per part; each yields (state, text, way out)."""

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Literal

import devtoolkit
from devtoolkit import paths
from devtoolkit.boards.loader import load_boards
from devtoolkit.errors import ToolError, ToolkitError
from devtoolkit.model.version import Version
from devtoolkit.services import build, drivers, firmware_store
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.config_archive import ConfigArchive
from devtoolkit.services.devtools import pins
from devtoolkit.services.node_setup import read_config
from devtoolkit.settings import chosen_interfaces
from devtoolkit.simulator.vm_process import find_vm
from devtoolkit.tools import mpy_cross
from devtoolkit.tools.serial_ports import holders, list_ports
from devtoolkit.transports.interfaces import Interface, own_interfaces
from devtoolkit.transports.mdns_probe import mdns_problem

Told = tuple[Literal["ok", "warn", "fail"], str, str]
_PACKAGE = "micrOSDevToolKit"
_OLDEST = (3, 11)
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_QT_LIMIT_S = 20.0
_TRIAL = 1 << 16  # bytes written to see whether the data folder takes them
_LITTLE_ROOM = 20 << 20  # one virtual board and a firmware file
# What Qt's own plugin for X11 needs beyond the wheel, by Debian's names.
_QT_PACKAGES = (
    "libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxkbcommon-x11-0 libgl1"
)


def versions() -> Iterator[Told]:
    """Toolkit, device system, Python."""
    manifest = build.load_manifest(paths.precompiled())
    text = f"toolkit {devtoolkit.__version__}, micrOS {manifest.micros_version}, mpy {manifest.mpy_version}"
    yield "ok", f"{text}; Python {platform.python_version()} on {platform.system()} {platform.machine()}", ""


def environment() -> Iterator[Told]:
    """Python's version, the packages that must be there, and those that may."""
    if sys.version_info < _OLDEST:
        yield "fail", f"Python {platform.python_version()} is too old.", "Install Python 3.11 or newer."
    missing = sorted(_missing_packages())
    for name in missing:
        yield "fail", f"The package {name} is not installed.", f"Try: pip install {name}"
    if not missing:
        yield "ok", "All packages are installed.", ""
    try:
        yield "ok", f"mpy-cross {mpy_cross.compiler().version}", ""
    except ToolError as error:
        yield "fail", error.message, error.hint


def _missing_packages() -> Iterator[str]:
    """Names of the toolkit's own requirements that are not there; those of extras and other systems are left out."""
    try:
        wanted = metadata.requires(_PACKAGE) or []
    except metadata.PackageNotFoundError:
        return  # run from a checkout that is not installed: whatever is imported is there
    for line in wanted:
        requirement, _, marker = line.partition(";")
        found = _NAME.match(requirement.strip())
        if found and not marker.strip():
            try:
                metadata.version(found[0])
            except metadata.PackageNotFoundError:
                yield found[0]


def data_folder() -> Iterator[Told]:
    """Whether the user's data can be written."""
    folder = paths.user_data()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_TRIAL))
            file.flush()  # an empty file fits on a full disk too
        free = shutil.disk_usage(folder).free
    except OSError as error:
        yield "fail", f"{folder} cannot be written: {error.strerror}.", "Choose another one with --user-data DIR."
        return
    if free < _LITTLE_ROOM:
        text = f"{folder} has room for {free >> 20} MB only; a virtual board needs 4 to 16."
        yield "warn", text, "Make room, or choose another one with --user-data DIR."
    else:
        yield "ok", str(folder), ""


def device_files() -> Iterator[Told]:
    """Whether the precompiled files are whole, and as new as the source."""
    files = build.read_files(paths.precompiled())
    yield "ok", f"{len(files)} files for devices, all as they were built", ""
    if paths.checkout() and build.micros_version(paths.micros_source()) != _built_version():
        yield "warn", "The device source is newer than what was built from it.", "Build it with: devToolKit.py -cc"


def _built_version() -> str:
    return build.load_manifest(paths.precompiled()).micros_version


def virtual_boards() -> Iterator[Told]:
    """Whether there is a MicroPython to run virtual boards."""
    try:
        yield "ok", f"MicroPython for virtual boards: {find_vm()}", ""
    except ToolkitError as error:
        yield "warn", error.message, error.hint


def window() -> Iterator[Told]:
    """Qt in a process of its own: a library that is missing ends it, and the reason is its last line."""
    code = "from PyQt5.QtWidgets import QApplication; QApplication([]); print('well')"
    offscreen = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=offscreen,
            capture_output=True,
            text=True,
            timeout=_QT_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield "warn", f"Qt cannot be tried: {error}.", "The command line needs no Qt."
        return
    if "well" not in done.stdout:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        yield "warn", f"The window cannot open: {reason}.", f"On Debian: sudo apt-get install {_QT_PACKAGES}"
    elif _no_display():
        yield "warn", "Qt works, but there is no display here.", "Use the command line, or log in with a desktop."
    else:
        yield "ok", "Qt works.", ""


def _no_display() -> bool:
    return sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def serial() -> Iterator[Told]:
    """Drivers and permissions, ports, and who holds one."""
    for one in drivers.findings():
        way = "" if one.ok else one.command or one.page
        yield "ok" if one.ok else "warn", f"{one.subject}: {one.text}", way
    for port in list_ports():
        for holder in holders(port.device):
            told = f"{port.device} is held by {holder.program} (process {holder.pid})."
            yield "warn", told, "Close it before you deploy."


def firmware() -> Iterator[Told]:
    """What is in the firmware store."""
    boards = firmware_store.catalogue()
    there = [entry for entry in boards if entry.path]
    own = len(firmware_store.stored())
    if there:
        yield "ok", f"Firmware for {len(there)} of {len(boards)} boards is in the store ({own} files).", ""
    else:
        way = "Before you go offline: devToolKit.py --firmware-fetch all (a deploy fetches what it needs by itself)."
        yield "warn", "No firmware is in the store.", way


def network() -> Iterator[Told]:
    """Own addresses outside of loopback."""
    found = _interfaces()
    outside = [one for one in found if not one.loopback]
    for one in outside:
        wide = " (too many addresses for a scan; mDNS finds nodes there)" if one.network.prefixlen < 22 else ""
        yield "ok", f"{one.ip} in {one.network}{wide}", ""
    if not outside:
        limited = " MICROS_INTERFACES limits it." if chosen_interfaces() else ""
        yield "warn", f"Only this machine itself can be reached.{limited}", "Join the network that the nodes are in."


def _interfaces() -> tuple[Interface, ...]:
    return own_interfaces(chosen_interfaces())


def mdns() -> Iterator[Told]:
    """Whether announcements can be heard."""
    for one in _interfaces():
        problem = mdns_problem(one.ip)
        if problem:
            way = "Allow UDP port 5353 in the firewall; without it nodes are found by a scan, which takes longer."
            yield "warn", f"mDNS does not work on {one.ip}: {problem}.", way
        else:
            yield "ok", f"mDNS works on {one.ip}.", ""


def nodes() -> Iterator[Told]:
    """From the connection cache; nobody is asked."""
    devices, facts = DeviceCache(paths.device_cache()).snapshot()
    known = [device for device in devices if device.uid in facts]
    ours = Version.parse(_built_version())
    old = sorted(one.fuid for one in known if _is_older(facts[one.uid].version, ours))
    if old:
        way = "Update them with: devToolKit.py --OTA --dev outdated"
        yield "warn", f"{len(old)} of {len(known)} known nodes have an older micrOS: {', '.join(old)}.", way
    else:
        yield "ok", f"{len(known)} nodes are known, none with an older micrOS.", ""


def _is_older(version: str | None, ours: Version) -> bool:
    try:
        return version is not None and Version.parse(version) < ours
    except ValueError:
        return False


def pin_clashes() -> Iterator[Told]:
    """Of the archived configurations; their board is not in them, so it is the one whose pin map they name."""
    files = sorted(ConfigArchive().folder.glob("*-node_config.json"))
    bad = 0
    for file in files:
        for told in _clashes(file):
            bad += 1
            yield "warn", told, "Give one another pin with cstmpmap; see --pin-check --config FILE."
    if not bad:
        yield "ok", f"No pin is wanted twice in {len(files)} archived configurations.", ""


def _clashes(file: Path) -> Iterator[str]:
    try:
        config = read_config(file)
        report = pins.check(_board_of(config), (), config)
    except ToolkitError as error:
        yield f"{file.name}: {error.message}"
        return
    if report.modules:
        yield from (f"{file.name}: {one.text}" for one in report.findings if one.level == "clash")


def _board_of(config: dict[str, object]) -> str:
    named = str(config.get("cstmpmap", "")).partition(";")[0].strip()
    return next((board.id for board in load_boards() if board.pin_map == named), "esp32")
