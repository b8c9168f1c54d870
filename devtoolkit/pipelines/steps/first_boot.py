"""Step: leave the bootloader and wait for MicroPython."""

import dataclasses

from devtoolkit.errors import InstallError
from devtoolkit.pipelines.base import Progress, Report
from devtoolkit.pipelines.deploy_context import DeployContext
from devtoolkit.pipelines.port_return import open_repl
from devtoolkit.transports.serial_repl import identity


class FirstBoot:
    """Resets the board (one that was written through a boot drive has done so itself), opens its REPL and checks that
    it is the same chip, or learns which it is.
    """

    name = "first_boot"
    title = "First boot"

    def run(self, context: DeployContext) -> Report:
        if context.tool is not None:
            context.tool.reset()
            context.close_tool()
        yield Progress(1, 3, "reset")
        yield from open_repl(context)
        yield Progress(2, 3, "REPL")
        found = identity(context.open_repl)
        context.micropython = found.micropython
        wanted = context.uid or context.plan.uid or found.uid
        if found.uid.lower() != wanted.lower():
            raise InstallError(
                f"The board that answers now ({found.uid}) is not the one that was to be flashed ({wanted}).",
                hint="Name the port of the right board with --port.",
                answered=found.uid,
            )
        if not context.uid:
            context.chip = dataclasses.replace(context.found_chip, mac=found.unique_id)
            context.keep_password()
        yield Progress(3, 3, found.micropython)
