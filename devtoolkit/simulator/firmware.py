"""The virtual board's own firmware: one file as MicroPython publishes them, valid to every tool, run by the VM.

It holds a bootloader image, MicroPython 1.27's partition table (no `vfs` entry) and an app image whose descriptor says
"virtual MicroPython". The code in it is empty: on a virtual board the unix port's VM stands in for the app.
"""

import hashlib
import struct

from devtoolkit.codecs import esp_image, partition_table
from devtoolkit.codecs.esp_image import Segment
from devtoolkit.codecs.partition_table import TABLE_OFFSET, TYPE_APP, TYPE_DATA, Partition
from devtoolkit.simulator.chips import find

APP_NAME = "virtual MicroPython"
VERSION = "1.27.0"  # whose partition layout it has
FLASH_SIZE = 0x400000
_APP_OFFSET = 0x10000
_APP_SIZE = 0x1F0000
PARTITIONS = (
    Partition("nvs", TYPE_DATA, 0x02, 0x9000, 0x6000),
    Partition("phy_init", TYPE_DATA, 0x01, 0xF000, 0x1000),
    Partition("factory", TYPE_APP, 0x00, _APP_OFFSET, _APP_SIZE),
)
_DESCRIPTOR_MAGIC = 0xABCD5432  # ESP-IDF, esp_app_desc_t
_DESCRIPTOR = struct.Struct("<II8s32s32s16s16s32s32s80s")
# Where bootloader code and read-only app data are mapped, per chip (memory maps of the reference manuals).
_IRAM = {"esp32": 0x40080000, "esp32s2": 0x40024000, "esp32s3": 0x403C8000, "esp32c3": 0x403CC000}
_DROM = {"esp32": 0x3F400020, "esp32s2": 0x3F000020, "esp32s3": 0x3C000020, "esp32c3": 0x3C000020}
_NEWER_IRAM = 0x40800000
_NEWER_DROM = 0x42000020


def virtual_firmware(chip: str = "esp32") -> bytes:
    """The combined firmware for this chip, to be written at the chip's firmware offset.

    Raises SimulatorError for a chip that cannot be simulated.
    """
    found = find(chip)
    offset = found.layout.firmware_offset
    code = _IRAM.get(found.name, _NEWER_IRAM)
    data = _DROM.get(found.name, _NEWER_DROM)
    loader = esp_image.build([Segment(code, b"virtual bootloader".ljust(32, b"\0"))], code, found.chip_id)
    app = esp_image.build(
        [Segment(data, _descriptor()), Segment(code, bytes(16))], code, found.chip_id, flash_size=FLASH_SIZE
    )
    table = partition_table.build(PARTITIONS)
    image = loader.ljust(TABLE_OFFSET - offset, b"\xff") + table
    return image.ljust(_APP_OFFSET - offset, b"\xff") + app


def _descriptor() -> bytes:
    """ESP-IDF's application descriptor; the time is fixed, so that the same toolkit builds the same bytes."""
    return _DESCRIPTOR.pack(
        _DESCRIPTOR_MAGIC,
        0,
        bytes(8),
        VERSION.encode(),
        APP_NAME.encode(),
        b"00:00:00",
        b"Dec  9 2025",
        b"virtual",
        hashlib.sha256(APP_NAME.encode()).digest(),
        bytes(80),
    )
