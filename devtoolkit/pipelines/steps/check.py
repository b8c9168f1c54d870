"""Step: does everything fit together? The last step before anything is erased."""

import json
from collections.abc import Mapping

from devtoolkit.codecs.flash_layout import CHIPS, combined_partitions, file_system_region
from devtoolkit.errors import BoardError, FirmwareError
from devtoolkit.model.board import Board
from devtoolkit.pipelines.base import Progress, Report
from devtoolkit.pipelines.deploy_context import DeployContext
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
        partitions = combined_partitions(plan.firmware, plan.board.firmware_offset)
        context.region = file_system_region(partitions, context.found_chip.flash_size)
        _check_overlap(context)
        yield Progress(2, 3, "partitions")
        files = with_config(plan.files, plan.config)
        context.image = build_image(files, context.region.size, plan.board.littlefs)
        plan.keep_password(context.uid, str(plan.config.get("appwd", "")))
        yield Progress(3, 3, f"file system at 0x{context.region.offset:x}, {context.region.size // 1024} KiB")


class CheckChip:
    """Compares chip and board only (`--erase`)."""

    name = "check"
    title = "Check the chip"

    def run(self, context: DeployContext) -> Report:
        check_chip(context.plan.board, context.found_chip)
        yield Progress(1, 1, context.found_chip.name)


def with_config(files: Mapping[str, bytes], config: Mapping[str, object]) -> dict[str, bytes]:
    """The files of a new node: the precompiled set and its own configuration."""
    return {**files, "node_config.json": json.dumps(dict(config), ensure_ascii=False).encode()}


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


def _check_overlap(context: DeployContext) -> None:
    end = context.plan.board.firmware_offset + len(context.plan.firmware)
    assert context.region is not None  # noqa: S101 - set two lines above the call
    if end > context.region.offset:
        raise FirmwareError(
            f"{context.plan.firmware_name} ends at 0x{end:x}, inside the file system at 0x{context.region.offset:x}.",
            hint="Use a firmware made for this flash size.",
            file=context.plan.firmware_name,
        )
