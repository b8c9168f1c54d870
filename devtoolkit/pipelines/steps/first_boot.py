"""Step: leave the bootloader and wait for MicroPython."""

from devtoolkit.errors import InstallError
from devtoolkit.pipelines.base import Progress, Report
from devtoolkit.pipelines.deploy_context import DeployContext
from devtoolkit.transports.serial_repl import SerialRepl, identity


class FirstBoot:
    """Resets the board, opens its REPL and checks that it is the same chip."""

    name = "first_boot"
    title = "First boot"

    def run(self, context: DeployContext) -> Report:
        context.open_tool.reset()
        context.close_tool()
        yield Progress(1, 3, "reset")
        repl = context.resources.enter_context(SerialRepl(context.plan.device))
        repl.enter()
        repl.restart()  # what was interrupted may have been anything, also MicroPython's own start
        context.repl = repl
        yield Progress(2, 3, "REPL")
        found = identity(repl)
        context.micropython = found.micropython
        if found.uid.lower() != context.uid.lower():
            raise InstallError(
                f"The board that answers now ({found.uid}) is not the one that was flashed ({context.uid}).",
                hint="Name the port of the right board with --port.",
            )
        yield Progress(3, 3, found.micropython)
