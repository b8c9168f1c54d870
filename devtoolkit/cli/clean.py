"""`--clean`: empty the connection cache."""

from dataclasses import dataclass

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Command, Option


@dataclass(frozen=True, slots=True)
class CleanResult:
    """How many devices were forgotten."""

    removed: int


def run(session: Session) -> object:
    from devtoolkit import paths
    from devtoolkit.services.cache import DeviceCache

    session.console.confirm("All known devices will be forgotten (the reserved entries stay). Go ahead?")
    return CleanResult(DeviceCache(paths.device_cache()).clean())


def show(console: Console, result: CleanResult) -> None:
    console.line(f"{result.removed} devices forgotten.")


COMMAND = Command(
    option=Option("--clean", "forget all known devices (the reserved entries stay)", short="-cl"),
    order=10,
    group="Network",
    result="devtoolkit.cli.clean:CleanResult",
    run=run,
    show=show,
)
