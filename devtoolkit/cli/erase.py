"""`--erase`: empty the board's flash."""

from devtoolkit.cli._app import Session
from devtoolkit.cli._options import Command, Option
from devtoolkit.cli._usb import GROUP, RESULT, WHAT, WHERE, run_recipe, show


def run(session: Session) -> object:
    question = "Everything on the {board} at {port} will be erased. Go ahead?"
    return run_recipe(session, question, lambda deployer: deployer.erase())


COMMAND = Command(
    option=Option("--erase", "erase the whole flash", short="-e"),
    order=110,
    group=GROUP,
    result=RESULT,
    run=run,
    show=show,
    modifiers=(*WHERE, *WHAT),
    changes_board=True,
)
