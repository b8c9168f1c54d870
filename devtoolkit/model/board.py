"""A kind of board, as described by one TOML file in `devtoolkit/boards/`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Firmware:
    """The known-good MicroPython firmware of a board."""

    board: str  # MicroPython's board name, for example ESP32_GENERIC
    version: str  # for example 1.27.0
    file: str  # file name as published, for example ESP32_GENERIC-20251209-v1.27.0.bin
    sha256: str  # empty: never published and never at hand, so a download can only be checked by its own sums
    url: str = ""  # folder it is published in, ends with "/"; empty: MicroPython's


@dataclass(frozen=True, slots=True)
class LittleFsGeometry:
    """The LittleFS2 parameters the board's MicroPython port mounts with (bytes)."""

    block_size: int
    read_size: int
    prog_size: int
    cache_size: int
    lookahead_size: int


@dataclass(frozen=True, slots=True)
class Board:
    """A kind of board. ESP boards have a chip and a firmware offset, RP2 boards a fixed file-system region."""

    id: str
    title: str
    family: str  # "esp32" or "rp2"
    chip: str  # esptool's chip name, or the RP2 chip
    pin_map: str  # IO_<pin_map>
    firmware: Firmware
    littlefs: LittleFsGeometry
    firmware_offset: int = 0
    chip_id: int = -1  # ESP image header, u16 at offset 12
    bauds: tuple[int, ...] = ()  # fastest first; the next one is the fall-back
    usb_ids: tuple[str, ...] = ()  # "VID:PID", lower-case hex
    native_usb: bool = False  # the chip's own USB: its port may vanish and come back elsewhere at a reset
    boot_usb_ids: tuple[str, ...] = ()  # what it shows while its boot ROM runs
    notes: str = ""
    fs_offset: int = 0  # RP2 only: flash offset of the file system
    fs_size: int = 0  # RP2 only
