"""Where things lie in the flash of an ESP chip, and what a combined firmware file holds.

A combined MicroPython firmware starts at the chip's firmware offset: bootloader image, partition table (flash address
0x8000), app image at the offset of the table's first app partition. Where the file system lies follows from the table
and from the size of the flash: up to MicroPython 1.25 the table has a `vfs` entry; from 1.26 on MicroPython takes
everything from the end of the last partition to the end of the physically detected flash.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from devtoolkit.codecs import esp_image, partition_table
from devtoolkit.codecs.partition_table import TABLE_OFFSET, TYPE_APP, Partition
from devtoolkit.errors import CodecError

FS_BLOCK_SIZE = 4096  # one flash sector, the LittleFS block of every MicroPython ESP port
_FS_PARTITION = "vfs"
_MIN_FS_BLOCKS = 2  # LittleFS needs a pair of blocks for its root


@dataclass(frozen=True, slots=True)
class Chip:
    """A chip: `name` as esptool's options spell it, `chip_id` as image headers have it, `firmware_offset` in flash."""

    name: str
    title: str
    chip_id: int
    firmware_offset: int


# From the design page "Boards, firmware and the one-pass image"; the ids are those of the ESP image header.
CHIPS = (
    Chip("esp32", "ESP32", 0, 0x1000),
    Chip("esp32s2", "ESP32-S2", 2, 0x1000),
    Chip("esp32c3", "ESP32-C3", 5, 0x0),
    Chip("esp32s3", "ESP32-S3", 9, 0x0),
    Chip("esp32c6", "ESP32-C6", 13, 0x0),
    Chip("esp32c5", "ESP32-C5", 23, 0x2000),
)


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the flash, in bytes."""

    offset: int
    size: int
    block_size: int = FS_BLOCK_SIZE

    @property
    def block_count(self) -> int:
        """Whole blocks in it."""
        return self.size // self.block_size

    @property
    def end(self) -> int:
        """Flash address of the first byte behind the region."""
        return self.offset + self.size


@dataclass(frozen=True, slots=True)
class CombinedFirmware:
    """What a checked firmware file says about itself. `app` is the partition that its app image lies in."""

    chip_id: int
    firmware_offset: int
    size: int
    partitions: tuple[Partition, ...]
    app: Partition


def chip_by_id(chip_id: int) -> Chip | None:
    """The chip with this id in image headers, None for one we do not know."""
    return next((chip for chip in CHIPS if chip.chip_id == chip_id), None)


def chip_by_name(name: str) -> Chip | None:
    """The chip with this esptool name (`esp32s3`, also written `ESP32-S3`), None for one we do not know."""
    plain = name.lower().replace("-", "")
    return next((chip for chip in CHIPS if chip.name == plain), None)


def file_system_region(partitions: Iterable[Partition], flash_size: int) -> Region:
    """Where MicroPython keeps its file system, given its partition table and the flash's size in bytes.

    Raises CodecError when the partitions do not fit into the flash or leave no room for a file system.
    """
    parts = tuple(partitions)
    last_end = max((part.end for part in parts), default=0)
    if not last_end:
        raise CodecError("The partition table is empty.")
    if last_end > flash_size:
        raise CodecError(f"The partitions end at {last_end:#x}, but the flash has only {flash_size} bytes.")
    named = next((part for part in parts if part.name == _FS_PARTITION), None)
    start, size = (named.offset, named.size) if named else (last_end, flash_size - last_end)
    region = Region(start, size - size % FS_BLOCK_SIZE)
    if region.block_count < _MIN_FS_BLOCKS:
        raise CodecError(f"There is no room for a file system behind {start:#x} in a flash of {flash_size} bytes.")
    return region


def firmware_chip_id(firmware: bytes) -> int:
    """The chip id in a combined firmware's first image header. Raises CodecError when it is no ESP image."""
    return esp_image.parse_header(firmware).chip_id


def combined_partitions(firmware: bytes, firmware_offset: int) -> tuple[Partition, ...]:
    """The partition table in a combined firmware that starts at `firmware_offset`.

    Raises CodecError when the file ends before the table or the table is damaged.
    """
    start = TABLE_OFFSET - firmware_offset
    if len(firmware) <= start:
        raise CodecError(f"The firmware is cut off: {len(firmware)} bytes, its partition table lies at {start}.")
    return partition_table.parse(firmware[start : start + partition_table.TABLE_SIZE])


def check_firmware(firmware: bytes) -> CombinedFirmware:
    """Check a whole combined firmware: bootloader image, partition table, app image; the chip comes from its header.

    Raises CodecError for an unknown chip, and when a part is missing, cut off, damaged, for different chips, or too
    big for its place.
    """
    chip = chip_by_id(firmware_chip_id(firmware))
    if chip is None:
        raise CodecError(f"The firmware is for a chip with the unknown id {firmware_chip_id(firmware)}.")
    if esp_image.check_complete(firmware) > TABLE_OFFSET - chip.firmware_offset:
        raise CodecError("The firmware is damaged: its bootloader reaches into the partition table.")
    partitions = combined_partitions(firmware, chip.firmware_offset)
    app = next((part for part in partitions if part.type == TYPE_APP), None)
    if app is None:
        raise CodecError("The firmware's partition table has no place for an app.")
    image = firmware[app.offset - chip.firmware_offset :]
    if not image:
        raise CodecError(f"The firmware is cut off: {len(firmware)} bytes, its app starts at {app.offset:#x}.")
    if esp_image.check_complete(image) > app.size:
        raise CodecError(f"The firmware's app is bigger than its partition of {app.size} bytes.")
    if firmware_chip_id(image) != chip.chip_id:
        raise CodecError(f"The firmware's bootloader is for the {chip.title}, but its app is not.")
    return CombinedFirmware(chip.chip_id, chip.firmware_offset, len(firmware), partitions, app)
