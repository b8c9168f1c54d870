"""The drive that an RP2 board shows in its boot ROM: a folder that comes and goes, and takes UF2 files.

The bytes of a file are taken as they are written, so a copy that breaks off leaves a half-written flash, as on a board.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

from devtoolkit.simulator.flash import Flash
from devtoolkit.simulator.rp2_rom import BLOCK, Uf2Loader

INFO = "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n"
_OWN = ("INFO_UF2.TXT", "INDEX.HTM")
_LOOK_S = 0.02


class BootDrive:
    """The drive as the folder `path`. `loaded` is called when a UF2 file has come whole; the ROM reboots then."""

    def __init__(self, loop: asyncio.AbstractEventLoop, path: Path, flash: Flash, loaded: Callable[[], None]) -> None:
        self.path = path
        self._loop = loop
        self._flash = flash
        self._loaded = loaded
        self._timer: asyncio.TimerHandle | None = None
        self._loader = Uf2Loader(flash)
        self._taken: dict[str, int] = {}  # bytes of each file that have been looked at

    def mount(self) -> None:
        """The drive appears. Its info file comes last, so that who sees it sees a whole drive."""
        self.unmount()
        self._loader, self._taken = Uf2Loader(self._flash), {}
        self.path.mkdir()
        (self.path / _OWN[1]).write_text("<html></html>", encoding="ascii")
        info = self.path.with_name(f".{self.path.name}.info")  # whole or not there: by it a boot drive is known
        info.write_text(INFO, encoding="ascii", newline="")
        info.replace(self.path / _OWN[0])
        self._timer = self._loop.call_later(_LOOK_S, self._look)

    def unmount(self) -> None:
        """The drive is gone, at once, whoever is just writing to it; a second call does nothing."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        gone = self.path.with_name(f".{self.path.name}.gone")
        shutil.rmtree(gone, ignore_errors=True)  # somebody was faster the last time
        with contextlib.suppress(FileNotFoundError):
            self.path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def _look(self) -> None:
        self._timer = self._loop.call_later(_LOOK_S, self._look)
        for file in sorted(self.path.iterdir()):
            if file.name not in _OWN and file.is_file():
                self._take(file)
            if self._loader.complete:
                self.unmount()
                self._loaded()
                return

    def _take(self, file: Path) -> None:
        at = self._taken.get(file.name, 0)
        with file.open("rb") as source:
            source.seek(at)
            data = source.read()
        for start in range(0, len(data) - BLOCK + 1, BLOCK):
            self._loader.feed(data[start : start + BLOCK])
            at += BLOCK
            if self._loader.complete:
                break
        self._taken[file.name] = at
