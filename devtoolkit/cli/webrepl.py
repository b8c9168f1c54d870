"""`--webrepl put|get|ls|rm|repl`: files and console of a node over WebREPL."""

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import DEVICE, Command, Option
from devtoolkit.errors import UsageError

if TYPE_CHECKING:
    from devtoolkit.services.webrepl_files import WebReplResult

_ACTIONS = ("put", "get", "ls", "rm", "repl")
_FILE = Option("--file", "with --webrepl: the file to send, or the node's file", takes="one", metavar="PATH")
_TO = Option("--save-as", "with --webrepl put or get: under this name, at this place", takes="one", metavar="PATH")


def run(session: Session) -> object:
    from devtoolkit import paths
    from devtoolkit.services.cache import DeviceCache
    from devtoolkit.services.webrepl_files import WebReplJob

    args, console = session.args, session.console
    action = args.webrepl
    name = args.dev or console.ask("Node: ", "--dev NAME")
    job = WebReplJob(name, DeviceCache(paths.device_cache()), console.node_password if console.can_ask else None)
    if action == "ls":
        return job.list()
    if action == "repl":
        if not console.can_ask:
            raise UsageError("There is no terminal to type on.", hint="Run it on a terminal.")
        from devtoolkit.cli._webrepl_console import talk

        console.note("Ctrl-C stops the running system; Ctrl-X leaves.")
        return job.console(talk)
    file = args.file or console.ask("File: ", "--file PATH")
    if action == "put":
        return job.put(Path(file).expanduser(), args.save_as)
    if action == "get":
        return job.get(file, Path(args.save_as).expanduser() if args.save_as else None)
    console.confirm(f"Delete {file} on {name}?")
    return job.remove(file)


def show(console: Console, result: "WebReplResult") -> None:
    if result.action == "ls":
        for entry in result.files:
            console.line(f"{entry.size:>8,}  {entry.sha256[:12]}  {entry.path}")
    elif result.action != "repl":
        done = {"put": "sent to", "get": "fetched from", "rm": "deleted on"}[result.action]
        for entry in result.files:
            where = f" to {result.saved}" if result.saved else ""
            console.line(f"{entry.path} {done} {result.device.fuid}{where}")


COMMAND = Command(
    option=Option(
        "--webrepl",
        "files and console of the node of --dev over WebREPL",
        takes="one",
        metavar="|".join(_ACTIONS),
        choices=_ACTIONS,
    ),
    order=55,
    group="Network",
    result="devtoolkit.services.webrepl_files:WebReplResult",
    run=run,
    show=show,
    modifiers=(DEVICE, _FILE, _TO),
)
