"""Step: write firmware and file system."""

from devtoolkit.pipelines.base import Progress, Report
from devtoolkit.pipelines.deploy_context import DeployContext


class Flash:
    """Both regions in one session, compressed on the wire; bytes reported are bytes of flash."""

    name = "flash"
    title = "Write firmware and files"

    def run(self, context: DeployContext) -> Report:
        for done, total in context.open_tool.write(context.regions):
            yield Progress(done, total)


class FlashFirmware:
    """Only the firmware (`--deploy`)."""

    name = "flash"
    title = "Write the firmware"

    def run(self, context: DeployContext) -> Report:
        for done, total in context.open_tool.write(context.regions[:1]):
            yield Progress(done, total)


class FlashFiles:
    """Only the file system (`--install`)."""

    name = "flash"
    title = "Write the files"

    def run(self, context: DeployContext) -> Report:
        for done, total in context.open_tool.write(context.regions[1:]):
            yield Progress(done, total)
