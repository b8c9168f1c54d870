"""`--update`: bring a board on USB to this version; nothing of the user's is lost."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.cli import _options as options
from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._usb_files import TRANSPORT, chosen_port, chosen_transport

if TYPE_CHECKING:
    from devtoolkit.services.usb_resume import Resume
    from devtoolkit.services.usb_update import UpdatePreview, UpdateReport, UpdateRequest, UpdateResult


def run(session: Session) -> object:
    from devtoolkit.cli._progress import progress_bars
    from devtoolkit.services.usb_update import Updater
    from devtoolkit.settings import chosen_interfaces

    request = _request(session)
    if session.args.dry_run:
        return Updater(request, interfaces=chosen_interfaces()).look()
    resume = _resume(request)
    if resume:
        request = replace(request, node=resume.node.uid)  # what is confirmed is what is finished
    session.console.confirm(_question(request, resume))
    with progress_bars(session.console) as listener:
        return Updater(request, listener, interfaces=chosen_interfaces()).update()


def _request(session: Session) -> "UpdateRequest":
    """Without a port only where an RP2 board's boot drive is named, or is there and an update waits for it."""
    from devtoolkit.cli._usb import chosen_baud
    from devtoolkit.services.usb_update import UpdateRequest

    args = session.args
    at_drive = not args.port and (args.boot_drive or _drive_waits())
    return UpdateRequest(
        port="" if at_drive else chosen_port(session),
        board=args.board,
        firmware=Path(args.firmware) if args.firmware else None,
        transport=chosen_transport(session),
        baud=chosen_baud(args.baud),
        force=args.force_update,
        boot_drive=Path(args.boot_drive) if args.boot_drive else None,
        node=args.dev or "",
    )


def _drive_waits() -> bool:
    from devtoolkit.services.usb_resume import interrupted_rp2
    from devtoolkit.tools.boot_drive import find_drives

    return bool(interrupted_rp2() and find_drives())


def _resume(request: "UpdateRequest") -> "Resume | None":
    """Asked only where an update of an RP2 board waits, or there is no port: a virtual board is powered on for it."""
    from devtoolkit.services.usb_resume import interrupted_rp2
    from devtoolkit.services.usb_update import Updater

    return Updater(request).waiting() if not request.port or interrupted_rp2() else None


def _question(request: "UpdateRequest", resume: "Resume | None") -> str:
    if resume is None:
        return (
            f"micrOS on the board at {request.port} will be updated. "
            "Configuration, state and your own files stay. Go ahead?"
        )
    return (
        f"The interrupted update of {resume.node} is finished through the boot drive {resume.drive.folder}, with your "
        "saved files. The drive does not tell whose board it is: everything on another one would be overwritten. "
        "Go ahead?"
    )


def show(console: Console, result: "UpdateResult") -> None:
    from devtoolkit.services.usb_update import UpdateReport

    _table(console, _done(result) if isinstance(result, UpdateReport) else _planned(result))


def _done(report: "UpdateReport") -> list[tuple[str, str]]:
    what = "MicroPython and all files written" if report.reflashed else f"{_files(len(report.sent))} sent"
    rows = [
        ("Node", f"{report.name}, uid {report.uid}"),
        ("Version", f"{report.before or 'unknown'} -> {report.version} on MicroPython {report.micropython}"),
        ("Changed", f"{what}, {len(report.removed)} removed, {report.bytes:,} bytes in {report.seconds:.1f} s"),
        ("Kept", f"{_files(len(report.kept))} of yours"),
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
        return _resuming(preview)
    if preview.reflash:
        send = "MicroPython and every file"
    own = ", ".join(entry.path for entry in plan.own)
    return [
        ("Node", f"{preview.name}, uid {preview.uid}"),
        ("Version", f"{preview.before or 'unknown'} -> {preview.version} on MicroPython {preview.micropython}"),
        ("Would send", send if plan.changed or preview.reflash else "nothing"),
        ("Would remove", ", ".join((*plan.vanished, *plan.leftovers)) or "nothing"),
        ("Would keep", own or "nothing of yours is on it"),
    ]


def _resuming(preview: "UpdatePreview") -> list[tuple[str, str]]:
    rows = [
        ("Node", f"{preview.name}, uid {preview.uid}"),
        ("Version", preview.version),
        ("Would send", "everything: its update was interrupted, and your files are on this machine only"),
        ("Would keep", f"your files in {preview.backup}"),
    ]
    if preview.boot_drive:
        rows += [("Boot drive", f"{preview.boot_drive}; it does not tell whose board it is, so plug in only that one")]
    return rows


def _files(number: int) -> str:
    return f"{number} file{'' if number == 1 else 's'}"


def _table(console: Console, rows: list[tuple[str, str]]) -> None:
    from devtoolkit.cli._table import plain_table

    table = plain_table("", "", header=False)
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
    modifiers=(
        options.PORT,
        options.BOARD,
        options.FIRMWARE,
        options.BAUD,
        options.BOOT_DRIVE,
        options.DEVICE,
        TRANSPORT,
        options.DRY_RUN,
    ),
    changes_board=True,
)
