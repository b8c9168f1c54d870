"""Step: does everything fit together? Builds the one UF2 file; the last step before anything is written."""

from dataclasses import dataclass
from typing import Literal

from devtoolkit.codecs import rp2_image, uf2
from devtoolkit.codecs.flash_layout import Region
from devtoolkit.codecs.rp2_binary_info import FLASH_START
from devtoolkit.errors import CodecError, FirmwareError
from devtoolkit.pipelines.base import Progress, Report
from devtoolkit.pipelines.deploy_context import DeployContext
from devtoolkit.pipelines.steps.check import with_config, with_warnings
from devtoolkit.tools.littlefs_image import build_image

What = Literal["all", "firmware", "files", "blank"]


@dataclass(frozen=True, slots=True)
class CheckRp2:
    """Finds the file system's place in this firmware, builds its image and the UF2 file of both (or a part)."""

    what: What = "all"
    name = "check"
    title = "Check that firmware and files fit"

    def run(self, context: DeployContext) -> Report:
        plan = context.plan
        if self.what == "blank":
            context.uf2 = uf2.build(uf2.split(b"\xff" * context.found_chip.flash_size, FLASH_START), uf2.RP2040)
            yield Progress(1, 1, "a blank flash")
            return
        context.region = _region(context)
        yield Progress(1, 3, f"file system at 0x{context.region.offset:x}, {context.region.size // 1024} KiB")
        if self.what == "firmware":
            context.uf2 = plan.firmware
            yield Progress(3, 3, "firmware only")
            return
        context.image = build_image(with_config(plan.files, plan.config), context.region.size, plan.board.littlefs)
        yield Progress(2, 3, "file system")
        if self.what == "all":
            context.uf2 = rp2_image.combined(plan.firmware, context.region, context.image)
        else:
            context.uf2 = rp2_image.files_only(context.region, context.image)
        context.keep_password()
        yield Progress(3, 3, with_warnings(f"{len(context.uf2):,} bytes of UF2", plan))


def _region(context: DeployContext) -> Region:
    plan, board = context.plan, context.plan.board
    try:
        region = rp2_image.file_system_region(plan.firmware, Region(board.fs_offset, board.fs_size))
    except CodecError as error:
        raise FirmwareError(
            f"{plan.firmware_name} cannot be used: {error}",
            hint="Use a firmware made for this board.",
            file=plan.firmware_name,
        ) from error
    if region.end > context.found_chip.flash_size:
        raise FirmwareError(
            f"{plan.firmware_name} keeps its files up to 0x{region.end:x}, but the flash of {board.title} ends at "
            f"0x{context.found_chip.flash_size:x}.",
            hint="Use a firmware made for this board.",
            file=plan.firmware_name,
        )
    return region
