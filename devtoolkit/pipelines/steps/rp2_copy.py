"""Step: copy the UF2 file to the boot drive."""

from devtoolkit.codecs import uf2
from devtoolkit.pipelines.base import Progress, Report
from devtoolkit.pipelines.deploy_context import DeployContext
from devtoolkit.tools.boot_drive import copy


class CopyUf2:
    """The boot ROM erases and writes while the file comes, and restarts the board with its last byte.

    A copy that broke off before is forgotten first: else the ROM would mix the two. Bytes reported are bytes of flash:
    half of what a UF2 file has.
    """

    name = "flash"
    title = "Write the flash"

    def run(self, context: DeployContext) -> Report:
        drive = context.open_drive
        context.copied_to = drive.mount
        for done, total in copy(drive, context.uf2, uf2.forget(uf2.RP2040)):
            yield Progress(_flash_bytes(done), _flash_bytes(total))
        context.drive = None


def _flash_bytes(file_bytes: int) -> int:
    return file_bytes // uf2.BLOCK_SIZE * uf2.PAGE
