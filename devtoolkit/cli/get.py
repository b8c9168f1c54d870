"""`--get PATH`: copy files of a board on USB to this machine."""

from pathlib import Path

from devtoolkit.cli._app import Session
from devtoolkit.cli._options import Command, Option
from devtoolkit.cli._usb_files import GROUP, MODIFIERS, TO, chosen_port, chosen_transport, moved_bars, show_transfer


def run(session: Session) -> object:
    from devtoolkit.services.usb_files import get_files

    port, folder = chosen_port(session), Path(session.args.to or ".")
    with moved_bars(session) as moved:
        return get_files(port, session.args.get, folder, chosen_transport(session), moved)


COMMAND = Command(
    option=Option("--get", "copy a file of the board on USB to --to", takes="one", metavar="PATH", repeat=True),
    order=63,
    group=GROUP,
    result="devtoolkit.services.usb_files:TransferResult",
    run=run,
    show=show_transfer,
    modifiers=(*MODIFIERS, TO),
)
