"""`--make`: from an empty board to a node that answers."""

from devtoolkit.cli._app import Session
from devtoolkit.cli._options import Command, Option
from devtoolkit.cli._usb import GROUP, RESULT, WHAT, WHERE, run_recipe, show


def run(session: Session) -> object:
    question = "Everything on the {board} at {port} will be erased, then micrOS is put on it. Go ahead?"
    return run_recipe(session, question, lambda deployer: deployer.make())


COMMAND = Command(
    option=Option("--make", "detect, erase, write MicroPython and micrOS, boot and check", short="-m"),
    order=100,
    group=GROUP,
    result=RESULT,
    run=run,
    show=show,
    modifiers=(*WHERE, *WHAT),
    changes_board=True,
)
