"""Step: write firmware, file system, or both."""

from dataclasses import dataclass

from devtoolkit.pipelines.base import Progress, Report
from devtoolkit.pipelines.deploy_context import DeployContext, Regions


@dataclass(frozen=True, slots=True)
class Flash:
    """All regions in one session, compressed on the wire; bytes reported are bytes of flash."""

    what: Regions = "all"
    name = "flash"
    title = "Write the flash"

    def run(self, context: DeployContext) -> Report:
        for done, total in context.open_tool.write(context.regions(self.what)):
            yield Progress(done, total)
