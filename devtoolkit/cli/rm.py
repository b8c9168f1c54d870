"""`--rm PATH`: remove files of a board on USB."""

from devtoolkit.cli._app import Session
from devtoolkit.cli._options import Command, Option
from devtoolkit.cli._usb_files import GROUP, MODIFIERS, chosen_port, chosen_transport, show_transfer


def run(session: Session) -> object:
    from devtoolkit.services.usb_files import remove_files

    port, names = chosen_port(session), ", ".join(session.args.rm)
    session.console.confirm(f"{names} will be removed from the board on {port}. Go ahead?")
    return remove_files(port, session.args.rm, chosen_transport(session))


COMMAND = Command(
    option=Option("--rm", "remove a file or folder of the board on USB", takes="one", metavar="PATH", repeat=True),
    order=65,
    group=GROUP,
    result="devtoolkit.services.usb_files:TransferResult",
    run=run,
    show=show_transfer,
    modifiers=MODIFIERS,
    changes_board=True,
)
