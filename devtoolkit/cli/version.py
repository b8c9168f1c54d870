"""`--version`: toolkit and bundled micrOS."""

from dataclasses import dataclass

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Command, Option


@dataclass(frozen=True, slots=True)
class VersionResult:
    """Versions of the toolkit and of the micrOS it puts on boards."""

    toolkit: str
    micros: str
    mpy: str


def run(_session: Session) -> object:
    import devtoolkit
    from devtoolkit import paths
    from devtoolkit.services.build import load_manifest

    manifest = load_manifest(paths.precompiled())
    return VersionResult(devtoolkit.__version__, manifest.micros_version, manifest.mpy_version)


def show(console: Console, result: VersionResult) -> None:
    console.line(f"micrOS DevToolKit {result.toolkit}, micrOS {result.micros} (mpy {result.mpy})")


COMMAND = Command(
    option=Option("--version", "versions of the toolkit and of the bundled micrOS", short="-v"),
    order=80,
    group="Development",
    result="devtoolkit.cli.version:VersionResult",
    run=run,
    show=show,
)
