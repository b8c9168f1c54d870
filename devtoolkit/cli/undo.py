"""`--undo [list]`: take back the last change at a node."""

from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import DEVICE, Command, Option
from devtoolkit.errors import UsageError

if TYPE_CHECKING:
    from devtoolkit.services.undo_job import Undone


def run(session: Session) -> object:
    from devtoolkit import paths
    from devtoolkit.services import undo, undo_job
    from devtoolkit.services.cache import DeviceCache

    args, console = session.args, session.console
    if args.undo not in ("", "list"):
        raise UsageError(f"--undo {args.undo}: not understood.", hint="Write --undo, or --undo list.")
    if args.undo == "list":
        return undo_job.listed()
    cache = DeviceCache(paths.device_cache())
    step = undo.last(cache.find(args.dev).uid if args.dev else None)
    console.confirm(f"Take back: {step.title}?")
    return undo_job.run(args.dev, cache, ask=console.node_password if console.can_ask else None)


def show(console: Console, result: "Undone") -> None:
    if result.done:
        console.line(f"Taken back: {result.done}.")
        return
    for title in result.left:
        console.line(title)
    if not result.left:
        console.line("There is nothing to take back.")


COMMAND = Command(
    option=Option(
        "--undo",
        "take back the last change of settings, module upload or deletion (list: show them)",
        takes="optional",
        metavar="list",
    ),
    order=57,
    group="Network",
    result="devtoolkit.services.undo_job:Undone",
    run=run,
    show=show,
    modifiers=(DEVICE,),
)
