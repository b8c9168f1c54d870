"""Step: let the running board show its boot drive."""

import time

from devtoolkit.errors import BoardError
from devtoolkit.pipelines.base import Progress, Report, Skip
from devtoolkit.pipelines.deploy_context import DeployContext
from devtoolkit.pipelines.port_return import GIVE_UP_S, HINT_AFTER_S
from devtoolkit.pipelines.steps.rp2_detect import check_drive, only_drive
from devtoolkit.tools.boot_drive import not_mounted_hint
from devtoolkit.transports.serial_repl import enter_bootloader

_POLL_S = 0.1


class EnterBootDrive:
    """Asks MicroPython for `machine.bootloader()`, then waits until the system has mounted the drive."""

    name = "boot_drive"
    title = "Open the boot drive"

    def run(self, context: DeployContext) -> Report:
        if context.drive:
            yield Skip(f"{context.drive.folder} is there already")
            return
        enter_bootloader(context.open_repl)
        context.close_repl()
        started = time.monotonic()
        while context.drive is None:
            waited = time.monotonic() - started
            if waited > GIVE_UP_S:
                raise BoardError(
                    f"No boot drive appeared within {GIVE_UP_S:.0f} s.",
                    hint=_hint(context),
                    board=context.plan.board.id,
                )
            yield Progress(0, 0, _hint(context) if waited > HINT_AFTER_S else "")
            context.drive = only_drive(context)
            if context.drive is None:
                time.sleep(_POLL_S)
        check_drive(context, context.drive)
        yield Progress(1, 1, str(context.drive.folder))


def _hint(context: DeployContext) -> str:
    return not_mounted_hint() or f"{context.plan.board.notes} Or name its folder with --boot-drive."
