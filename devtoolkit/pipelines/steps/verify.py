"""Step: ask the chip for the MD5 of what is in its flash now."""

from devtoolkit.pipelines.base import Progress, Report
from devtoolkit.pipelines.deploy_context import DeployContext


class Verify:
    """Compares firmware and file system as they lie in flash with what was sent."""

    name = "verify"
    title = "Verify the flash"

    def run(self, context: DeployContext) -> Report:
        for done, total in context.open_tool.verify(context.regions):
            yield Progress(done, total)


class VerifyFirmware:
    """Only the firmware (`--deploy`)."""

    name = "verify"
    title = "Verify the firmware"

    def run(self, context: DeployContext) -> Report:
        for done, total in context.open_tool.verify(context.regions[:1]):
            yield Progress(done, total)


class VerifyFiles:
    """Only the file system (`--install`)."""

    name = "verify"
    title = "Verify the files"

    def run(self, context: DeployContext) -> Report:
        for done, total in context.open_tool.verify(context.regions[1:]):
            yield Progress(done, total)
