"""Step: which chip is it, what is its MAC, how big is its flash."""

from devtoolkit.pipelines.base import Progress, Report
from devtoolkit.pipelines.deploy_context import DeployContext
from devtoolkit.tools.esptool import EspTool


class Detect:
    """Opens the port and asks the bootloader; nothing is written."""

    name = "detect"
    title = "Detect the board"

    def run(self, context: DeployContext) -> Report:
        plan = context.plan
        yield Progress(0, 0, plan.device)
        tool = EspTool(plan.device, chip="auto", baud=plan.baud, bauds=plan.board.bauds)
        context.tool = context.resources.enter_context(tool)
        context.chip = tool.detect()
        megabytes = context.chip.flash_size / 2**20
        yield Progress(1, 1, f"{context.chip.name}, {context.chip.mac}, {megabytes:g} MB flash")
