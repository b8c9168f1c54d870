"""Step: erase the whole flash."""

from devtoolkit.pipelines.base import Progress, Report
from devtoolkit.pipelines.deploy_context import DeployContext


class Erase:
    """Nothing of an older system stays: stale file-system metadata could win over the new image."""

    name = "erase"
    title = "Erase the flash"

    def run(self, context: DeployContext) -> Report:
        for done, total in context.open_tool.erase():
            yield Progress(done, total)
