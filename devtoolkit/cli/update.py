"""`--update`: bring a board on USB to this version; nothing of the user's is lost."""

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.cli import _options as options
from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._usb_files import TRANSPORT, chosen_port, chosen_transport

if TYPE_CHECKING:
    from devtoolkit.services.usb_update import UpdatePreview, UpdateReport, UpdateResult


def run(session: Session) -> object:
    from devtoolkit.cli._progress import progress_bars
    from devtoolkit.cli._usb import chosen_baud
    from devtoolkit.services.usb_update import Updater, UpdateRequest
    from devtoolkit.settings import chosen_interfaces

    args, port = session.args, chosen_port(session)
    request = UpdateRequest(
        port=port,
        board=args.board,
        firmware=Path(args.firmware) if args.firmware else None,
        transport=chosen_transport(session),
        baud=chosen_baud(args.baud),
        force=args.force_update,
    )
    if args.dry_run:
        return Updater(request, interfaces=chosen_interfaces()).look()
    session.console.confirm(
        f"micrOS on the board at {port} will be updated. Configuration, state and your own files stay. Go ahead?"
    )
    with progress_bars(session.console) as listener:
        return Updater(request, listener, interfaces=chosen_interfaces()).update()


def show(console: Console, result: "UpdateResult") -> None:
    from devtoolkit.services.usb_update import UpdateReport

    _table(console, _done(result) if isinstance(result, UpdateReport) else _planned(result))


def _done(report: "UpdateReport") -> list[tuple[str, str]]:
    what = "MicroPython and all files written" if report.reflashed else f"{len(report.sent)} files sent"
    rows = [
        ("Node", f"{report.name}, uid {report.uid}"),
        ("Version", f"{report.before or 'unknown'} -> {report.version} on MicroPython {report.micropython}"),
        ("Changed", f"{what}, {len(report.removed)} removed, {report.bytes:,} bytes in {report.seconds:.1f} s"),
        ("Kept", f"{len(report.kept)} files of yours"),
    ]
    if report.shadowing:
        rows += [("Note", f"{', '.join(report.shadowing)} of yours runs in the place of ours; -f lets ours win")]
    if report.backup:
        rows += [("Saved", report.backup)]
    if report.device:
        rows += [("Address", f"{report.device.ip}:{report.device.port}")]
    return rows


def _planned(preview: "UpdatePreview") -> list[tuple[str, str]]:
    plan = preview.plan
    send = f"{len(plan.changed)} files, {sum(entry.size for entry in plan.changed):,} bytes"
    if preview.resumes:
        send = "everything: an update was interrupted, and your files are on this machine only"
    elif preview.reflash:
        send = "MicroPython and every file"
    own = ", ".join(entry.path for entry in plan.own)
    return [
        ("Node", f"{preview.name}, uid {preview.uid}"),
        ("Version", f"{preview.before or 'unknown'} -> {preview.version} on MicroPython {preview.micropython}"),
        ("Would send", send if plan.changed or preview.reflash or preview.resumes else "nothing"),
        ("Would remove", ", ".join((*plan.vanished, *plan.leftovers)) or "nothing"),
        ("Would keep", own or "nothing of yours is on it"),
    ]


def _table(console: Console, rows: list[tuple[str, str]]) -> None:
    from rich.table import Table

    table = Table(show_header=False, box=None, padding=(0, 2))
    for title, text in rows:
        table.add_row(title, text)
    console.rich().print(table)


COMMAND = options.Command(
    option=options.Option("--update", "update micrOS on a board; configuration and own files stay", short="-r"),
    order=104,
    group="USB: put a system on a board",
    result="devtoolkit.services.usb_update:UpdateResult",
    run=run,
    show=show,
    modifiers=(options.PORT, options.BOARD, options.FIRMWARE, options.BAUD, TRANSPORT, options.DRY_RUN),
    changes_board=True,
)
