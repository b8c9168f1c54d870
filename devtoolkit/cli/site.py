"""`--site NAME`: make this machine a site's worker, until it is ended."""

from dataclasses import dataclass

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import BROKER, Command, Option
from devtoolkit.errors import UsageError

_CONCURRENCY = Option("--concurrency", "with --site: how many jobs at a time (8)", takes="one", metavar="N")
_NO_WATCH = Option("--no-watch", "with -gw or --site: do not look for nodes, or ask them, by itself")
_METRICS = Option(
    "--metrics",
    "with --site: port on loopback where Prometheus reads the worker's numbers",
    takes="one",
    metavar="PORT",
)
_MOST = 200


@dataclass(frozen=True, slots=True)
class SiteResult:
    """The site that was served."""

    name: str


def run(session: Session) -> object:
    import logging
    import os

    from devtoolkit.services.sites import broker
    from devtoolkit.services.sites.worker import CONCURRENCY, serve

    args, console = session.args, session.console
    level = os.environ.get("MICROS_LOG", "WARNING").upper()
    logging.basicConfig(level=level if level in logging.getLevelNamesMapping() else "WARNING")

    def ready(nodes: int) -> None:
        console.note(f"Site {args.site}: {nodes} nodes, ready for jobs. Press Ctrl-C to end it.")

    serve(
        args.site,
        broker.load(args.broker),
        concurrency=_concurrency(args.concurrency, CONCURRENCY),
        watch=not args.no_watch,
        metrics_port=_metrics(args.metrics),
        on_ready=ready,
    )
    return SiteResult(args.site)


def _concurrency(text: str | None, usual: int) -> int:
    if text is None:
        return usual
    if not text.isdigit() or not 1 <= int(text) <= _MOST:
        raise UsageError(f"--concurrency {text}: not possible.", hint=f"Give a number from 1 to {_MOST}.")
    return int(text)


def _metrics(text: str | None) -> int | None:
    if text is not None and not (text.isdecimal() and int(text) <= 65535):
        raise UsageError(f"--metrics {text}: a TCP port is needed.", hint="Give a number, for example 5006.")
    return None if text is None else int(text)


def show(console: Console, result: SiteResult) -> None:
    console.line(f"The site {result.name} has ended.")


COMMAND = Command(
    option=Option("--site", "serve this machine's nodes to a fleet, as its site NAME", takes="one", metavar="NAME"),
    order=211,
    group="Network",
    result="devtoolkit.cli.site:SiteResult",
    run=run,
    show=show,
    modifiers=(BROKER, _CONCURRENCY, _METRICS, _NO_WATCH),
)
