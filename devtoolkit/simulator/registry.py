"""The folders of the virtual boards: who runs which, and how to reach it.

A process that runs a board holds a lock on the board's folder; the kernel drops the lock when the process ends, in
whatever way, so what a dead process left in board.json is recognised as stale.
"""

import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devtoolkit.errors import SimulatorError
from devtoolkit.simulator import identity
from devtoolkit.simulator.identity import Identity

BOARD_FILE = "board.json"
_LOCK_FILE = "lock"
_VERSION = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True)
class RunningBoard:
    """A live board: `port` is its serial line (empty: not there now), `control` and `token` are for ControlClient."""

    name: str
    pid: int
    port: str
    ip: str
    shell_port: int
    control: tuple[str, int]
    token: str


def check_name(name: str) -> bool:
    """Whether this can be a virtual board's name (it becomes a folder and a host name)."""
    return _NAME.fullmatch(name) is not None


def list_boards(root: Path) -> tuple[str, ...]:
    """Names of the boards that have a folder under `root`, sorted."""
    if not root.is_dir():
        return ()
    return tuple(sorted(path.parent.name for path in root.glob(f"*/{identity.FILE}")))


def identities(root: Path, but: str = "") -> list[Identity]:
    """The identities of all boards under `root`; damaged ones and the one named `but` are left out."""
    found = []
    for name in list_boards(root):
        if name != but:
            with contextlib.suppress(Exception):
                found.append(identity.load(root / name))
    return [one for one in found if one]


def settle(root: Path, name: str, chip: str, flash_size: int) -> tuple[Identity, int]:
    """The stored identity, or a new one, and the claim on its address; it moves when someone else listens there."""
    folder = root / name
    identity.require_loopback()
    with root_locked(root):
        found = identity.load(folder)
        taken = claim(found.ip, found.shell_port) if found and identity.is_free(found) else None
        if found is None or taken is None:
            found = found or identity.create(name, chip, flash_size)
            found, taken = identity.with_address(found, identities(root, but=name), claim)
        identity.save(folder, found)
    return found, taken


def running(name: str, root: Path) -> RunningBoard | None:
    """The board when a live process runs it, else None."""
    folder = root / name
    if not (folder / BOARD_FILE).is_file() or _try_lock(folder):
        return None
    try:
        data = json.loads((folder / BOARD_FILE).read_text(encoding="utf-8"))
        address, port = data["control"]
        return RunningBoard(
            data["name"], data["pid"], data["port"], data["ip"], data["shell_port"], (address, port), data["token"]
        )
    except (OSError, ValueError, KeyError):
        return None  # it is just starting or just ending


def announce(folder: Path, board: RunningBoard) -> None:
    """Write board.json and the link `tty`, so that other programs find the board."""
    data: dict[str, object] = {name: getattr(board, name) for name in RunningBoard.__slots__}
    identity.write_json(folder / BOARD_FILE, {"version": _VERSION, **data})
    tty = folder / "tty"
    tty.unlink(missing_ok=True)
    if board.port:
        tty.symlink_to(board.port)


def withdraw(folder: Path) -> None:
    """Remove what `announce` wrote."""
    for name in (BOARD_FILE, "tty"):
        (folder / name).unlink(missing_ok=True)


def empty(folder: Path) -> None:
    """Forget everything about a board whose lock the caller holds."""
    for path in folder.iterdir():
        if path.name == _LOCK_FILE:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def lock(folder: Path) -> int:
    """Take the board for this process; returns what `unlock` needs. Raises SimulatorError when another one has it."""
    fd = _open_locked(folder / _LOCK_FILE, wait=False)
    if fd is None:
        raise SimulatorError(
            f"The virtual board {folder.name} is already running.",
            hint="Stop the program that runs it, or choose another name.",
            name=folder.name,
        )
    return fd


def unlock(*locks: int) -> None:
    """Give back what `lock` and `claim` took."""
    for fd in locks:
        os.close(fd)


def claim(ip: str, port: int) -> int | None:
    """Claim an address for a board that is about to listen there; None when another process of this user has it.

    A board's VM takes a moment to listen; without the claim two processes could choose the same address in between.
    """
    folder = Path(tempfile.gettempdir()) / f"micros-virtual-boards-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return _open_locked(folder / f"{ip}-{port}", wait=False)


@contextmanager
def root_locked(root: Path) -> Iterator[None]:
    """One process at a time: for choosing an address that no other board has."""
    fd = _open_locked(root / ".lock", wait=True)
    try:
        yield
    finally:
        if fd is not None:
            os.close(fd)


def _try_lock(folder: Path) -> bool:
    fd = _open_locked(folder / _LOCK_FILE, wait=False)
    if fd is None:
        return False
    os.close(fd)
    return True


def _open_locked(path: Path, *, wait: bool) -> int | None:
    try:
        import fcntl  # late: this module is imported on systems that have none, to find out that nothing runs
    except ImportError:
        return None
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(fd)
        return None
    except BaseException:
        os.close(fd)
        raise
    return fd
