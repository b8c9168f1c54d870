"""Step: read back from the running board what is on it, and start it."""

from devtoolkit.errors import InstallError
from devtoolkit.model.manifest import FileEntry
from devtoolkit.pipelines.base import Progress, Report
from devtoolkit.pipelines.deploy_context import DeployContext
from devtoolkit.transports.board_files import BoardFiles
from devtoolkit.transports.serial_repl import hard_reset


class ReadManifest:
    """Size and SHA-256 of every file, computed by the board itself.

    A file system in the wrong place is formatted by MicroPython without a word; only this shows it.
    """

    name = "manifest"
    title = "Read the manifest back"

    def run(self, context: DeployContext) -> Report:
        wanted = {entry.path: entry for entry in context.plan.manifest.entries}
        yield Progress(0, len(wanted))
        on_board = BoardFiles(context.open_repl).hashes(tuple(wanted))
        check_files(wanted, on_board)
        yield Progress(len(wanted), len(wanted), f"{len(wanted)} files")
        hard_reset(context.open_repl)
        context.close_repl()


def check_files(wanted: dict[str, FileEntry], found: dict[str, FileEntry]) -> None:
    """Raises InstallError that names the first missing or different file."""
    missing = sorted(set(wanted) - set(found))
    different = sorted(path for path, entry in wanted.items() if path in found and found[path] != entry)
    if not missing and not different:
        return
    if len(missing) == len(wanted):
        message = "None of the files is on the board: MicroPython did not accept the file system and formatted it."
    else:
        message = (
            f"{len(missing)} files are missing and {len(different)} differ on the board: {(missing + different)[0]}."
        )
    raise InstallError(
        message,
        hint="Deploy again; if it stays so, check the firmware file and report it.",
        missing=missing,
        different=different,
    )
