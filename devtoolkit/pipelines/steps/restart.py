"""Step: let the board run what is on it."""

from devtoolkit.pipelines.base import Progress, Report
from devtoolkit.pipelines.deploy_context import DeployContext
from devtoolkit.transports.serial_repl import hard_reset


class Restart:
    """Resets the board out of its REPL."""

    name = "restart"
    title = "Restart the board"

    def run(self, context: DeployContext) -> Report:
        hard_reset(context.open_repl)
        context.close_repl()
        yield Progress(1, 1)
