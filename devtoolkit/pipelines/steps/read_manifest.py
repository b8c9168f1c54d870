"""Step: read back from the running board what is on it, and start it."""

from collections.abc import Sequence

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
        wanted = context.plan.manifest.entries
        yield Progress(0, len(wanted))
        prove(BoardFiles(context.open_repl), wanted)
        yield Progress(len(wanted), len(wanted), f"{len(wanted)} files")
        hard_reset(context.open_repl)
        context.close_repl()


def prove(files: BoardFiles, wanted: Sequence[FileEntry]) -> None:
    """Let the board hash these files. Raises InstallError that names what is missing or different."""
    if not files.all_as(wanted):
        check_files({entry.path: entry for entry in wanted}, files.hashes([entry.path for entry in wanted]))


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
