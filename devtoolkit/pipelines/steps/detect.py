"""Step: which chip is it, what is its MAC, how big is its flash."""

from devtoolkit.errors import BoardError, PortBusyError, PortError, PortMissingError
from devtoolkit.pipelines.base import Progress, Report
from devtoolkit.pipelines.deploy_context import DeployContext
from devtoolkit.pipelines.port_return import wait_for_port
from devtoolkit.tools.esptool import ChipInfo, EspTool


class Detect:
    """Opens the port and asks the bootloader; nothing is written."""

    name = "detect"
    title = "Detect the board"

    def run(self, context: DeployContext) -> Report:
        yield Progress(0, 0, context.plan.device)
        try:
            context.chip = _ask(context, "default-reset")
        except (BoardError, PortError) as error:
            # With USB of its own the chip leaves the bus when it enters its ROM, and esptool loses the port.
            if not context.plan.board.native_usb or isinstance(error, PortMissingError | PortBusyError):
                raise
            yield Progress(0, 0, "waiting for the boot ROM's port")
            yield from wait_for_port(context)
            context.chip = _ask(context, "no-reset")
        chip = context.chip
        yield Progress(1, 1, f"{chip.name}, {chip.mac}, {chip.flash_size / 2**20:g} MB flash")


def _ask(context: DeployContext, before: str) -> ChipInfo:
    plan = context.plan
    tool = EspTool(context.port, chip="auto", baud=plan.baud, bauds=plan.board.bauds, before=before)
    context.tool = context.resources.enter_context(tool)
    return tool.detect()
