"""`--firmware-fetch`: fill the local store from the network, so that everything works without it afterwards."""

from typing import TYPE_CHECKING

from devtoolkit.cli import _options as options
from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console

if TYPE_CHECKING:
    from devtoolkit.services.firmware_fetch import FetchReport


def run(session: Session) -> "FetchReport":
    from devtoolkit.cli._progress import progress_bars
    from devtoolkit.services.firmware_fetch import fetch_all

    what = session.args.firmware_fetch
    accept = session.args.accept_unverified or _asked(session, what)
    with progress_bars(session.console) as listener:
        return fetch_all(what, accept_unverified=accept, listener=listener)


def _asked(session: Session, what: str) -> bool:
    """On a terminal the question is put; --yes is no consent to this one."""
    from devtoolkit.services.firmware_fetch import unverified

    files = unverified(what)
    console = session.console
    if not files or console.yes or not console.can_ask:
        return False
    question = f"Nobody publishes checksums for {', '.join(files)}. Take them all the same? [y/N] "
    return console.ask(question, "--accept-unverified").lower() in ("y", "yes")


def show(console: Console, report: "FetchReport") -> None:
    from devtoolkit.cli._table import plain_table

    table = plain_table("FIRMWARE", "STATE", "BYTES", "CHECKSUM", "BOARDS", whole=("STATE", "BYTES", "CHECKSUM"))
    for one in report.files:
        checksum = "published" if one.verified else "noted" if one.sha256 else ""
        table.add_row(one.file, one.state, f"{one.bytes:,}" if one.bytes else "", checksum, ", ".join(one.boards))
    console.rich().print(table)


COMMAND = options.Command(
    option=options.Option(
        "--firmware-fetch", "download MicroPython for a board, or for all boards", takes="one", metavar="BOARD|all"
    ),
    order=61,
    group="Development",
    result="devtoolkit.services.firmware_fetch:FetchReport",
    run=run,
    show=show,
    modifiers=(options.ACCEPT_UNVERIFIED,),
)
