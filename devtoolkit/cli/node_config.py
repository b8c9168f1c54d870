"""`--node_config get|set|diff|archive|restore`: settings of nodes over the network."""

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import ACROSS, DEVICE, Command, Option
from devtoolkit.errors import UsageError

if TYPE_CHECKING:
    from devtoolkit.services.config_jobs import Action, ConfigResult
    from devtoolkit.services.configs import Change, NodeConfig

_ACTIONS: "tuple[Action, ...]" = ("get", "set", "diff", "archive", "restore")
_KEY = Option(
    "--key",
    "with --node_config: KEY to get, KEY=VALUE to set (repeat it)",
    takes="one",
    metavar="KEY[=VALUE]",
    repeat=True,
)
_FROM = Option(
    "--from", "with --node_config diff or restore: this file instead of the archive's", takes="one", metavar="FILE"
)


def run(session: Session) -> object:
    from devtoolkit import paths
    from devtoolkit.services import config_jobs
    from devtoolkit.services.cache import DeviceCache

    args, console = session.args, session.console
    action = args.node_config
    selector = args.dev or console.ask("Node (name, tag:NAME or all): ", "--dev NODES")
    keys, values = _keys(console, args.key or [], setting=action == "set")
    if action == "set" and not values:
        raise UsageError("There is nothing to set.", hint="Give --key KEY=VALUE.")
    if action in ("set", "restore"):
        what = _told(values) if action == "set" else "what differs from the archive"
        console.confirm(f"{what}: will be set on {selector}. Go ahead?")
    file = Path(getattr(args, "from")).expanduser() if getattr(args, "from") else None
    if args.sites is not None:
        return _across(session, selector, keys, values, file)
    return config_jobs.run(
        action,
        selector,
        DeviceCache(paths.device_cache()),
        keys=keys,
        values=values,
        file=file,
        ask=console.node_password if console.can_ask else None,
    )


def _told(values: dict[str, str]) -> str:
    """What will be set, without the values of secrets."""
    from devtoolkit.model.node_config import BY_NAME

    secret = {key for key in values if key in BY_NAME and BY_NAME[key].secret}
    return ", ".join(key if key in secret else f"{key}={value}" for key, value in values.items())


def _across(
    session: Session, selector: str, keys: list[str], values: dict[str, str], file: Path | None
) -> "ConfigResult":
    from devtoolkit.cli._sites import fleet

    if file:
        raise UsageError("--from is for one node of this machine.", hint="Leave --sites out.")
    with fleet(session) as across:
        return across.config(session.args.node_config, selector, session.args.sites or "all", keys=keys, values=values)


def _keys(console: Console, texts: list[str], *, setting: bool) -> tuple[list[str], dict[str, str]]:
    """Keys to get, or keys with values to set. A secret stands in no argument list: its value is asked for."""
    from devtoolkit.model.node_config import BY_NAME

    pairs = [text.partition("=") for text in texts]
    values = {}
    for key, mark, value in pairs:
        secret = key in BY_NAME and BY_NAME[key].secret
        if secret and mark:
            raise UsageError(
                f"{key} is a secret; its value does not belong on the command line, where other programs can read it.",
                hint=f"Write --key {key}, the value is asked for; or put it into a file for restore --from FILE.",
            )
        if not key or (bool(mark) != setting and not (secret and setting)):
            raise UsageError(f"--key {key}{mark}: not understood.", hint="Write KEY to get, KEY=VALUE to set.")
        values[key] = console.ask(f"{key}: ", "restore --from FILE", secret=True) if secret and setting else value
    return ([], values) if setting else (list(values), {})


def show(console: Console, result: "ConfigResult") -> None:
    for node in result.nodes:
        if len(result.nodes) > 1:
            console.line(f"{node.device.label} ({node.device.uid})")
        if node.config:
            _show_one(console, result.action, node.config)
        elif node.failure:
            console.line(f"  failed: {node.failure.message}")


def _show_one(console: Console, action: str, config: "NodeConfig") -> None:
    if action == "get":
        for key, value in config.values.items():
            console.line(f"  {key:<12}  {value}")
    elif action == "archive":
        console.line(f"  kept in {config.file}")
    else:
        for change in config.changes:
            console.line(f"  {change.key:<12}  {_pair(change, action)}")
        if not config.changes:
            console.line("  no difference; nothing was set" if action != "diff" else "  no difference")
    if config.skipped:
        console.line(f"  left as on the node: {', '.join(config.skipped)}")
    if config.reboot:
        console.line(f"  Restart it to make this work: -c -p '--dev {config.device.fuid} reboot'")


def _pair(change: "Change", action: str) -> str:
    if action == "diff":
        return f"node: {_shown(change.old)}   archive: {_shown(change.new)}"
    return f"{_shown(change.old)} -> {_shown(change.new)}"


def _shown(value: object) -> str:
    return "(not there)" if value is None else str(value)


COMMAND = Command(
    option=Option(
        "--node_config",
        "read, set, compare, keep or put back settings of the nodes of --dev",
        short="-nc",
        takes="one",
        metavar="|".join(_ACTIONS),
        choices=_ACTIONS,
    ),
    order=45,
    group="Network",
    result="devtoolkit.services.config_jobs:ConfigResult",
    run=run,
    show=show,
    modifiers=(DEVICE, _KEY, _FROM, *ACROSS),
)
