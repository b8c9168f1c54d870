"""`--put FILE`: copy files to a board on USB."""

from pathlib import Path

from devtoolkit.cli._app import Session
from devtoolkit.cli._options import Command, Option
from devtoolkit.cli._usb_files import GROUP, MODIFIERS, TO, chosen_port, chosen_transport, moved_bars, show_transfer


def run(session: Session) -> object:
    from devtoolkit.services.usb_files import put_files

    port, sources = chosen_port(session), [Path(name) for name in session.args.put]
    with moved_bars(session) as moved:
        return put_files(port, sources, session.args.to or "", chosen_transport(session), moved)


COMMAND = Command(
    option=Option("--put", "copy a file to the board on USB", takes="one", metavar="FILE", repeat=True),
    order=64,
    group=GROUP,
    result="devtoolkit.services.usb_files:TransferResult",
    run=run,
    show=show_transfer,
    modifiers=(*MODIFIERS, TO),
    changes_board=True,
)
