"""`--import-cache FILE`: take over the devices of another cache, the original's for example."""

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Command, Option

if TYPE_CHECKING:
    from devtoolkit.services.cache import Merged


def run(session: Session) -> object:
    from devtoolkit import paths
    from devtoolkit.services.cache import DeviceCache

    return DeviceCache(paths.device_cache()).merge(Path(session.args.import_cache).expanduser())


def show(console: Console, result: "Merged") -> None:
    console.line(f"{len(result.added)} devices added, {len(result.changed)} changed, {len(result.kept)} kept as known.")
    if result.invalid:
        console.note(f"Left out, not of the format [ip, port, name]: {', '.join(sorted(result.invalid))}.")


COMMAND = Command(
    option=Option("--import-cache", "add the devices of another device_conn_cache.json", takes="one", metavar="FILE"),
    order=12,
    group="Network",
    result="devtoolkit.services.cache:Merged",
    run=run,
    show=show,
)
