"""`--OTA`: update nodes over the air, or drop modules on a running one."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import ACROSS, DEVICE, DRY_RUN, Command, Option
from devtoolkit.errors import UsageError

if TYPE_CHECKING:
    from devtoolkit.services.cache import DeviceCache
    from devtoolkit.services.ota.fleet import Rollout
    from devtoolkit.services.ota.jobs import OtaResult
    from devtoolkit.services.ota.live import LiveFile, LiveReport
    from devtoolkit.services.ota.request import NodeUpdate, UpdateReport

_FULL = Option("--full", "with -o: send every file, also those that the node has already")
_LM_ONLY = Option("--lm-only", "with -o: load modules and pin maps only, not the core")
_FILES = Option(
    "--files",
    "with -o: this file (repeat it); a load module goes into the running node, without a restart",
    takes="one",
    metavar="PATH",
    repeat=True,
)
_CANARY = Option("--canary", "with -o and several nodes: one first, then 10 %, then all")
_PARALLEL = Option("--parallel", "with -o: how many nodes at the same time", takes="one", metavar="N")
_ABORT_SHARE = Option("--abort-share", "with -o: begin no more nodes above so many % failed", takes="one", metavar="%")
_RESUME = Option("--resume", "with -o: leave out the nodes that the last, stopped rollout has updated")
_CONFIRM = Option("--confirm-early", "with -o: the toolkit confirms after its own checks (10 s) instead of the trial")
_NO_WAIT = Option("--no-wait", "with -o: report as soon as the trial has begun")
_MIGRATE = Option("--migrate", "with -o, experimental: move a node of the original micrOS over the air")


def run(session: Session) -> object:
    from devtoolkit import paths
    from devtoolkit.services.cache import DeviceCache

    args, console = session.args, session.console
    modes = [word for word in ("full", "lm_only", "files", "migrate") if getattr(args, word)]
    if len(modes) > 1:
        named = ", ".join("--" + word.replace("_", "-") for word in modes)
        raise UsageError(f"Only one of {named} at a time.", hint="Nothing was done.")
    rollout = _rollout(session)
    selector = args.dev or console.ask("Nodes (name, all or outdated): ", "--dev NODES")
    cache = DeviceCache(paths.device_cache())
    if args.sites is not None and (args.migrate or args.files):
        raise UsageError("Single files and a migration are for nodes of this machine.", hint="Leave --sites out.")
    if args.migrate:
        return _migrate(session, selector, cache)
    if args.files:
        return _files(session, selector, cache, [Path(text).expanduser() for text in args.files])
    mode = "full" if args.full else "modules" if args.lm_only else "changed"
    return _update(session, selector, cache, rollout, mode=mode)


def _rollout(session: Session) -> "Rollout":
    from devtoolkit.services.ota.fleet import ABORT_SHARE, PARALLEL, Rollout

    args = session.args
    return Rollout(
        parallel=_number("--parallel", args.parallel, PARALLEL, 1, 200),
        canary=args.canary,
        abort_share=_number("--abort-share", args.abort_share, round(ABORT_SHARE * 100), 0, 100) / 100,
        resume=args.resume,
    )


def _number(option: str, text: str | None, usual: int, least: int, most: int) -> int:
    if text is None:
        return usual
    if not text.isdigit() or not least <= int(text) <= most:
        raise UsageError(f"{option} {text}: not possible.", hint=f"Give a number from {least} to {most}.")
    return int(text)


def _update(
    session: Session, selector: str, cache: "DeviceCache", rollout: "Rollout | None" = None, **options: Any
) -> "UpdateReport":
    from devtoolkit.cli._progress import progress_bars
    from devtoolkit.services.ota import jobs
    from devtoolkit.settings import chosen_interfaces

    args, console = session.args, session.console
    if not args.dry_run:
        console.confirm(f"Update {selector} over the air?")
    with progress_bars(console) as bars:

        def ask(name: str) -> str | None:
            with bars.paused():
                return console.node_password(name)

        options |= {
            "rollout": rollout,
            "listener": bars,
            "force": args.force_update,
            "dry_run": args.dry_run,
            "confirm": "none" if args.no_wait else "toolkit" if args.confirm_early else "node",
            "interfaces": chosen_interfaces(),
        }
        if args.sites is not None:
            from devtoolkit.cli._sites import fleet

            with fleet(session) as across:
                return across.update(selector, args.sites or "all", **options)
        return jobs.run(selector, cache, ask=ask if console.can_ask else None, **options)


def _files(session: Session, selector: str, cache: "DeviceCache", files: list[Path]) -> "OtaResult":
    """Load modules go into the running node; anything else is an update with its trial."""
    from devtoolkit.services.ota import live

    names = {file: _name(session.console, file) for file in files}
    if session.args.dry_run or not all(live.is_live(Path(name)) for name in names.values()):
        return _update(session, selector, cache, mode="files", files=tuple(files))
    upload = live.dropped(files, prefix=lambda _name: True)
    session.console.confirm(f"Put {', '.join(file.name for file in upload)} on {selector}?")
    return _drop(session, selector, cache, upload)


def _name(console: Console, file: Path) -> str:
    """As it will be called: a Python file without `LM_` is no load module yet."""
    from devtoolkit.services.ota import live
    from devtoolkit.services.ota.fileset import MODULE_PREFIX

    if live.is_live(file) or file.suffix not in (".py", ".mpy"):
        return file.name
    wanted = MODULE_PREFIX + file.name
    return wanted if _wants(console, f"{file.name} is no load module by its name. Call it {wanted}?") else file.name


def _drop(session: Session, selector: str, cache: "DeviceCache", files: "tuple[LiveFile, ...]") -> "LiveReport":
    """Upload, then offer what the modules need and the node has not."""
    from devtoolkit.services.ota import jobs, live

    console = session.console
    ask: Callable[[str], str | None] | None = console.node_password if console.can_ask else None
    report = jobs.upload(selector, files, cache, ask=ask)
    offered = live.from_bundle(report.missing)
    names = ", ".join(file.name for file in offered)
    if offered and _wants(console, f"{report.device.fuid} lacks what it needs: {names}. Send it too?"):
        more = jobs.upload(selector, offered, cache, ask=ask)
        left = tuple(name for name in report.missing if not any(name in file.name for file in offered))
        return live.LiveReport(more.device, (*report.files, *more.files), left)
    return report


def _migrate(session: Session, selector: str, cache: "DeviceCache") -> "UpdateReport":
    from devtoolkit.cli._progress import progress_bars
    from devtoolkit.services.ota import jobs

    console = session.console
    console.note("EXPERIMENTAL: the original has no way back; a power cut in the middle may need USB afterwards.")
    console.confirm(f"Replace the original micrOS on {selector} over the air?")
    if not console.yes:
        console.confirm("Can you reach the board with a USB cable if it fails? Then go ahead.")
    ask = console.node_password if console.can_ask else None
    with progress_bars(console) as bars:
        return jobs.move(selector, cache, listener=bars, ask=ask)


def _wants(console: Console, question: str) -> bool:
    """Yes with `--yes` or a y; where nobody can be asked, no."""
    if console.yes or not console.can_ask:
        return console.yes
    return console.ask(f"{question} [y/N] ", "--yes").lower() in ("y", "yes")


def show(console: Console, result: "OtaResult") -> None:
    from devtoolkit.services.ota.request import UpdateReport

    if isinstance(result, UpdateReport):
        for node in result.nodes:
            console.line(f"{node.device.label}: {_told(node)}")
            for line in (*_plan(node), *node.notes):
                console.line(f"  {line}")
        if len(result.nodes) > 1:
            good = sum(node.good for node in result.nodes)
            console.line(f"{good} of {len(result.nodes)} nodes are as they should be, {result.seconds:.1f} s.")
        return
    for file in result.files:
        state = "is there already" if file.unchanged else "runs now" if file.loaded else "is there"
        console.line(f"{file.name} {state}{f' ({file.problem})' if file.problem else ''}")
    if result.missing:
        console.line(f"It still lacks: {', '.join(result.missing)}.")


def _told(node: "NodeUpdate") -> str:
    if node.failure:
        return f"failed: {node.failure.message} {node.failure.hint}".rstrip()
    if node.outcome == "updated":
        trial = node.seconds.get("trial", 0.0)
        took = sum(node.seconds.values()) - trial
        versions = node.version_before if node.version_before == node.version else f"{node.version_before} -> "
        new = "" if node.version_before == node.version else node.version
        return (
            f"updated {versions}{new}, {len(node.sent)} files, {node.bytes:,} bytes, {took:.1f} s; "
            f"confirmed after {trial:.1f} s more"
        )
    if node.outcome == "rolled_back":
        return f"ROLLED BACK to {node.version}: {node.reason}"
    if node.outcome == "trial":
        return f"runs {node.version} on trial; it confirms itself or goes back"
    return {"unchanged": f"unchanged, {node.version}", "planned": f"would become {node.version}"}.get(
        node.outcome, "not begun"
    )


def _plan(node: "NodeUpdate") -> tuple[str, ...]:
    if node.outcome != "planned":
        return ()
    return (
        *(f"send {path}" for path in node.sent),
        *(f"remove {path}" for path in node.removed),
        f"{len(node.sent)} files, {node.bytes:,} bytes; {node.unchanged} are right already",
    )


COMMAND = Command(
    option=Option("--OTA", "update the nodes of --dev (NAME, all, outdated ...) over the air", short="-o"),
    order=50,
    group="Network",
    result="devtoolkit.services.ota.jobs:OtaResult",
    run=run,
    show=show,
    modifiers=(
        DEVICE,
        _FULL,
        _LM_ONLY,
        _FILES,
        DRY_RUN,
        _CANARY,
        _PARALLEL,
        _ABORT_SHARE,
        _RESUME,
        _CONFIRM,
        _NO_WAIT,
        _MIGRATE,
        *ACROSS,
    ),
    changes_board=True,
)
