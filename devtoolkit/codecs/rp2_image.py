"""One UF2 file with firmware, file system and configuration for an RP2 board, and one with the file system only.

Four traps lie here, and all of them end in a board that boots with an empty file system and says nothing: pages
that fill no sector (see `uf2.build`), a file system with blocks left out (old metadata of a higher revision wins), a
wrong number of blocks (MicroPython formats it), and two UF2 files in one (the second is lost).
"""

from devtoolkit.codecs import rp2_binary_info, uf2
from devtoolkit.codecs.flash_layout import Region
from devtoolkit.codecs.rp2_binary_info import FLASH_START
from devtoolkit.errors import CodecError


def file_system_region(firmware: bytes, otherwise: Region) -> Region:
    """Where this firmware (a UF2 file) keeps its files: what it says itself, else `otherwise`.

    Raises CodecError when the UF2 file is damaged, or the firmware reaches into that region.
    """
    region = rp2_binary_info.file_system(flash_bytes(firmware)) or otherwise
    end = max(uf2.pages(firmware)) + uf2.PAGE - FLASH_START
    if end > region.offset:
        raise CodecError(f"The firmware ends at {end:#x}, inside its file system at {region.offset:#x}.")
    return region


def combined(firmware: bytes, region: Region, image: bytes) -> bytes:
    """One UF2 file: the firmware (a UF2 file) and all blocks of the file-system image at `region`."""
    family = uf2.check_complete(firmware).family
    return uf2.build(uf2.pages(firmware) | _file_pages(region, image), family)


def files_only(region: Region, image: bytes, family: int = uf2.RP2040) -> bytes:
    """A UF2 file that replaces the file system and leaves the firmware as it is."""
    return uf2.build(_file_pages(region, image), family)


def _file_pages(region: Region, image: bytes) -> dict[int, bytes]:
    if len(image) != region.size:
        raise CodecError(f"The image has {len(image)} bytes, but the file system {region.size}: all blocks are needed.")
    return uf2.split(image, FLASH_START + region.offset)


def flash_bytes(firmware: bytes) -> bytes:
    """What a firmware (a UF2 file) makes of the flash, from its start as far as it reaches; gaps are blank."""
    pages = uf2.pages(firmware)
    if min(pages) < FLASH_START:
        raise CodecError("The UF2 file writes outside the flash.")
    flash = bytearray(b"\xff" * (max(pages) + uf2.PAGE - FLASH_START))
    for address, page in pages.items():
        flash[address - FLASH_START : address - FLASH_START + uf2.PAGE] = page
    return bytes(flash)
