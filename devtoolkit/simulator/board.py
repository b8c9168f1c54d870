"""The virtual board as other parts of the toolkit see it. All methods may be called from any thread.

One event loop thread hosts all boards of a process. Works on Linux and macOS; elsewhere opening one raises
SimulatorError, and everything else of the toolkit works without.
"""

import contextlib
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from devtoolkit.errors import SimulatorError
from devtoolkit.simulator import registry
from devtoolkit.simulator.chips import MAX_FLASH, find
from devtoolkit.simulator.flash import SECTOR
from devtoolkit.simulator.identity import Identity
from devtoolkit.simulator.operations import Torn
from devtoolkit.simulator.registry import RunningBoard, check_name, list_boards, running

if TYPE_CHECKING:
    from devtoolkit.simulator.link import Message
    from devtoolkit.simulator.machine import State

__all__ = ["RunningBoard", "VirtualBoard", "check_name", "list_boards", "running"]

DEFAULT_FLASH = 0x400000
RP2 = "rp2040"
RP2_FLASH = 0x200000  # Raspberry Pi Pico W
DRIVE = "RPI-RP2"  # folder that stands for an RP2 board's boot drive, inside the board's own
_MIN_FLASH = 0x200000  # MicroPython's partitions alone take this much
T = TypeVar("T")


