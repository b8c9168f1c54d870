"""`--cross_compile_micros`: build the precompiled files from the device source."""

from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Command, Option

if TYPE_CHECKING:
    from devtoolkit.services.build import BuildReport


def run(session: Session) -> object:
    from devtoolkit import paths
    from devtoolkit.services.build import build

    return build(paths.micros_source(), paths.precompiled(), force=session.args.force_update)


def show(console: Console, report: "BuildReport") -> None:
    console.line(
        f"Precompile OK: {report.files} files, {report.compiled} compiled, {report.copied} copied, "
        f"{report.removed} removed ({report.bytes:,} bytes)."
    )


COMMAND = Command(
    option=Option("--cross_compile_micros", "compile the device source into precompiled/ [py -> mpy]", short="-cc"),
    order=90,
    group="Development",
    result="devtoolkit.services.build:BuildReport",
    run=run,
    show=show,
)
