"""`--backup_node_config`: archive the configuration of a board on USB; with `--all` its whole file system."""

from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Command, Option
from devtoolkit.cli._usb_files import GROUP, MODIFIERS, chosen_port, chosen_transport, moved_bars

if TYPE_CHECKING:
    from devtoolkit.services.node_backup import BackupResult

ALL = Option("--all", "with -b: the whole file system, not only the configuration")


def run(session: Session) -> object:
    from devtoolkit.services.node_backup import backup_all, backup_config

    port, transport = chosen_port(session), chosen_transport(session)
    if not session.args.all:
        return backup_config(port, transport)
    with moved_bars(session, "Save the files") as moved:
        return backup_all(port, transport, moved)


def show(console: Console, result: "BackupResult") -> None:
    files = "1 file" if len(result.files) == 1 else f"{len(result.files)} files"
    console.line(f"{result.name} ({result.uid}): {files} saved in {result.folder}.")
    console.line("1 backup of this node is kept." if result.kept == 1 else f"{result.kept} backups of it are kept.")


COMMAND = Command(
    option=Option("--backup_node_config", "save the configuration of a board on USB; --all: all its files", short="-b"),
    order=61,
    group=GROUP,
    result="devtoolkit.services.node_backup:BackupResult",
    run=run,
    show=show,
    modifiers=(*MODIFIERS, ALL),
)
