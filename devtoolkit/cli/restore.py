"""`--restore [PATH]`: put a backup's files, or a configuration alone, back on a board on USB."""

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Command, Option
from devtoolkit.cli._usb_files import GROUP, MODIFIERS, chosen_port, chosen_transport, moved_bars

if TYPE_CHECKING:
    from devtoolkit.services.node_backup import BackupResult


def run(session: Session) -> object:
    from devtoolkit.services.node_backup import contents_of, find_backup, restore

    port, folder = chosen_port(session), str(session.args.restore or "")
    if folder and Path(folder).is_file():
        from devtoolkit.services.saved_backups import restore_config

        session.console.confirm(f"This configuration will replace that of the board on {port}. Go ahead?")
        return restore_config(port, Path(folder), chosen_transport(session))
    if folder:
        contents_of(find_backup("", folder))  # a damaged one is no question
    session.console.confirm(f"The files of the backup will replace those on the board on {port}. Go ahead?")
    with moved_bars(session, "Put the files back") as moved:
        return restore(port, folder, chosen_transport(session), moved)


def show(console: Console, result: "BackupResult") -> None:
    files = "1 file" if len(result.files) == 1 else f"{len(result.files)} files"
    console.line(f"{result.name} ({result.uid}): {files} put back from {result.folder}.")


COMMAND = Command(
    option=Option(
        "--restore",
        "put back over USB: the files of a backup (without PATH: the newest of this board), or a configuration's file",
        takes="optional",
        metavar="PATH",
    ),
    order=66,
    group=GROUP,
    result="devtoolkit.services.node_backup:BackupResult",
    run=run,
    show=show,
    modifiers=MODIFIERS,
    changes_board=True,
)
