"""Step: does everything fit together? The last step before anything is erased."""

import json
from collections.abc import Mapping

from devtoolkit.codecs.flash_layout import CHIPS, Region, combined_partitions, file_system_region
from devtoolkit.errors import BoardError, CodecError, FirmwareError
from devtoolkit.model.board import Board
from devtoolkit.pipelines.base import Progress, Report
from devtoolkit.pipelines.deploy_context import DeployContext, DeployPlan
from devtoolkit.tools.esptool import ChipInfo
from devtoolkit.tools.littlefs_image import build_image


class Check:
    """Compares chip and board, finds the file system's place in this firmware on this flash, and builds its image."""

    name = "check"
    title = "Check that firmware and files fit"

    def run(self, context: DeployContext) -> Report:
        plan = context.plan
        check_chip(plan.board, context.found_chip)
        yield Progress(1, 3, "chip")
        context.region = _region(context)
        yield Progress(2, 3, "partitions")
        files = with_config(plan.files, plan.config)
        context.image = build_image(files, context.region.size, plan.board.littlefs)
        context.keep_password()
        place = f"file system at 0x{context.region.offset:x}, {context.region.size // 1024} KiB"
        yield Progress(3, 3, with_warnings(place, plan))


def with_warnings(note: str, plan: DeployPlan) -> str:
    """The step's note, and how many warnings the plan has; their texts are for the report."""
    return f"{note}; {len(plan.warnings)} warnings" if plan.warnings else note


class CheckChip:
    """Compares chip and board only (`--erase`)."""

    name = "check"
    title = "Check the chip"

    def run(self, context: DeployContext) -> Report:
        check_chip(context.plan.board, context.found_chip)
        yield Progress(1, 1, context.found_chip.name)


def with_config(files: Mapping[str, bytes], config: Mapping[str, object]) -> dict[str, bytes]:
    """The files of a node: the precompiled set and its configuration, unless one was carried over."""
    return {"node_config.json": json.dumps(dict(config), ensure_ascii=False).encode(), **files}


def check_chip(board: Board, chip: ChipInfo) -> None:
    """Raises BoardError when the chip on the port is not the one of the chosen board."""
    if chip.chip_id == board.chip_id:
        return
    names = {known.chip_id: known.name for known in CHIPS}
    raise BoardError(
        f"The board on the port has the chip {names.get(chip.chip_id, chip.name)}, "
        f"but the chosen board {board.id} has {board.chip}.",
        hint="Choose the board that matches with --board.",
        board=board.id,
        chip=chip.name,
    )


def _region(context: DeployContext) -> Region:
    """Where MicroPython will look for its files. Raises FirmwareError when firmware and files do not fit the flash."""
    plan, size = context.plan, context.found_chip.flash_size
    try:
        region = file_system_region(combined_partitions(plan.firmware, plan.board.firmware_offset), size)
    except CodecError as error:
        raise FirmwareError(
            f"{plan.firmware_name} does not fit the board's flash of {size / 2**20:g} MB: {error}",
            hint="Use a board with more flash, or a firmware made for this flash size.",
            file=plan.firmware_name,
            flash_size=size,
        ) from error
    end = plan.board.firmware_offset + len(plan.firmware)
    if end > region.offset:
        raise FirmwareError(
            f"{plan.firmware_name} ends at 0x{end:x}, inside the file system at 0x{region.offset:x}.",
            hint="Use a firmware made for this flash size.",
            file=plan.firmware_name,
        )
    return region
