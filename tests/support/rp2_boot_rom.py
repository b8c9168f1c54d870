"""What becomes of UF2 files on an RP2040: its boot ROM writes them page by page, then MicroPython looks for files."""

import tempfile
from pathlib import Path

from littlefs import LittleFS, LittleFSError
from littlefs.context import UserContext

from devtoolkit.codecs.flash_layout import Region
from devtoolkit.simulator.flash import Flash
from devtoolkit.simulator.rp2_rom import BLOCK, Uf2Loader

FLASH_SIZE = 0x200000


class Rp2040:
    """A chip with its flash. `boots` counts the restarts that the ROM has done."""

    def __init__(self, flash: bytes = b"\xff" * FLASH_SIZE) -> None:
        self.flash = flash
        self.boots = 0

    def copy(self, *files: bytes) -> None:
        """Copy files to the boot drive, one after another. After the restart nobody listens to what else is in them."""
        uf2 = b"".join(files)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "flash.bin"
            path.write_bytes(self.flash)
            chip = Flash(path, FLASH_SIZE)
            rom = Uf2Loader(chip)
            for at in range(0, len(uf2) - BLOCK + 1, BLOCK):
                rom.feed(uf2[at : at + BLOCK])
                if rom.complete:
                    self.boots += 1
                    break
            chip.close()
            self.flash = path.read_bytes()

    def boot(self, region: Region) -> dict[str, bytes]:
        """MicroPython starts: the files it finds. What it cannot mount it formats, without a word."""
        context = UserContext(region.size)
        context.buffer[:] = self.flash[region.offset : region.end]
        try:
            system = LittleFS(context=context, block_size=4096, block_count=region.size // 4096, mount=True)
            return _files(system)
        except LittleFSError:
            blank = b"\xff" * region.size
            self.flash = self.flash[: region.offset] + blank + self.flash[region.end :]
            return {}


def _files(system: LittleFS) -> dict[str, bytes]:
    found = {}
    for top, _folders, names in system.walk("/"):
        for name in names:
            with system.open(f"{top.rstrip('/')}/{name}", "rb") as file:
                found[f"{top.rstrip('/')}/{name}".lstrip("/")] = file.read()
    return found
