"""What a reset makes of the flash: run the firmware, and with which file system, or stay in the boot ROM."""

from dataclasses import dataclass

from devtoolkit.codecs import esp_image, partition_table
from devtoolkit.codecs.flash_layout import Region, file_system_region
from devtoolkit.errors import CodecError
from devtoolkit.simulator.chips import Chip
from devtoolkit.simulator.flash import Flash

_MAX_BOOTLOADER = partition_table.TABLE_OFFSET


@dataclass(frozen=True, slots=True)
class BootPlan:
    """`region` is the file system's place, None when nothing can run; `message`: what ROM or bootloader print."""

    region: Region | None
    message: str


def plan_boot(chip: Chip, flash: Flash) -> BootPlan:
    """Look at the flash as ROM and bootloader do: bootloader image, partition table, app image, file system."""
    offset = chip.layout.firmware_offset
    loader = flash.read(offset, _MAX_BOOTLOADER - offset)
    if loader[0] != esp_image.MAGIC:
        return BootPlan(None, f"invalid header: 0x{int.from_bytes(loader[:4], 'little'):08x}")
    try:
        esp_image.check_complete(loader)
        if esp_image.parse_header(loader).chip_id != chip.chip_id:
            return BootPlan(None, "Image is for another chip: boot stopped")
        table = partition_table.parse(flash.read(partition_table.TABLE_OFFSET, partition_table.TABLE_SIZE))
        app = next((part for part in table if part.type == partition_table.TYPE_APP), None)
        if app is None:
            return BootPlan(None, "No bootable app partitions in the partition table")
        region = file_system_region(table, flash.size)
        esp_image.check_complete(flash.read(app.offset, min(app.size, flash.size - app.offset)))
    except CodecError as error:
        return BootPlan(None, f"Boot failed: {error}")
    return BootPlan(region, "")
