"""`--connect`: talk to a node, one-shot with `-p` or line by line."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import PARAMETERS, Command, Option
from devtoolkit.errors import UsageError

if TYPE_CHECKING:
    from devtoolkit.services.cache import DeviceCache
    from devtoolkit.services.shell import ShellResult


def run(session: Session) -> object:
    from devtoolkit import paths
    from devtoolkit.services import shell
    from devtoolkit.services.cache import DeviceCache

    cache = DeviceCache(paths.device_cache())
    if session.args.connect_parameters:
        name, commands = shell.parse_parameters(session.args.connect_parameters)
        return shell.run(commands, name, cache)
    return _interactive(session, cache)


def _interactive(session: Session, cache: "DeviceCache") -> "ShellResult":
    from devtoolkit.services import shell

    console = session.console
    devices = cache.all()
    console.note("[i]         FUID        IP               UID")
    for index, device in enumerate(devices):
        console.note(f"[{index}] Device: {device.fuid} - {device.ip} - {device.uid}")
    answer = console.ask("Choose a device index: ", "-p '--dev NAME command'")
    if not answer.isdigit() or int(answer) >= len(devices):
        raise UsageError(f"{answer!r} is not one of the indexes.", hint=f"Choose 0 to {len(devices) - 1}.")
    device = devices[int(answer)]

    def reply(lines: tuple[str, ...]) -> None:
        for line in lines:
            console.line(line)

    result = shell.converse(device.uid, cache, _typed(device.fuid), reply)
    return shell.ShellResult(result.device, ())  # the replies are on the screen already


def _typed(name: str) -> Iterator[str]:
    """The lines a person types, until `exit`, `!` or the end of input."""
    while True:
        try:
            line = input(f"{name} $ ").strip()
        except EOFError:
            return
        if line in ("!", "exit"):
            return
        if line:
            yield line


def show(console: Console, result: "ShellResult") -> None:
    for _command, lines in result.replies:
        for line in lines:
            console.line(line)


COMMAND = Command(
    option=Option("--connect", "talk to a node (all by hand, or with -p)", short="-c", aliases=("-connect",)),
    order=30,
    group="Network",
    result="devtoolkit.services.shell:ShellResult",
    run=run,
    show=show,
    modifiers=(PARAMETERS,),
)