class VirtualBoard:
    """A powered board. Get one with `VirtualBoard.open`; `close` it, or use it as a context manager.

    `port` is the serial line that any program may open, `ip` and `shell_port` where a node on it answers, `folder` its
    state (with a stable link `tty` to the port).
    """

    def __init__(self, folder: Path, identity: Identity, locks: tuple[int, int]) -> None:
        from devtoolkit.simulator.host import Host
        from devtoolkit.simulator.power_on import power_on

        self.folder = folder
        self.identity = identity
        self._locks = locks
        self._closed = False
        self._host = Host.acquire()
        try:
            self._machine, self._control = self._host.run(power_on(self._host.loop, self._host.watch, folder, identity))
        except BaseException:
            self._host.release()
            raise

    @classmethod
    def open(
        cls,
        name: str,
        *,
        root: Path,
        chip: str = "esp32",
        flash_size: int = 0,
        fresh: bool = False,
    ) -> Self:
        """Power on the board `name`, whose state lies under `root`; a new one is created with an empty flash.

        `chip` (esptool's name, or rp2040) and `flash_size` (bytes; 0: what is common) are for a new board; an existing
        one keeps its own. `fresh` forgets it first.
        Raises SimulatorError when it already runs, has an impossible chip or size, or this system cannot run it.
        """
        _check_system()
        if not check_name(name):
            raise SimulatorError(f"{name!r} is not a virtual board's name.", hint="Use letters, digits, - and _.")
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        lock = registry.lock(folder)
        try:
            if fresh:
                registry.empty(folder)
            identity, claim = registry.settle(root, name, *_kind(chip, flash_size))
        except BaseException:
            registry.unlock(lock)
            raise
        try:
            return cls(folder, identity, (lock, claim))
        except BaseException:
            registry.unlock(lock, claim)
            raise

    # --- identity

    @property
    def name(self) -> str:
        return self.identity.name

    @property
    def port(self) -> str:
        """The pseudo-terminal's path; empty while the board has no port (an RP2 in its boot ROM)."""
        return self._machine.port.path

    @property
    def ip(self) -> str:
        return self.identity.ip

    @property
    def shell_port(self) -> int:
        return self.identity.shell_port

    @property
    def mac(self) -> str:
        """As aa:bb:cc:dd:ee:ff."""
        return self.identity.mac

    @property
    def uid(self) -> str:
        """The node's uid as micrOS forms it."""
        return self.identity.uid

    @property
    def flash_size(self) -> int:
        """Bytes."""
        return self.identity.flash_size

    @property
    def boot_drive(self) -> Path:
        """Where the boot drive of an RP2 board appears."""
        return self.folder / DRIVE

    # --- state

    @property
    def state(self) -> "State":
        return self._machine.state

    @property
    def vm_pid(self) -> int | None:
        """The VM's process id while one runs."""
        return self._machine.vm_pid

    @property
    def console(self) -> str:
        """The last output of the board, also what was printed while no client was there."""
        return self._call(self._machine.log.text)

    @property
    def has_firmware(self) -> bool:
        """Whether the flash holds something that can run."""
        return self._call(lambda: self._machine.has_firmware)

    @property
    def operations(self) -> int:
        """Flash operations (program and erase) that the VM has done since the board was opened."""
        return self._machine.operations.done

    def wait_state(self, state: "State", timeout: float = 10.0) -> None:
        """Wait until the board is in `state`. Raises SimulatorError after `timeout` seconds."""
        if not self._wait(lambda: self._machine.state == state, timeout):
            raise SimulatorError(
                f"The virtual board {self.name} is {self.state!r}, not {state!r}, after {timeout:g} s.",
                hint=f"Its console said: {self.console[-500:]}",
                state=self.state,
            )

    def wait_console(self, timeout: float, text: str = "", times: int = 1) -> bool:
        """Wait until the console holds `text` so many `times` (without text: until something new is there).

        False after `timeout` seconds.
        """
        log = self._machine.log
        seen = log.total
        return self._wait(lambda: log.text().count(text) >= times if text else log.total != seen, timeout)

    # --- what happens to it

    def reset(self) -> None:
        """Press the reset button."""
        self._call(self._machine.reset)

    def download(self) -> None:
        """Reset into download mode. It ends by `reset`, or when a tool has used it and closed the port."""
        self._call(self._machine.download)

    def power_off(self) -> None:
        """Cut the power; the serial line stays, but is silent."""
        self._call(self._machine.power_off)

    def power_on(self) -> None:
        """Power on (again)."""
        self._call(lambda: self._machine.reset("power_on"))

    def throttle(self, baud: int | None) -> None:
        """Make the serial line as slow as a wire at `baud` (download mode: what esptool sets); None: no limit."""
        self._call(lambda: self._machine.throttle(baud))

    def cut_after(self, operations: int | None, torn: Torn = "none") -> None:
        """Cut the power in the `operations`-th flash operation from now (1 = the next); None: never.

        That operation does not happen, or with `torn` "half" only half of it. The board is then in state "off".
        """
        self._call(lambda: self._machine.operations.cut_after(operations, torn))

    def configure(self, **values: object) -> None:
        """Set values of the VM's configuration for its next start: `heap` (bytes) and those the shims know."""
        self._call(lambda: self._machine.settings.update(values))

    def load_flash(self, parts: dict[int, bytes]) -> None:
        """Write bytes straight into the flash, by flash address, and power on."""
        self._call(lambda: self._machine.load(parts))

    def vm(self, message: "Message") -> "Message":
        """Ask the simulated hardware (see the shims' operations). Raises SimulatorError when the VM does not answer."""
        return self._host.run(self._machine.ask_vm(message))

    def close(self) -> None:
        """Power off and give back everything: process, port, sockets, lock. A second call does nothing."""
        if self._closed:
            return
        from devtoolkit.simulator.power_on import power_off

        self._closed = True
        self._host.run(power_off(self._machine, self._control))
        registry.withdraw(self.folder)
        self._host.release()
        registry.unlock(*self._locks)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # --- in the loop's thread

    def _call(self, action: Callable[[], T]) -> T:
        async def work() -> T:
            return action()

        return self._run(work())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._closed:
            work.close()
            raise SimulatorError(f"The virtual board {self.name} is closed.")
        return self._host.run(work)

    def _wait(self, reached: Callable[[], bool], timeout: float) -> bool:
        import asyncio

        async def work() -> bool:
            end = time.monotonic() + timeout
            while True:
                change = self._machine.change
                if reached():
                    return True
                left = end - time.monotonic()
                if left <= 0:
                    return False
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(change.wait(), left)

        return self._run(work())


def _check_system() -> None:
    if sys.platform not in ("linux", "darwin"):
        raise SimulatorError(
            f"Virtual boards need pseudo-terminals, which {sys.platform} has not.",
            hint="Use Linux or macOS, or a real board.",
        )


def _kind(chip: str, flash_size: int) -> tuple[str, int]:
    """Chip and flash size of a new board. Raises SimulatorError for those that cannot be."""
    kind, flash_size = (RP2, flash_size or RP2_FLASH) if chip == RP2 else (find(chip).name, flash_size or DEFAULT_FLASH)
    if flash_size % SECTOR or flash_size & (flash_size - 1) or not _MIN_FLASH <= flash_size <= MAX_FLASH:
        raise SimulatorError(f"A flash of {flash_size} bytes is not possible.", hint="2, 4, 8 or 16 MiB are.")
    return kind, flash_size
