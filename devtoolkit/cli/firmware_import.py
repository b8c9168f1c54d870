"""`--firmware-import`: put firmware files from elsewhere into the local store."""

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Command, Option

if TYPE_CHECKING:
    from devtoolkit.services.firmware_store import ImportReport


def run(session: Session) -> "ImportReport":
    from devtoolkit.services.firmware_store import import_firmware

    return import_firmware(Path(session.args.firmware_import).expanduser())


def show(console: Console, report: "ImportReport") -> None:
    for one in report.imported:
        console.line(f"{one.file}: imported, {one.bytes:,} bytes, checksum {one.trust}, for {', '.join(one.boards)}")
    for left in report.skipped:
        console.line(f"{left.file}: left out: {left.reason}")


COMMAND = Command(
    option=Option(
        "--firmware-import", "put a firmware file, or those of a folder, into the store", takes="one", metavar="PATH"
    ),
    order=62,
    group="Development",
    result="devtoolkit.services.firmware_store:ImportReport",
    run=run,
    show=show,
)
