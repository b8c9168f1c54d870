"""`--connect`: talk to a node line by line, or with `-p` send commands to one or many."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import ACROSS, DEVICE, PARAMETERS, Command, Option
from devtoolkit.errors import UsageError

if TYPE_CHECKING:
    from devtoolkit.services.bulk import BulkResult, ConnectResult, NodeAnswer
    from devtoolkit.services.cache import DeviceCache
    from devtoolkit.services.shell import ShellResult


def run(session: Session) -> object:
    from devtoolkit import paths
    from devtoolkit.services import shell
    from devtoolkit.services.cache import DeviceCache
    from devtoolkit.services.targets import is_many

    cache = DeviceCache(paths.device_cache())
    console = session.console
    if not session.args.connect_parameters:
        if session.args.sites is not None:
            raise UsageError("Nobody talks by hand across sites.", hint="Give -p '--dev NODES command'.")
        return _interactive(session, cache)
    name, commands = shell.parse_parameters(_with_node(session.args.connect_parameters, session.args.dev))
    if session.args.sites is not None:
        from devtoolkit.cli._sites import fleet

        with fleet(session) as across:
            return across.command(commands, name, session.args.sites or "all", on_answer=_progress(console))
    if is_many(name):
        from devtoolkit.services import bulk

        return bulk.run(commands, name, cache, on_answer=_progress(console))
    return shell.run(commands, name, cache, ask=console.node_password if console.can_ask else None)


def _with_node(text: str, nodes: str | None) -> str:
    """`-c --dev lamp -p hello` is `-c -p '--dev lamp hello'`; a node that is named twice is refused."""
    if nodes is None:
        return text
    if text.lstrip().startswith(("--dev", "-dev")):
        raise UsageError("--dev is given twice, also in -p.", hint="Leave one of them out.")
    return f"--dev {nodes} {text}"


def _progress(console: Console) -> "Callable[[NodeAnswer], None]":
    from devtoolkit.services.shell import refused

    def answered(answer: "NodeAnswer") -> None:
        said = answer.failure.message if answer.failure else "refused" if refused(answer.replies) else "done"
        console.note(f"{answer.device.label}: {said}")

    return answered


def _interactive(session: Session, cache: "DeviceCache") -> "ShellResult":
    from devtoolkit.services.shell import ShellResult, Visit

    console = session.console
    if not console.can_ask:
        raise UsageError("There is no terminal to type on.", hint="Give the commands with -p '--dev NAME command'.")
    name = session.args.dev or _chosen(console, cache)
    from devtoolkit.cli._prompt import talk

    device = talk(Visit(name, cache, ask=console.node_password), console)
    return ShellResult(device, ())  # the replies are on the screen already


def _chosen(console: Console, cache: "DeviceCache") -> str:
    """The uid of the device whose index is typed."""
    devices = cache.all()
    console.note("[i]         FUID        IP               UID")
    for index, device in enumerate(devices):
        console.note(f"[{index}] Device: {device.fuid} - {device.ip} - {device.uid}")
    answer = console.ask("Choose a device index: ", "-p '--dev NAME command'")
    if not answer.isdigit() or int(answer) >= len(devices):
        raise UsageError(f"{answer!r} is not one of the indexes.", hint=f"Choose 0 to {len(devices) - 1}.")
    return devices[int(answer)].uid


def show(console: Console, result: "ConnectResult") -> None:
    from devtoolkit.services.shell import ShellResult

    if not isinstance(result, ShellResult):
        _show_many(console, result)
        return
    for _command, lines in result.replies:
        for line in lines:
            console.line(line)


def _show_many(console: Console, result: "BulkResult") -> None:
    from rich.text import Text

    from devtoolkit.cli._table import plain_table

    table = plain_table("FUID", "STATUS", "ANSWER", whole=("STATUS",))
    for node in result.nodes:
        lines = [line for _command, lines in node.replies for line in lines]
        text = node.failure.message if node.failure else "\n".join(lines)
        style = "red" if node.failure else ""
        table.add_row(Text(node.device.label), node.device.status, Text(text), style=style)
    console.rich().print(table)


COMMAND = Command(
    option=Option("--connect", "talk to a node by hand, or with -p to one or many", short="-c", aliases=("-connect",)),
    order=30,
    group="Network",
    result="devtoolkit.services.bulk:ConnectResult",
    run=run,
    show=show,
    modifiers=(PARAMETERS, DEVICE, *ACROSS),
)
