"""`--gateway`: nodes over HTTP, until Ctrl-C.

The launcher says how a gateway is started: front ends do not know each other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import PORT, Command, Option
from devtoolkit.errors import UsageError

_HOST = Option("--host", "with -gw: address to listen on, 127.0.0.1 if not given", takes="one", metavar="ADDRESS")
_ALLOW = Option(
    "--allow",
    "with -gw: network that needs no credentials (repeat it), for Prometheus",
    takes="one",
    metavar="CIDR",
    repeat=True,
)
_MQTT = Option(
    "--mqtt",
    "with -gw: announce all nodes to Home Assistant through this broker (mqtt://user@host:1883)",
    takes="one",
    metavar="URL",
)
_SITE_NAME = Option(
    "--site-name", "with -gw: this place among several, a label of its metrics", takes="one", metavar="NAME"
)
_NO_WATCH = Option("--no-watch", "with -gw: do not look for nodes that appear by themselves")


@dataclass(frozen=True, slots=True)
class GatewayOptions:
    """What the call says, unchecked."""

    host: str | None
    port: str | None
    allow: Sequence[str]
    watch: bool
    mqtt: str | None
    site_name: str | None
    on_ready: Callable[[str], object]


@dataclass(frozen=True, slots=True)
class GatewayResult:
    """Where the gateway listened until it was ended."""

    url: str


def _unknown(_options: GatewayOptions) -> None:
    raise UsageError("This program was not started by the launcher.", hint="Use devToolKit.py -gw")


start: Callable[[GatewayOptions], None] = _unknown  # set by the launcher; blocks until the gateway has ended


def run(session: Session) -> object:
    args, console = session.args, session.console
    seen: list[str] = []

    def ready(url: str) -> None:
        seen.append(url)
        console.note(f"The gateway listens on {url} (routes: {url}docs). Press Ctrl-C to end it.")

    watch, allow = not args.no_watch, args.allow or ()
    start(GatewayOptions(args.host, _port(args.port), allow, watch, args.mqtt, args.site_name, ready))
    return GatewayResult(seen[0] if seen else "")


def _port(given: list[str] | None) -> str | None:
    """`--port` may be repeated for commands that write to boards."""
    if given and len(given) > 1:
        raise UsageError("The gateway listens on one --port.", hint="Give it once.")
    return given[0] if given else None


def show(console: Console, result: GatewayResult) -> None:
    console.line(f"The gateway at {result.url} has ended.")


COMMAND = Command(
    option=Option("--gateway", "nodes over HTTP: REST, Prometheus, dashboard; until Ctrl-C", short="-gw"),
    order=210,
    group="Network",
    result="devtoolkit.cli.gateway:GatewayResult",
    run=run,
    show=show,
    modifiers=(_HOST, PORT, _ALLOW, _MQTT, _SITE_NAME, _NO_WATCH),
)
