"""`--watch-module FILE`: every save goes into the running node; a call shows what it does."""

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import DEVICE, Command, Option

if TYPE_CHECKING:
    from devtoolkit.services.devtools.watch import Round, WatchReport

_CALL = Option("--call", "with --watch-module: what to call after each save: 'speed 40'", takes="one", metavar="CALL")


def run(session: Session) -> "WatchReport":
    import asyncio
    import contextlib

    from devtoolkit import paths
    from devtoolkit.services.cache import DeviceCache
    from devtoolkit.services.devtools.watch import Round, Watched, WatchReport, watch

    args, console = session.args, session.console
    node = args.dev or console.ask("Node: ", "--dev NODE")
    watched = Watched(Path(args.watch_module).expanduser(), node, args.call or "")
    rounds: list[Round] = []

    def show_round(done: Round) -> None:
        rounds.append(done)
        _show_round(console, done)

    work = watch(
        watched,
        DeviceCache(paths.device_cache()),
        on_round=show_round,
        on_ready=lambda: console.note(f"Watching {watched.file}; Ctrl-C ends it."),
        ask=console.node_password if console.can_ask else None,
    )
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(work)
    return WatchReport(node, str(watched.file), tuple(rounds))


def _show_round(console: Console, done: "Round") -> None:
    for line in done.reply:
        console.line(line)
    told = f"{done.problem}" if done.problem else f"{done.bytes:,} bytes"
    console.note(f"{done.file}: {told}, {done.seconds:.2f} s after the save")
    for hint in done.hints:
        console.note(f"  {hint}")


def show(console: Console, report: "WatchReport") -> None:
    good = sum(not done.problem for done in report.rounds)
    console.note(f"{len(report.rounds)} times sent to {report.device}, {good} without a problem.")


COMMAND = Command(
    option=Option(
        "--watch-module",
        "send a load module to the node of --dev at every save, and show what --call answers",
        takes="one",
        metavar="FILE",
    ),
    order=195,
    group="Development",
    result="devtoolkit.services.devtools.watch:WatchReport",
    run=run,
    show=show,
    modifiers=(DEVICE, _CALL),
)
