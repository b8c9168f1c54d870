"""Step: ask the chip for the MD5 of what is in its flash now."""

from dataclasses import dataclass

from devtoolkit.pipelines.base import Progress, Report
from devtoolkit.pipelines.deploy_context import DeployContext, Regions


@dataclass(frozen=True, slots=True)
class Verify:
    """Compares what lies in flash with what was sent."""

    what: Regions = "all"
    name = "verify"
    title = "Verify the flash"

    def run(self, context: DeployContext) -> Report:
        for done, total in context.open_tool.verify(context.regions(self.what)):
            yield Progress(done, total)
